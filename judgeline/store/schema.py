"""The tables. ``migrations`` makes them; a test holds the two against each other.

Text has no lengths: both databases store it alike with or without, and what is bounded is bounded where it
enters. Times are Unix milliseconds, 0 = not yet.
"""

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    Table,
    Text,
)

REVISION = "0003"
"""The migration this code needs; numbers with leading zeros, so that they sort by age."""

metadata = MetaData()

# Ids are compared byte by byte everywhere: a language's collation would be slower and would skip the dashes.
_Id = Text().with_variant(Text(collation="C"), "postgresql")

jobs = Table(
    "jobs",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("queue", Text, nullable=False),
    Column("kind", Text, nullable=False),
    Column("owner", Text, nullable=False),
    Column("user_", Text, nullable=False, key="user"),
    Column("priority", Text, nullable=False),
    Column("problem", Text),
    Column("language", Text),
    Column("digest", Text, nullable=False),
    Column("idempotency_key", Text),
    Column("state", Text, nullable=False),
    Column("attempt", Integer, nullable=False),
    Column("verdict", Text),
    Column("reason", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("pending_ms", BigInteger, nullable=False),
    Column("started_ms", BigInteger, nullable=False),
    Column("finished_ms", BigInteger, nullable=False),
    # The long ones last: SQLite then reads a row's other columns without walking through them.
    Column("checkpoint", LargeBinary),
    Column("result", LargeBinary),
    Column("payload", LargeBinary, nullable=False),
    # Came later, so they stand behind them; lists leave them out.
    Column("not_before_ms", BigInteger, nullable=False, server_default="0"),
    Column("problem_version", Text),
    Column("rejudged_ms", BigInteger, nullable=False, server_default="0"),
    CheckConstraint("state IN ('pending', 'done', 'dead', 'cancelled')", name="jobs_state"),
)
"""One row for each thing accepted: a submission, a run, an e-mail share one life.

``pending_ms`` is since when the row is pending: its creation, or its last requeue from the dead letters.
``not_before_ms`` is when its job may start, by the clock of whoever accepted it; 0 = at once.
``problem_version`` is the version it was accepted with, and once it is judged the one that judged it.
``rejudged_ms`` is when a rejudge last wrote its verdict anew; 0 = never.
"""

# Pending rows are few however long the table is, so the sweeper's index holds nothing else.
Index(
    "jobs_pending",
    jobs.c.queue,
    jobs.c.priority,
    jobs.c.pending_ms,
    jobs.c.id,
    sqlite_where=jobs.c.state == "pending",
    postgresql_where=jobs.c.state == "pending",
)
Index("jobs_owner", jobs.c.owner, jobs.c.kind, jobs.c.id)
Index(
    "jobs_owner_problem",
    jobs.c.owner,
    jobs.c.problem,
    jobs.c.id,
    sqlite_where=jobs.c.problem.is_not(None),
    postgresql_where=jobs.c.problem.is_not(None),
)
Index(
    "jobs_idempotency",
    jobs.c.owner,
    jobs.c.idempotency_key,
    unique=True,
    sqlite_where=jobs.c.idempotency_key.is_not(None),
    postgresql_where=jobs.c.idempotency_key.is_not(None),
)

keys = Table(
    "keys",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("secret_sha256", LargeBinary, nullable=False),
    Column("owner", Text, nullable=False),
    Column("plan", Text, nullable=False),
    Column("scopes", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("revoked_ms", BigInteger, nullable=False),
    Column("last_used_ms", BigInteger, nullable=False),
    CheckConstraint("plan IN ('free', 'premium', 'operator')", name="keys_plan"),
)
"""API keys. ``scopes`` are words with a space between, ``secret_sha256`` is all we know of the secret."""

rejudges = Table(
    "rejudges",
    metadata,
    Column("id", _Id, primary_key=True),
    Column("problem", Text, nullable=False),
    Column("problem_version", Text, nullable=False),
    Column("wanted", Text, nullable=False),
    Column("made_by", Text, nullable=False),
    Column("closed_by", Text, nullable=False),
    Column("state", Text, nullable=False),
    Column("created_ms", BigInteger, nullable=False),
    Column("closed_ms", BigInteger, nullable=False),
    CheckConstraint("state IN ('making', 'open', 'applied', 'discarded')", name="rejudges_state"),
)
"""Sets of submissions that are judged anew. ``wanted`` is JSON of what was asked for."""

rejudge_items = Table(
    "rejudge_items",
    metadata,
    Column("rejudge_id", _Id, primary_key=True),
    Column("submission_id", _Id, primary_key=True),
    Column("job_id", _Id, nullable=False),
    Column("old_verdict", Text),
    Column("old_version", Text),
    Column("applied_ms", BigInteger, nullable=False),
    Column("old_result", LargeBinary),
    Index("rejudge_items_submission", "submission_id", "applied_ms"),
)
"""A submission of a set, and the job (a row of ``jobs``, of the kind "rejudge") that judges it anew.

``applied_ms`` is when its new verdict was written; from then on the old ones are its history.
"""
