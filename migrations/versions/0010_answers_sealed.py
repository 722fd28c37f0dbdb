"""Stored answers of requests are encrypted, because they quote the request, which may contain personal data.

Answers stored in clear are deleted with their idempotency keys, because the encryption key is not in the database.
Intake and commands detect a repetition under such a key by themselves; requests under way keep their claim.
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
