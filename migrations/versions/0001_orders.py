"""Orders, their texts, the read model and the audit trail."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.schema import CreateSequence, DropSequence

revision = "0001_orders"
down_revision = None

APPEND_ONLY = """
CREATE FUNCTION audit_trail_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'audit_trail is append-only: % refused', TG_OP USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_trail_keeps_rows BEFORE UPDATE OR DELETE ON audit_trail
    FOR EACH ROW EXECUTE FUNCTION audit_trail_is_append_only();
CREATE TRIGGER audit_trail_keeps_all BEFORE TRUNCATE ON audit_trail
    FOR EACH STATEMENT EXECUTE FUNCTION audit_trail_is_append_only();
"""


def upgrade() -> None:
    op.execute(CreateSequence(sa.Sequence("order_no")))
    op.create_table(
        "work_orders",
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("source", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("marks", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("matter", sa.String(), nullable=True),
        sa.Column("required_by", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("city_no", sa.String(), nullable=True),
        sa.Column("title", sa.LargeBinary(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("citizen_name", sa.LargeBinary(), nullable=True),
        sa.Column("citizen_phone", sa.LargeBinary(), nullable=True),
        sa.Column("citizen_address", sa.LargeBinary(), nullable=True),
        sa.Column("phone_index", sa.String(), nullable=True),
        sa.Column("policy_hash", sa.String(), nullable=False),
        sa.Column("intake_key", sa.String(), nullable=True),
        sa.Column("workflow_started", sa.Boolean(), server_default=sa.text("false"), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("no", name="work_orders_pkey"),
        sa.UniqueConstraint("intake_key", name="uq_work_orders_intake_key"),
    )
    op.create_index("ix_work_orders_city_no", "work_orders", ["city_no"])
    op.create_index("ix_work_orders_phone_index", "work_orders", ["phone_index"])
    op.create_index("ix_work_orders_realm_created_at", "work_orders", ["realm", "created_at"])
    op.create_index(
        "ix_work_orders_unstarted",
        "work_orders",
        ["created_at"],
        postgresql_where=sa.text("NOT workflow_started"),
    )

    op.create_table(
        "order_views",
        sa.Column("no", sa.String(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("category", sa.String(), nullable=False),
        sa.Column("grade", sa.String(), nullable=False),
        sa.Column("units", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("light", sa.String(), nullable=False),
        sa.Column("next_due", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.Column("overdue", sa.Boolean(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("outcome", sa.String(), nullable=True),
        sa.Column("view", JSONB(), nullable=False),
        sa.Column(
            "rank",
            sa.SmallInteger(),
            sa.Computed("- priority", persisted=True),
            nullable=False,
        ),
        sa.Column(
            "sort_due",
            sa.TIMESTAMP(timezone=True),
            sa.Computed("COALESCE(next_due, '9999-12-31 00:00:00+00'::timestamp with time zone)", persisted=True),
            nullable=False,
        ),
        sa.Column("updated_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("no", name="order_views_pkey"),
    )
    op.create_index("ix_order_views_list", "order_views", ["realm", "rank", "sort_due", "no"])
    op.create_index("ix_order_views_regime_stage", "order_views", ["realm", "regime", "stage"])
    op.create_index("ix_order_views_units", "order_views", ["units"], postgresql_using="gin")
    op.create_table(
        "audit_trail",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("position", sa.Integer(), autoincrement=False, nullable=False),
        sa.Column("seq", sa.Integer(), nullable=True),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("actor", sa.String(), nullable=False),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("order_no", "position", name="audit_trail_pkey"),
        sa.UniqueConstraint("order_no", "seq", name="uq_audit_trail_order_no_seq"),
    )
    op.create_index("ix_audit_trail_event_at", "audit_trail", ["event", "at"])
    op.create_table(
        "approvals",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("stage", sa.String(), nullable=False),
        sa.Column("by_roles", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("opened_at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("due_at", sa.TIMESTAMP(timezone=True), nullable=True),
        sa.PrimaryKeyConstraint("key", name="approvals_pkey"),
    )
    op.create_index("ix_approvals_open", "approvals", ["realm", "status", "opened_at", "key"])
    op.create_index("ix_approvals_order_no", "approvals", ["order_no"])
    op.create_table(
        "documents",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("field", sa.String(), nullable=False),
        sa.Column("text", sa.LargeBinary(), nullable=False),
        sa.Column("fingerprint", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="documents_pkey"),
    )
    op.create_index("ix_documents_fingerprint", "documents", ["realm", "fingerprint", "kind"])
    op.create_index("ix_documents_order_no", "documents", ["order_no"])
    op.create_table(
        "attachments",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("media_type", sa.String(), nullable=False),
        sa.Column("size", sa.Integer(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("object_key", sa.String(), nullable=False),
        sa.Column("uploaded_by", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("id", name="attachments_pkey"),
    )
    op.create_index("ix_attachments_order_no", "attachments", ["order_no"])
    op.create_table(
        "archives",
        sa.Column("order_no", sa.String(), nullable=False),
        sa.Column("bundle", sa.String(), nullable=False),
        sa.Column("sha256", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("order_no", name="archives_pkey"),
    )
    op.execute(APPEND_ONLY)


def downgrade() -> None:
    op.drop_table("archives")
    op.drop_table("attachments")
    op.drop_table("documents")
    op.drop_table("approvals")
    op.drop_table("audit_trail")
    op.drop_table("order_views")
    op.drop_table("work_orders")
    op.execute("DROP FUNCTION audit_trail_is_append_only")
    op.execute(DropSequence(sa.Sequence("order_no")))
