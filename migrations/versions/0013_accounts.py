"""Locks and expiry of accounts, second factors, sessions, and failed sign-ins.

Users with a password digest of the old kind could not sign in any more and are deleted: only `jiesu up` had created
accounts so far, and it creates its people again.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013_accounts"
down_revision = "0012_receipts"

MOMENT = sa.TIMESTAMP(timezone=True)
SEALED = ("totp_secret", "totp_pending")


def upgrade() -> None:
    op.execute("DELETE FROM users WHERE password_hash LIKE 'scrypt$%'")
    op.alter_column("users", "password_hash", nullable=True)
    op.add_column("users", sa.Column("temporary", sa.Boolean(), server_default=sa.text("false"), nullable=False))
    for name in SEALED:
        op.add_column("users", sa.Column(name, sa.LargeBinary(), nullable=True))
    op.add_column("users", sa.Column("totp_step", sa.Integer(), nullable=True))
    op.add_column("users", sa.Column("disabled_at", MOMENT, nullable=True))
    op.add_column("users", sa.Column("version", sa.Integer(), server_default=sa.text("0"), nullable=False))
    op.create_table(
        "sessions",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("issued_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("seen_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.Column("expires_at", MOMENT, nullable=False),
        sa.Column("revoked_at", MOMENT, nullable=True),
        sa.PrimaryKeyConstraint("id", name="sessions_pkey"),
    )
    op.create_index("ix_sessions_username", "sessions", ["username"])
    op.create_index("ix_sessions_expires_at", "sessions", ["expires_at"])
    op.create_table(
        "sign_in_failures",
        sa.Column("name_digest", sa.String(), nullable=False),
        sa.Column("failed", sa.Integer(), nullable=False),
        sa.Column("locked_until", MOMENT, nullable=True),
        sa.Column("last_at", MOMENT, server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("name_digest", name="sign_in_failures_pkey"),
    )


def downgrade() -> None:
    op.drop_table("sign_in_failures")
    op.drop_table("sessions")
    for name in ("version", "disabled_at", "totp_step", *SEALED, "temporary"):
        op.drop_column("users", name)
    op.execute("DELETE FROM users WHERE password_hash IS NULL")
    op.alter_column("users", "password_hash", nullable=False)
