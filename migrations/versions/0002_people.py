"""Units, their contacts, and user accounts."""

import sqlalchemy as sa
from alembic import op

revision = "0002_people"
down_revision = "0001_orders"


def upgrade() -> None:
    op.create_table(
        "units",
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("name", sa.String(), nullable=False),
        sa.Column("area", sa.String(), nullable=True),
        sa.Column("duties", sa.ARRAY(sa.Text()), nullable=False),
        sa.Column("emergency_level", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("realm", "regime", "id", name="units_pkey"),
    )
    op.create_table(
        "contacts",
        sa.Column("key", sa.Integer(), nullable=False),
        sa.Column("realm", sa.String(), nullable=False),
        sa.Column("regime", sa.String(), nullable=False),
        sa.Column("unit_id", sa.String(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("phone", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("key", name="contacts_pkey"),
        sa.UniqueConstraint(
            "realm",
            "regime",
            "unit_id",
            "role",
            name="uq_contacts_realm_regime_unit_id_role",
            postgresql_nulls_not_distinct=True,
        ),
    )
    op.create_table(
        "users",
        sa.Column("username", sa.String(), nullable=False),
        sa.Column("password_hash", sa.String(), nullable=False),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("unit", sa.String(), nullable=True),
        sa.Column("regime", sa.String(), nullable=True),
        sa.Column("display", sa.String(), nullable=False),
        sa.Column("created_at", sa.TIMESTAMP(timezone=True), server_default=sa.text("now()"), nullable=False),
        sa.PrimaryKeyConstraint("username", name="users_pkey"),
    )


def downgrade() -> None:
    op.drop_table("users")
    op.drop_table("contacts")
    op.drop_table("units")
