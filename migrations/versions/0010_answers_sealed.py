"""Kept answers of repeated requests are sealed: they quote what the request brought, and that may be of a person.

Those kept in clear are dropped with their keys, for the seal's key is no part of the database. What a repetition under
such a key would double, intake and commands know by themselves; requests under way keep their claim.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0010_answers_sealed"
down_revision = "0009_erasing"


def upgrade() -> None:
    _change(sa.LargeBinary())


def downgrade() -> None:
    _change(JSONB())


def _change(kind: sa.types.TypeEngine[Any]) -> None:
    op.execute("DELETE FROM idempotency_keys WHERE status IS NOT NULL")
    op.drop_column("idempotency_keys", "response")
    op.add_column("idempotency_keys", sa.Column("response", kind, nullable=True))
