"""E-mails that are to be sent later: when a row's job may start."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    """Add the column; rows there are may start at once."""
    op.add_column("jobs", sa.Column("not_before_ms", sa.BigInteger, nullable=False, server_default="0"))


def downgrade() -> None:
    """Drop it."""
    op.drop_column("jobs", "not_before_ms")
