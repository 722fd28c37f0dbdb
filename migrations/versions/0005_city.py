"""The city platform: its messages, the cursor of its outbox, and unique city numbers of orders."""

import sqlalchemy as sa
from alembic import op

revision = "0005_city"
down_revision = "0004_messaging"


def upgrade() -> None:
    op.create_table(
        "city_messages",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("type", sa.String(), nullable=False),
        sa.Column("via", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=True),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("city_no", sa.String(), nullable=True),
        sa.Column("approval", sa.String(), nullable=True),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("reason", sa.LargeBinary(), nullable=True),
        sa.Column("clause", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("told", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("claimed_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("received_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="city_messages_pkey"),
    )
    op.create_index("ix_city_messages_order_no", "city_messages", ["order_no"])
    op.create_index("ix_city_messages_list", "city_messages", ["received_at", "id"])
    op.create_index(
        "ix_city_messages_waiting",
        "city_messages",
        ["received_at"],
        postgresql_where=sa.text("state = 'waiting'"),
    )
    op.create_index(
        "ix_city_messages_untold",
        "city_messages",
        ["received_at"],
        postgresql_where=sa.text("NOT told"),
    )
    op.create_table(
        "city_cursors",
        sa.Column("peer", sa.String(), nullable=False),
        sa.Column("cursor", sa.String(), nullable=False),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("peer", name="city_cursors_pkey"),
    )
    op.add_column("work_orders", sa.Column("city_ref", sa.String(), nullable=True))
    op.create_index("ix_work_orders_city_ref", "work_orders", ["city_ref"])
    op.drop_index("ix_work_orders_city_no", "work_orders")
    op.create_index(
        "uq_work_orders_city_no_regime",
        "work_orders",
        ["city_no", "regime"],
        unique=True,
        postgresql_where=sa.text("realm = ''"),
    )


def downgrade() -> None:
    op.drop_index("uq_work_orders_city_no_regime", "work_orders")
    op.create_index("ix_work_orders_city_no", "work_orders", ["city_no"])
    op.drop_index("ix_work_orders_city_ref", "work_orders")
    op.drop_column("work_orders", "city_ref")
    op.drop_table("city_cursors")
    op.drop_table("city_messages")
