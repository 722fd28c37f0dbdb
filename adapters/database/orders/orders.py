"""Work orders as they were taken in, with the citizen's data sealed, and the lists of orders for staff."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, TypeAdapter
from sqlalchemy import Row, func, or_, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.access.confidentiality import Entry, Reader, mark, open_to
from adapters.database.city.order_numbers import lock_city_no, order_with_city_no, select_by_city_no
from adapters.database.encryption import phone_index, phone_indexes
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import ORDER_NO, OrderViewRow, WorkOrder
from domain.order.read_model import OrderView
from domain.order.records import Answer, NewOrder, StoredCitizen, StoredOrder
from domain.words import Frozen

FAR_FUTURE = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
PLACE = TypeAdapter(tuple[int, AwareDatetime, Name])
ANSWERS = TypeAdapter(tuple[Answer, ...])


class OpenResult(Frozen):
    """Result of `Orders.open`: `created` is false when the order, or one under the same intake key, existed already.

    `of_city_no`: it existed under the city platform's number only.
    """

    no: str
    created: bool
    of_city_no: bool = False


class OrderFilter(Frozen):
    """Filter of an order list; None is any. `phone` is the citizen's, in any notation.

    `city_no` is the city platform's number, given at intake or later. Without a `reader` no confidential order is
    shown. With `not_against`, the staff's unit, `phone` finds no order that complains of that unit (HK-17).
    """

    realm: str = ""
    regime: str | None = None
    stage: str | None = None
    unit: str | None = None
    light: str | None = None
    category: str | None = None
    grade: str | None = None
    overdue: bool | None = None
    phone: str | None = None
    city_no: str | None = None
    reader: Reader | None = None
    not_against: str | None = None


class ListedOrder(Frozen):
    """A row of a list; the `citizen` is needed to mask their name in the title."""

    title: str
    complained_of: str | None
    citizen: StoredCitizen
    area: str | None
    city_no: str | None
    confidential: bool
    created_at: AwareDatetime
    view: OrderView


class Orders:
    """The orders of every regime and realm."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def allocate_no(self, day: date) -> str:
        """A new order number, like `20261122-000123`. One that is not used leaves a gap."""
        async with self.database.session() as session:
            serial = await session.scalar(select(ORDER_NO.next_value()))
        return f"{day:%Y%m%d}-{serial:06d}"

    async def open(
        self,
        order: NewOrder,
        *,
        intake_key: str | None = None,
        viewers: Sequence[str] = (),
        entry: Entry | None = None,
    ) -> OpenResult:
        """Store an order once: a repetition under the same `no` or `intake_key` returns the existing order.

        An `intake_key` is unique over all orders: callers include their own name in it. A `city_no` is unique among the
        real orders of a regime, whether the order came with it or was given it later; an existing one is returned too.
        With an `entry` the order is confidential from the start; `viewers` are named, and its trail records both.
        """
        values = self._sealed(order) | {"intake_key": intake_key}
        write = insert(WorkOrder).values(values).on_conflict_do_nothing().returning(col(WorkOrder.no))
        async with self.database.begin() as session:
            same = None
            if order.realm == "" and order.city_no is not None:
                same = await order_with_city_no(session, order.regime, order.city_no)
            no = await session.scalar(write) if same is None else None
            if no is not None:
                if entry is not None:
                    await session.run_sync(lambda blocking: mark(blocking, order.no, viewers, entry))
                return OpenResult(no=no, created=True)
            there = col(WorkOrder.no) == order.no
            if intake_key is not None:
                there = or_(there, col(WorkOrder.intake_key) == intake_key)
            no = await session.scalar(select(WorkOrder.no).where(there))
            if no is not None:
                return OpenResult(no=no, created=False)
            return OpenResult(no=same, created=False, of_city_no=True)

    async def get(self, no: str) -> StoredOrder | None:
        """The order as it was taken in, in clear text."""
        async with self.database.session() as session:
            row: WorkOrder | None = await session.scalar(select(WorkOrder).where(WorkOrder.no == no))
        return None if row is None else self._clear(row)

    async def by_city_no(self, regime: str, city_no: str) -> StoredOrder | None:
        """The real order with this city platform number; one that came with it is preferred."""
        async with self.database.session() as session:
            row: WorkOrder | None = await session.scalar(select_by_city_no(WorkOrder, regime, city_no))
        return None if row is None else self._clear(row)

    async def note_city_ref(self, no: str, city_ref: str) -> None:
        """Store the platform's number of an order that did not come from it; the first one is kept. May be repeated."""
        unknown = (col(WorkOrder.no) == no, col(WorkOrder.city_no).is_(None), col(WorkOrder.city_ref).is_(None))
        async with self.database.begin() as session:
            await session.execute(lock_city_no(city_ref))
            await session.execute(update(WorkOrder).where(*unknown).values(city_ref=city_ref))

    async def view(self, no: str) -> OrderView | None:
        """The order's current view, or None while its workflow has recorded nothing."""
        async with self.database.session() as session:
            stored = await session.scalar(select(OrderViewRow.view).where(OrderViewRow.no == no))
        return None if stored is None else OrderView.model_validate(stored)

    async def mark_started(self, no: str) -> None:
        """Mark the order's workflow as started; may be repeated."""
        async with self.database.begin() as session:
            await session.execute(update(WorkOrder).where(col(WorkOrder.no) == no).values(workflow_started=True))

    async def unstarted(self, older_than: timedelta, limit: int = 100) -> Sequence[StoredOrder]:
        """Orders stored at least that long ago whose workflow is not marked as started, the oldest first."""
        found = (
            select(WorkOrder)
            .where(~col(WorkOrder.workflow_started), col(WorkOrder.created_at) <= func.now() - older_than)
            .order_by(col(WorkOrder.created_at))
            .limit(limit)
        )
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def list(
        self, wanted: OrderFilter | None = None, *, cursor: str | None = None, limit: int = 50
    ) -> Page[ListedOrder]:
        """Orders by falling priority, then by rising due moment, then by number. Raises BadCursor."""
        place = (col(OrderViewRow.rank), col(OrderViewRow.sort_due), col(OrderViewRow.no))
        found = (
            select(*(col(c) for c in _SHOWN))
            .join(OrderViewRow, col(OrderViewRow.no) == col(WorkOrder.no))
            .where(*self._conditions(wanted or OrderFilter()))
        )
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.execute(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(self._listed(row) for row in rows[:limit])
        if len(rows) <= limit:
            return Page(items, None)
        last = items[-1].view
        return Page(items, to_cursor(-last.priority, last.next_due or FAR_FUTURE, last.no))

    def _conditions(self, wanted: OrderFilter) -> Sequence[Any]:
        plain = wanted.model_dump(include=_COMPARED, exclude_none=True)
        conditions = [col(getattr(OrderViewRow, name)) == value for name, value in plain.items()]
        conditions.append(open_to(OrderViewRow.no, wanted.reader))
        if wanted.unit is not None:
            conditions.append(col(OrderViewRow.units).contains([wanted.unit]))
        if wanted.phone is not None:
            indexes = phone_indexes(self.database.keyring, wanted.phone)
            conditions.append(col(WorkOrder.phone_index).in_(indexes))
            if wanted.not_against is not None:
                conditions.append(col(WorkOrder.complained_of).is_distinct_from(wanted.not_against))
        if wanted.city_no is not None:
            numbers = (col(WorkOrder.city_no), col(WorkOrder.city_ref))
            conditions += [or_(*(number == wanted.city_no for number in numbers)), WorkOrder.realm == wanted.realm]
        return conditions

    def _listed(self, row: Row[Any]) -> ListedOrder:
        kept = {name: getattr(row, name) for name in ("area", "confidential", "complained_of", "created_at")}
        title = self.database.keyring.decrypt(row.title)
        kept["city_no"] = row.city_no or row.city_ref
        return ListedOrder(title=title, citizen=self._citizen(row), view=OrderView.model_validate(row.view), **kept)

    def _sealed(self, order: NewOrder) -> dict[str, Any]:
        """The columns of an order, with the citizen's data encrypted."""

        def seal(value: str | None) -> bytes | None:
            return None if value is None else self.database.keyring.encrypt(value)

        citizen, answers = order.citizen, ANSWERS.dump_json(order.answers).decode()
        columns: dict[str, Any] = order.model_dump(exclude={"citizen", "answers"}) | {
            "marks": list(order.marks),
            "answers": seal(answers) if order.answers else None,
            "phone_index": phone_index(self.database.keyring, citizen.phone) if citizen.phone else None,
        }
        columns |= {name: seal(getattr(order, name)) for name in _SEALED}
        return columns | {f"citizen_{name}": seal(value) for name, value in citizen.model_dump().items()}

    def _clear(self, row: WorkOrder) -> StoredOrder:
        answers = ANSWERS.validate_json(self._opened(row.answers) or "[]")
        kept = {name: getattr(row, name) for name in StoredOrder.model_fields if name not in {"citizen", "answers"}}
        kept |= {name: self._opened(getattr(row, name)) for name in _SEALED}
        return StoredOrder(**kept, answers=answers, citizen=self._citizen(row))

    def _citizen(self, row: Any) -> StoredCitizen:
        return StoredCitizen(
            **{name: self._opened(getattr(row, f"citizen_{name}")) for name in StoredCitizen.model_fields}
        )

    def _opened(self, value: bytes | None) -> str | None:
        return None if value is None else self.database.keyring.decrypt(value)


_SHOWN: tuple[Any, ...] = (
    WorkOrder.title,
    WorkOrder.area,
    WorkOrder.city_no,
    WorkOrder.city_ref,
    WorkOrder.confidential,
    WorkOrder.complained_of,
    WorkOrder.created_at,
    *(getattr(WorkOrder, f"citizen_{name}") for name in StoredCitizen.model_fields),
    OrderViewRow.view,
)
_COMPARED = {"realm", "regime", "stage", "light", "category", "grade", "overdue"}
_SEALED = ("title", "content", "location", "address_id", "media_url")
