"""The unit that an order complains of, and encrypted numbers of opt-outs."""

import sqlalchemy as sa
from alembic import op

revision = "0015_privacy"
down_revision = "0014_acts"


def upgrade() -> None:
    op.add_column("work_orders", sa.Column("complained_of", sa.String(), nullable=True))
    op.add_column("opt_outs", sa.Column("phone", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    op.drop_column("opt_outs", "phone")
    op.drop_column("work_orders", "complained_of")
