"""The time of erasure of an archived order, and its hold."""

import sqlalchemy as sa
from alembic import op

revision = "0008_retention"
down_revision = "0007_evidence"


def upgrade() -> None:
    op.add_column("archives", sa.Column("erased_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("archives", sa.Column("held_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("archives", sa.Column("hold_reason", sa.LargeBinary(), nullable=True))
    op.create_index("ix_archives_kept", "archives", ["created_at"], postgresql_where=sa.text("erased_at IS NULL"))


def downgrade() -> None:
    op.drop_index("ix_archives_kept", "archives")
    for name in ("hold_reason", "held_at", "erased_at"):
        op.drop_column("archives", name)
