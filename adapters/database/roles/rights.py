"""Rights of worker and API in the database, table by table; everything else is the owner's (ADR 27).

`jiesu db upgrade` grants exactly these to the role of `DATABASE_URL` (`adapters.database.roles.granting`). The role may
read every table here. A statement that needs more fails with `permission denied`: add it to its table's row first.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rights(NamedTuple):
    """Rights besides reading. `update` names the columns that may change, None means all of them."""

    insert: bool = False
    update: tuple[str, ...] | None = ()
    delete: bool = False

    @property
    def of_table(self) -> frozenset[str]:
        """The privileges on the whole table, by their PostgreSQL names."""
        held = {"SELECT": True, "INSERT": self.insert, "UPDATE": self.update is None, "DELETE": self.delete}
        return frozenset(name for name, given in held.items() if given)


APPENDED: Final = Rights(insert=True)
KEPT: Final = Rights(insert=True, update=None)
PASSING: Final = Rights(insert=True, update=None, delete=True)

RIGHTS: Final[Mapping[str, Rights]] = {
    # Evidence: rows never change.
    "acts": APPENDED,
    "anchored_heads": APPENDED,
    "anchors": APPENDED,
    "audit_trail": APPENDED,
    "policy_snapshots": APPENDED,
    # Intake: texts are erased in time; what they were about and where they are stored must not change.
    "archives": Rights(insert=True, update=("erased_at", "erasing_at", "held_at", "hold_reason", "late_at")),
    "attachments": Rights(insert=True, update=("bound", "name", "note", "order_no", "thumbnail_key"), delete=True),
    "documents": Rights(insert=True, update=("fingerprint", "text")),
    "work_orders": Rights(
        insert=True,
        update=(
            *("address_id", "answers", "citizen_account", "citizen_address", "citizen_device", "citizen_email"),
            *("citizen_name", "citizen_phone", "city_ref", "complained_of", "content", "intake_key", "lat", "listed"),
            *("location", "long", "media_url", "phone_index", "title", "workflow_started"),
        ),
    ),
    # State of the work.
    "approvals": Rights(insert=True, delete=True),
    "call_tasks": KEPT,
    "callback_tasks": KEPT,
    "calls": KEPT,
    "city_cursors": KEPT,
    "city_messages": KEPT,
    "inbound_messages": KEPT,
    "messages": KEPT,
    "order_viewers": Rights(insert=True, delete=True),
    "order_views": KEPT,
    # Accounts and access: an account and a key are ended, not deleted.
    "api_keys": KEPT,
    "contacts": KEPT,
    "units": KEPT,
    "users": KEPT,
    # Data that expires.
    "idempotency_keys": PASSING,
    "opt_outs": PASSING,
    "sessions": PASSING,
    "sign_in_failures": PASSING,
}

SEQUENCES: Final = ("contacts_key_seq", "order_no")
"""Sequences that the role may advance; it may not set them back."""
