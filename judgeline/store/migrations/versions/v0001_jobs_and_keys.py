"""The first tables: what was accepted, and API keys."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Make the tables."""
    op.create_table(
        "jobs",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("queue", sa.Text, nullable=False),
        sa.Column("kind", sa.Text, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("user_", sa.Text, nullable=False),
        sa.Column("priority", sa.Text, nullable=False),
        sa.Column("problem", sa.Text),
        sa.Column("language", sa.Text),
        sa.Column("digest", sa.Text, nullable=False),
        sa.Column("idempotency_key", sa.Text),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("attempt", sa.Integer, nullable=False),
        sa.Column("verdict", sa.Text),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("pending_ms", sa.BigInteger, nullable=False),
        sa.Column("started_ms", sa.BigInteger, nullable=False),
        sa.Column("finished_ms", sa.BigInteger, nullable=False),
        sa.Column("checkpoint", sa.LargeBinary),
        sa.Column("result", sa.LargeBinary),
        sa.Column("payload", sa.LargeBinary, nullable=False),
        sa.CheckConstraint("state IN ('pending', 'done', 'dead', 'cancelled')", name="jobs_state"),
    )
    _index("jobs_pending", ["queue", "priority", "pending_ms", "id"], where="state = 'pending'")
    _index("jobs_owner", ["owner", "kind", "id"])
    _index("jobs_owner_problem", ["owner", "problem", "id"], where="problem IS NOT NULL")
    _index("jobs_idempotency", ["owner", "idempotency_key"], where="idempotency_key IS NOT NULL", unique=True)
    op.create_table(
        "keys",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("secret_sha256", sa.LargeBinary, nullable=False),
        sa.Column("owner", sa.Text, nullable=False),
        sa.Column("plan", sa.Text, nullable=False),
        sa.Column("scopes", sa.Text, nullable=False),
        sa.Column("label", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("revoked_ms", sa.BigInteger, nullable=False),
        sa.Column("last_used_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("plan IN ('free', 'premium', 'operator')", name="keys_plan"),
    )


def downgrade() -> None:
    """Drop the tables."""
    op.drop_table("keys")
    op.drop_table("jobs")


def _index(name: str, columns: list[str], *, where: str | None = None, unique: bool = False) -> None:
    only = None if where is None else sa.text(where)
    op.create_index(name, "jobs", columns, unique=unique, sqlite_where=only, postgresql_where=only)
