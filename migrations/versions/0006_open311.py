"""Open311: locations of orders and API keys; viewers of confidential orders."""

import sqlalchemy as sa
from alembic import op

revision = "0006_open311"
down_revision = "0005_city"

SEALED = ("citizen_email", "citizen_account", "citizen_device", "location", "address_id", "media_url", "answers")
PLAIN = (("lat", sa.Float()), ("long", sa.Float()), ("service_code", sa.String()), ("taken_by", sa.String()))
FLAGS = ("listed", "confidential")


def upgrade() -> None:
    for name in SEALED:
        op.add_column("work_orders", sa.Column(name, sa.LargeBinary(), nullable=True))
    for name, kind in PLAIN:
        op.add_column("work_orders", sa.Column(name, kind, nullable=True))
    for name in FLAGS:
        op.add_column("work_orders", sa.Column(name, sa.Boolean(), server_default=sa.text("false"), nullable=False))
    op.create_index(
        "ix_work_orders_listed", "work_orders", ["regime", "created_at", "no"], postgresql_where=sa.text("listed")
    )
    op.create_index("ix_work_orders_confidential", "work_orders", ["no"], postgresql_where=sa.text("confidential"))
    op.create_table(
        "api_keys",
        sa.Column("prefix", sa.String(), nullable=False),
        sa.Column("key_sha256", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("per_minute", sa.Integer(), nullable=False),
        sa.Column("minute", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("used", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("revoked_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("prefix", name="api_keys_pkey"),
    )
    op.create_table(
        "order_viewers",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_no", "username", name="order_viewers_pkey"),
    )


def downgrade() -> None:
    op.drop_table("order_viewers")
    op.drop_table("api_keys")
    op.drop_index("ix_work_orders_confidential", "work_orders")
    op.drop_index("ix_work_orders_listed", "work_orders")
    for name in (*FLAGS, *(name for name, _ in PLAIN), *SEALED):
        op.drop_column("work_orders", name)
