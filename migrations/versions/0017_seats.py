"""The time of the identity provider's latest role assignment, so that earlier ones are invalid."""

import sqlalchemy as sa
from alembic import op

revision = "0017_seats"
down_revision = "0016_late"


def upgrade() -> None:
    op.add_column("users", sa.Column("seat_at", sa.DateTime(timezone=True), nullable=True))


def downgrade() -> None:
    op.drop_column("users", "seat_at")
