"""Rows written after an order's erasure are noted, so that they are erased too; failed sign-ins get a start time.

Triggers do this, because otherwise every writer of every table would have to, and because only the database sees a
row that is written during an erasure: the write waits for its end. A row of an order that is not archived costs one
index lookup. `WHEN` passes only rows with content, so that neither blanking nor re-encryption is noted.
"""

import sqlalchemy as sa
from alembic import op

revision = "0016_late"
down_revision = "0015_privacy"

SEALED, FILLED, PRESENT = "octet_length({0}) > 33", "{0} <> ''", "{0} IS NOT NULL"
SPEAKING = {
    "documents": {"text": SEALED, "fingerprint": FILLED},
    "messages": {"to_phone": SEALED, "body": SEALED, "phone_index": FILLED, "provider_sid": PRESENT},
    "inbound_messages": {"from_phone": SEALED, "body": SEALED, "phone_index": FILLED},
    "calls": {"to_phone": SEALED, "provider_sid": PRESENT},
    "call_tasks": {"note": PRESENT},
    "city_messages": {"body": SEALED, "reason": PRESENT, "digest": FILLED},
    "attachments": {"name": SEALED, "note": PRESENT, "thumbnail_key": PRESENT},
    "order_viewers": {"username": FILLED},
}
FUNCTION = """
CREATE FUNCTION note_what_is_late() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    -- Waits for an erasure that is under way, and keeps one from beginning before this row is to be seen.
    PERFORM FROM archives WHERE order_no = NEW.order_no FOR NO KEY UPDATE;
    IF FOUND THEN
        UPDATE archives SET late_at = now()
        WHERE order_no = NEW.order_no AND erasing_at IS NOT NULL AND late_at IS NULL;
    END IF;
    RETURN NULL;
END $$
"""


def upgrade() -> None:
    op.add_column("archives", sa.Column("late_at", sa.TIMESTAMP(timezone=True), nullable=True))
    late = sa.text("late_at IS NOT NULL")
    op.create_index("ix_archives_late", "archives", ["late_at"], postgresql_where=late)
    op.execute(FUNCTION)
    for table, columns in SPEAKING.items():
        says = " OR ".join(condition.format(f"NEW.{column}") for column, condition in columns.items())
        op.execute(
            f"CREATE TRIGGER {table}_late AFTER INSERT OR UPDATE OF order_no, {', '.join(columns)} ON {table}"
            f" FOR EACH ROW WHEN (NEW.order_no IS NOT NULL AND ({says})) EXECUTE FUNCTION note_what_is_late()"
        )
        there = " OR ".join(condition.format(column) for column, condition in columns.items())
        op.execute(
            "UPDATE archives SET late_at = now() WHERE erased_at IS NOT NULL AND late_at IS NULL"  # noqa: S608
            f" AND EXISTS (SELECT FROM {table} WHERE {table}.order_no = archives.order_no AND ({there}))"
        )
    now = sa.text("now()")
    op.add_column(
        "sign_in_failures", sa.Column("since", sa.TIMESTAMP(timezone=True), server_default=now, nullable=False)
    )


def downgrade() -> None:
    op.drop_column("sign_in_failures", "since")
    for table in SPEAKING:
        op.execute(f"DROP TRIGGER {table}_late ON {table}")
    op.execute("DROP FUNCTION note_what_is_late()")
    op.drop_index("ix_archives_late", "archives")
    op.drop_column("archives", "late_at")
