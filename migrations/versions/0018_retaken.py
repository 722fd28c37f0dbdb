"""Events of an abandoned step are marked as crossed out, so that a number may occur on the trail twice."""

import sqlalchemy as sa
from alembic import op

revision = "0018_retaken"
down_revision = "0017_seats"


def upgrade() -> None:
    op.drop_constraint("uq_audit_trail_order_no_seq", "audit_trail")
    op.create_index("ix_audit_trail_order_no_seq", "audit_trail", ["order_no", "seq"])
    op.add_column("order_views", sa.Column("step_at", sa.TIMESTAMP(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("order_views", "step_at")
    op.drop_index("ix_audit_trail_order_no_seq", "audit_trail")
    op.create_unique_constraint("uq_audit_trail_order_no_seq", "audit_trail", ["order_no", "seq"])
