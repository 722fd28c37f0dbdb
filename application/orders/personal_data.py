"""Reads a citizen's data in full, if the reader needs it and after it is recorded (HK-17, NA-06)."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from adapters.auth.tokens import Identity
from adapters.database.access.confidentiality import Entry
from adapters.database.access.personal_data import PersonalData
from adapters.database.audit.trail import Trail
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from application.orders import workflow_calls
from application.orders.intake import INTAKE_DOCUMENT
from application.orders.visibility import is_shielded_from
from domain.order.read_model import OrderView
from domain.order.records import StoredOrder
from domain.privacy import Occasion, Personal, ReaderRelation, require_need, require_work_with_citizens
from domain.refusal import Code, Refused
from domain.text import measure, normalised
from domain.words import Stage

ENDED = frozenset({Stage.CLOSED, Stage.ARCHIVED})
UNMASK = "unmask"
"""The kind of document for the reason of a reading, and the name of a refused one on the trail."""


class ReadingNeeds(workflow_calls.QueryNeeds, Protocol):
    """Needed to record a reading of personal data."""

    orders: Orders
    personal_data: PersonalData


class UnmaskNeeds(ReadingNeeds, Protocol):
    """Needed to read a citizen's data in full."""

    documents: Documents
    trail: Trail


async def unmask(
    services: UnmaskNeeds,
    user: Identity,
    order: StoredOrder,
    view: OrderView | None,
    fields: Sequence[Personal],
    reason: str,
) -> dict[Personal, str | None]:
    """The citizen's data in full. The reading is on the order's trail before it is returned, and so is a refusal.

    If none of the fields is known, nothing is recorded. Raises Refused: `missing_field` for an empty reason,
    `not_permitted`.
    """
    try:
        require_work_with_citizens(user.role)
        if not normalised(reason):
            raise Refused(Code.MISSING_FIELD, "请写明查看的理由", "NA-06")
        require_need(user.role, fields, _standing(user, order, view))
    except Refused as refused:
        at = await workflow_calls.clock(services, order)
        said = (UNMASK, refused.code, refused.reason, refused.clause)
        await services.trail.refused(order.no, at, user.role, *said, person=user.sub)
        raise
    known = {name: value for name, value in (await _known(services, order)).items() if name in fields}
    if any(known.values()):
        kept = measure(reason, await services.documents.save(order.no, order.realm, UNMASK, "reason", reason))
        entry = await _entry(services, user, order)
        await services.personal_data.reads(order.no, entry, fields, Occasion.UNMASK, kept)
    return known


async def record_phone_readings(services: ReadingNeeds, user: Identity, nos: Iterable[str], occasion: Occasion) -> None:
    """Record that somebody's work shows them the telephone numbers of these orders' citizens."""
    for no in dict.fromkeys(nos):
        order = await services.orders.get(no)
        if order is not None:
            entry = await _entry(services, user, order)
            await services.personal_data.reads(no, entry, [Personal.PHONE], occasion)


async def _entry(services: ReadingNeeds, user: Identity, order: StoredOrder) -> Entry:
    return Entry(user.sub, user.role, await workflow_calls.clock(services, order))


def _standing(user: Identity, order: StoredOrder, view: OrderView | None) -> ReaderRelation:
    handles = view is not None and view.stage not in ENDED and user.unit in view.units
    return ReaderRelation(user.of_unit, handles, is_shielded_from(user, order), order.source)


async def _known(services: UnmaskNeeds, order: StoredOrder) -> dict[Personal, str | None]:
    """All known data; the identity card's number is stored apart, as a text of the intake."""
    texts = await services.documents.of_order(order.no)
    id_number = next((text.text for text in texts if (text.kind, text.field) == (INTAKE_DOCUMENT, "id_number")), None)
    citizen = order.citizen
    return {
        Personal.NAME: citizen.name,
        Personal.PHONE: citizen.phone,
        Personal.ADDRESS: citizen.address,
        Personal.EMAIL: citizen.email,
        Personal.ID_NUMBER: id_number or None,
    }
