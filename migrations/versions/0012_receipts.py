"""Receipts that the city platform rejects: set aside individually, with the rejecting answer."""

import sqlalchemy as sa
from alembic import op

revision = "0012_receipts"
down_revision = "0011_bound"


def upgrade() -> None:
    op.add_column("city_messages", sa.Column("receipt_refused", sa.String(), nullable=True))
    op.drop_index("ix_city_messages_untold", "city_messages")
    untold = sa.text("NOT told AND receipt_refused IS NULL")
    op.create_index("ix_city_messages_untold", "city_messages", ["received_at"], postgresql_where=untold)


def downgrade() -> None:
    op.drop_index("ix_city_messages_untold", "city_messages")
    untold = sa.text("NOT told")
    op.create_index("ix_city_messages_untold", "city_messages", ["received_at"], postgresql_where=untold)
    op.drop_column("city_messages", "receipt_refused")
