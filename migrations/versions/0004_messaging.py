"""Further contacts, automatic calls, call tasks, inbound messages, and opt-outs."""

import sqlalchemy as sa
from alembic import op

revision = "0004_messaging"
down_revision = "0003_exchanges"

NOW = sa.text("now()")


def moment(name: str, *, recorded: bool = False) -> sa.Column[object]:
    return sa.Column(name, sa.TIMESTAMP(timezone=True), server_default=NOW if recorded else None, nullable=not recorded)


def upgrade() -> None:
    op.add_column("messages", sa.Column("notice", sa.String(), nullable=True))
    op.execute("UPDATE messages SET notice = split_part(key, ':', 2)")
    op.alter_column("messages", "notice", nullable=False)
    op.add_column("messages", sa.Column("rank", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("messages", sa.Column("to_role", sa.String(), server_default="", nullable=False))
    op.alter_column("messages", "to_role", server_default=None)
    op.add_column("messages", sa.Column("unit", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("party", sa.String(), nullable=True))
    op.add_column("messages", sa.Column("phone_index", sa.String(), server_default="", nullable=False))
    op.alter_column("messages", "phone_index", server_default=None)
    op.add_column("messages", sa.Column("segments", sa.Integer(), server_default=sa.text("1"), nullable=False))
    op.add_column("messages", moment("attempted_at"))
    op.add_column("messages", moment("settled_at"))
    op.execute("UPDATE messages SET settled_at = now()")
    op.create_index("ix_messages_notice", "messages", ["order_no", "notice", "rank"])
    op.create_index("ix_messages_phone_index_attempted_at", "messages", ["phone_index", "attempted_at"])
    op.create_index("ix_messages_underway", "messages", ["updated_at"], postgresql_where=sa.text("settled_at IS NULL"))
    op.drop_index("ix_callback_tasks_open", "callback_tasks")
    for column in ("provider_sid", "status", "result"):
        op.drop_column("callback_tasks", column)
    op.create_index("ix_callback_tasks_realm_created_at", "callback_tasks", ["realm", "created_at"])
    op.add_column("callback_tasks", moment("due_at"))
    op.create_table(
        "calls",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("round", sa.Integer(), nullable=False),
        sa.Column("party", sa.String(), nullable=False),
        sa.Column("attempt", sa.Integer(), nullable=False),
        sa.Column("to_phone", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("provider_sid", sa.String(), nullable=True),
        sa.Column("attempts", sa.Integer(), server_default=sa.text("0"), nullable=False),
        sa.Column("error", sa.String(), nullable=True),
        sa.Column("handling_rating", sa.Integer(), nullable=True),
        sa.Column("intake_rating", sa.Integer(), nullable=True),
        moment("created_at", recorded=True),
        moment("updated_at", recorded=True),
        sa.PrimaryKeyConstraint("key", name="calls_pkey"),
        sa.UniqueConstraint("id", name="uq_calls_id"),
        sa.UniqueConstraint("provider_sid", name="uq_calls_provider_sid"),
    )
    op.create_index("ix_calls_order_no", "calls", ["order_no"])
    op.create_table(
        "call_tasks",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("template", sa.String(), nullable=False),
        sa.Column("to_role", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("party", sa.String(), nullable=True),
        sa.Column("done_by", sa.String(), nullable=True),
        moment("done_at"),
        sa.Column("note", sa.LargeBinary(), nullable=True),
        moment("created_at", recorded=True),
        sa.PrimaryKeyConstraint("key", name="call_tasks_pkey"),
    )
    op.create_index("ix_call_tasks_order_no", "call_tasks", ["order_no"])
    op.create_index(
        "ix_call_tasks_open", "call_tasks", ["created_at", "key"], postgresql_where=sa.text("done_at IS NULL")
    )
    op.create_table(
        "opt_outs",
        sa.Column("phone_index", sa.String(), nullable=False),
        moment("created_at", recorded=True),
        sa.PrimaryKeyConstraint("phone_index", name="opt_outs_pkey"),
    )
    op.create_table(
        "inbound_messages",
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("phone_index", sa.String(), nullable=False),
        sa.Column("from_phone", sa.LargeBinary(), nullable=False),
        sa.Column("body", sa.LargeBinary(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("party", sa.String(), nullable=True),
        moment("created_at", recorded=True),
        sa.PrimaryKeyConstraint("sid", name="inbound_messages_pkey"),
    )
    op.create_index("ix_inbound_messages_phone_index", "inbound_messages", ["phone_index"])
    op.create_index("ix_inbound_messages_order_no", "inbound_messages", ["order_no"])
    op.create_index("ix_inbound_messages_created_at", "inbound_messages", ["created_at", "sid"])


def downgrade() -> None:
    for table in ("inbound_messages", "opt_outs", "call_tasks", "calls"):
        op.drop_table(table)
    op.drop_column("callback_tasks", "due_at")
    op.drop_index("ix_callback_tasks_realm_created_at", "callback_tasks")
    op.add_column("callback_tasks", sa.Column("provider_sid", sa.String(), nullable=True))
    op.create_unique_constraint("uq_callback_tasks_provider_sid", "callback_tasks", ["provider_sid"])
    op.add_column("callback_tasks", sa.Column("status", sa.String(), server_default="open", nullable=False))
    op.alter_column("callback_tasks", "status", server_default=None)
    op.add_column("callback_tasks", sa.Column("result", sa.String(), nullable=True))
    op.create_index(
        "ix_callback_tasks_open",
        "callback_tasks",
        ["realm", "created_at"],
        postgresql_where=sa.text("status = 'open'"),
    )
    for index in ("underway", "phone_index_attempted_at", "notice"):
        op.drop_index(f"ix_messages_{index}")
    for column in (
        "settled_at",
        "attempted_at",
        "segments",
        "phone_index",
        "party",
        "unit",
        "to_role",
        "rank",
        "notice",
    ):
        op.drop_column("messages", column)
