"""What worker and API may do in the database, table by table; everything else is the owner's (ADR 27).

`jiesu db upgrade` grants exactly this to the role of `DATABASE_URL` (`adapters.database.roles.granting`). They may
read every table here. A statement that needs more fails with `permission denied`, and its row has to say so first.
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Rights(NamedTuple):
    """Rights beside reading. `update` names the columns that may change, None is any of them."""

    insert: bool = False
    update: tuple[str, ...] | None = ()
    delete: bool = False

    @property
    def of_table(self) -> frozenset[str]:
        """The privileges on the table as a whole, as PostgreSQL calls them."""
        held = {"SELECT": True, "INSERT": self.insert, "UPDATE": self.update is None, "DELETE": self.delete}
        return frozenset(name for name, given in held.items() if given)


APPENDED: Final = Rights(insert=True)
KEPT: Final = Rights(insert=True, update=None)
PASSING: Final = Rights(insert=True, update=None, delete=True)

RIGHTS: Final[Mapping[str, Rights]] = {
    # Proof: what is written stays as it was written.
    "acts": APPENDED,
    "anchored_heads": APPENDED,
    "anchors": APPENDED,
    "audit_trail": APPENDED,
    "policy_snapshots": APPENDED,
    # What was taken in: words are erased in time, what they were about and where they lie is not to be changed.
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
    # Where work stands.
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
    # People, and ways in: an account and a key are ended, not taken away.
    "api_keys": KEPT,
    "contacts": KEPT,
    "units": KEPT,
    "users": KEPT,
    # What has had its time.
    "idempotency_keys": PASSING,
    "opt_outs": PASSING,
    "sessions": PASSING,
    "sign_in_failures": PASSING,
}

SEQUENCES: Final = ("contacts_key_seq", "order_no")
"""Whose next number may be drawn; none may be set back."""
