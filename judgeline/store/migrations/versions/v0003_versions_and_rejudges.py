"""Which version of its problem a submission is judged by, and rejudges: sets of verdicts to be looked at."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_ID = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Add the columns and make the tables; of rows there are nobody knows the version."""
    op.add_column("jobs", sa.Column("problem_version", sa.Text))
    op.add_column("jobs", sa.Column("rejudged_ms", sa.BigInteger, nullable=False, server_default="0"))
    op.create_table(
        "rejudges",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("problem", sa.Text, nullable=False),
        sa.Column("problem_version", sa.Text, nullable=False),
        sa.Column("wanted", sa.Text, nullable=False),
        sa.Column("made_by", sa.Text, nullable=False),
        sa.Column("closed_by", sa.Text, nullable=False),
        sa.Column("state", sa.Text, nullable=False),
        sa.Column("created_ms", sa.BigInteger, nullable=False),
        sa.Column("closed_ms", sa.BigInteger, nullable=False),
        sa.CheckConstraint("state IN ('making', 'open', 'applied', 'discarded')", name="rejudges_state"),
    )
    op.create_table(
        "rejudge_items",
        sa.Column("rejudge_id", _ID, primary_key=True),
        sa.Column("submission_id", _ID, primary_key=True),
        sa.Column("job_id", _ID, nullable=False),
        sa.Column("old_verdict", sa.Text),
        sa.Column("old_version", sa.Text),
        sa.Column("applied_ms", sa.BigInteger, nullable=False),
        sa.Column("old_result", sa.LargeBinary),
    )
    op.create_index("rejudge_items_submission", "rejudge_items", ["submission_id", "applied_ms"])


def downgrade() -> None:
    """Drop them, and what was to be judged anew."""
    op.drop_table("rejudge_items")
    op.drop_table("rejudges")
    op.execute("DELETE FROM jobs WHERE kind = 'rejudge'")
    op.drop_column("jobs", "rejudged_ms")
    op.drop_column("jobs", "problem_version")
