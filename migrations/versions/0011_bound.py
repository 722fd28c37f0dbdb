"""A mark on files that an accepted command named: a refused command does not detach them from their order."""

import sqlalchemy as sa
from alembic import op

revision = "0011_bound"
down_revision = "0010_answers_sealed"


def upgrade() -> None:
    op.add_column("attachments", sa.Column("bound", sa.Boolean(), nullable=False, server_default=sa.text("false")))
    op.execute("UPDATE attachments SET bound = true WHERE order_no IS NOT NULL")


def downgrade() -> None:
    op.drop_column("attachments", "bound")
