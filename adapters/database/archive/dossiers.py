"""Reads everything about one order from all tables, for its archive bundle."""

from datetime import UTC, datetime
from typing import Any

from adapters.database.audit.trail import Trail
from adapters.database.city.messages import CityMessages
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages
from adapters.database.telephone.messages import Messages
from adapters.database.units import UnitDirectory
from domain.archive.dossier import Dossier, EvidenceFile, Row
from domain.order.audit_chain import Link, policy_hashes, without_crossed_out
from domain.order.records import StoredOrder


class Dossiers:
    """Dossiers by order number."""

    def __init__(self, database: Database) -> None:
        self._orders, self._trail, self._documents = Orders(database), Trail(database), Documents(database)
        self._attachments, self._messages, self._inbound = (
            Attachments(database),
            Messages(database),
            InboundMessages(database),
        )
        self._calls, self._tasks, self._city = Calls(database), CallTasks(database), CityMessages(database)
        self._policies, self._catalogue = RuleBookHistory(database), UnitDirectory(database)

    async def of_order(self, no: str) -> Dossier | None:
        """The dossier of an order as it is now, in clear text; None if there is no such order.

        Equal rows give an equal dossier. Rows that are being written meanwhile may be in it or not.
        """
        order = await self._orders.get(no)
        if order is None:
            return None
        chain = await self._trail.chain(no)
        view = await self._orders.view(no)
        return Dossier(
            no=no,
            order=order.model_dump(mode="json"),
            view=view.model_dump(mode="json") if view else None,
            chain=tuple(linked(each) for each in chain),
            timeline=tuple(each.outside() for each in without_crossed_out(chain)),
            texts=tuple(
                each._asdict() | {"created_at": _moment(each.created_at)} for each in await self._documents.of_order(no)
            ),
            messages=tuple(_row(each) for each in await self._messages.of_order(no)),
            inbound=tuple(_row(each) for each in await self._inbound.of_order(no)),
            calls=tuple(_row(each) for each in await self._calls.of_order(no)),
            call_tasks=tuple(_row(each) | {"note": note} for each, note in await self._tasks.of_order(no)),
            city_messages=tuple(_row(each) for each in await self._city.of_order(no)),
            files=tuple(
                EvidenceFile.model_validate({name: row[name] for name in EvidenceFile.model_fields})
                for row in (_row(each) for each in await self._attachments.of_order(no))
            ),
            policies=await self._rules(order, without_crossed_out(chain)),
            units={each.id: each.name for each in await self._catalogue.units(realm=order.realm, regime=order.regime)},
        )

    async def _rules(self, order: StoredOrder, chain: list[Link]) -> dict[str, Row | None]:
        """The rule book under which the order began, then each that it adopted; the current one is last."""
        hashes = policy_hashes(order.policy_hash, (each.content for each in chain))
        found = {each: await self._policies.get(each) for each in hashes}
        return {each: snapshot.data if snapshot else None for each, snapshot in found.items()}


def linked(each: Link) -> Row:
    """A link of the chain as a bundle stores it: the hashed fields and the hashes."""
    return {
        "position": each.position,
        **each.content._asdict(),
        "at": each.content.at.astimezone(UTC).isoformat(timespec="microseconds"),
        "previous_hash": each.previous_hash,
        "hash": each.hash,
    }


def _row(model: Any) -> Row:
    row: Row = model.model_dump(mode="json")
    return row


def _moment(at: datetime) -> str:
    return at.astimezone(UTC).isoformat()
