"""Evidence: phase, owner, scan result and thumbnail of a file."""

import sqlalchemy as sa
from alembic import op

revision = "0007_evidence"
down_revision = "0006_open311"


def upgrade() -> None:
    op.add_column("attachments", sa.Column("realm", sa.String(), server_default=sa.text("''"), nullable=False))
    op.add_column("attachments", sa.Column("regime", sa.String(), nullable=True))
    op.add_column("attachments", sa.Column("unit", sa.String(), nullable=True))
    op.add_column("attachments", sa.Column("phase", sa.String(), server_default=sa.text("'other'"), nullable=False))
    op.add_column("attachments", sa.Column("note", sa.LargeBinary(), nullable=True))
    op.add_column("attachments", sa.Column("captured_at", sa.TIMESTAMP(timezone=True), nullable=True))
    op.add_column("attachments", sa.Column("scan", sa.String(), server_default=sa.text("'off'"), nullable=False))
    op.add_column("attachments", sa.Column("thumbnail_key", sa.String(), nullable=True))
    op.create_index(
        "ix_attachments_loose",
        "attachments",
        ["uploaded_by", "created_at"],
        postgresql_where=sa.text("order_no IS NULL"),
    )
    op.create_index("ix_attachments_object_key", "attachments", ["object_key"])


def downgrade() -> None:
    op.drop_index("ix_attachments_object_key", "attachments")
    op.drop_index("ix_attachments_loose", "attachments")
    for name in ("thumbnail_key", "scan", "captured_at", "note", "phase", "unit", "regime", "realm"):
        op.drop_column("attachments", name)
