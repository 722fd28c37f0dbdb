"""The chain of acts, daily anchors over it and over the orders' chains, and the time at which each row was written.

Existing rows of a trail count as written at the time of the migration, so that the first anchor covers them.
"""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

revision = "0014_acts"
down_revision = "0013_accounts"

PROVEN = ("acts", "anchors", "anchored_heads")
FUNCTION = """
CREATE FUNCTION proof_is_append_only() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % refused', TG_TABLE_NAME, TG_OP USING ERRCODE = 'restrict_violation';
END $$
"""


def upgrade() -> None:
    op.create_table(
        "acts",
        sa.Column("position", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("at", sa.TIMESTAMP(timezone=True), nullable=False),
        sa.Column("deed", sa.String(), nullable=False),
        sa.Column("person", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=True),
        sa.Column("order_no", sa.String(), nullable=True),
        sa.Column("about", sa.String(), nullable=True),
        sa.Column("outcome", sa.String(), nullable=False),
        sa.Column("code", sa.String(), nullable=True),
        sa.Column("source", sa.String(), nullable=True),
        sa.Column("request", sa.String(), nullable=True),
        sa.Column("data", JSONB(), nullable=False),
        sa.Column("previous_hash", sa.String(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("position", name=op.f("acts_pkey")),
    )
    of_orders = sa.text("order_no IS NOT NULL")
    op.create_index("ix_acts_order_no", "acts", ["order_no", "position"], postgresql_where=of_orders)
    op.create_index("ix_acts_person", "acts", ["person", "position"])
    op.create_index("ix_acts_deed", "acts", ["deed", "position"])
    op.create_index("ix_acts_at", "acts", ["at"])
    op.create_table(
        "anchors",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("body", sa.String(), nullable=False),
        sa.Column("signature", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("day", name=op.f("anchors_pkey")),
    )
    op.create_table(
        "anchored_heads",
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("order_no", sa.String(collation="C"), nullable=False),
        sa.Column("position", sa.Integer(), nullable=False),
        sa.Column("hash", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("day", "order_no", name=op.f("anchored_heads_pkey")),
    )
    op.create_index("ix_anchored_heads_order_no", "anchored_heads", ["order_no", "day"])
    op.execute(FUNCTION)
    for table in PROVEN:
        op.execute(
            f"CREATE TRIGGER {table}_keeps_rows BEFORE UPDATE OR DELETE ON {table}"
            " FOR EACH ROW EXECUTE FUNCTION proof_is_append_only()"
        )
        op.execute(
            f"CREATE TRIGGER {table}_keeps_all BEFORE TRUNCATE ON {table}"
            " FOR EACH STATEMENT EXECUTE FUNCTION proof_is_append_only()"
        )
    now = sa.text("now()")
    op.add_column(
        "audit_trail", sa.Column("recorded_at", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False)
    )
    op.create_index("ix_audit_trail_recorded_at", "audit_trail", ["recorded_at"], postgresql_using="brin")


def downgrade() -> None:
    op.drop_index("ix_audit_trail_recorded_at", "audit_trail")
    op.drop_column("audit_trail", "recorded_at")
    for table in reversed(PROVEN):
        op.drop_table(table)
    op.execute("DROP FUNCTION proof_is_append_only()")
