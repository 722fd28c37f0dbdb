"""The start of the erasure of an archived order: from then on it must be completed, and a hold is refused."""

import sqlalchemy as sa
from alembic import op

revision = "0009_erasing"
down_revision = "0008_retention"


def upgrade() -> None:
    op.add_column("archives", sa.Column("erasing_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.execute("UPDATE archives SET erasing_at = erased_at WHERE erased_at IS NOT NULL")


def downgrade() -> None:
    op.drop_column("archives", "erasing_at")
