"""Work orders as they were taken in, the citizen's data sealed, and the lists that staff work from."""

from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Row, func, or_, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.crypto import Keyring
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import ORDER_NO, OrderViewRow, WorkOrder
from adapters.phone_numbers import e164
from domain.view import OrderView

FAR_FUTURE = datetime.fromisoformat("9999-12-31T00:00:00+00:00")
PLACE = TypeAdapter(tuple[int, AwareDatetime, Name])


class Frozen(BaseModel):
    """A value that is handed in or out."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Citizen(Frozen):
    """Who made the demand; all may be unknown."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None


class NewOrder(Frozen):
    """What an intake knows. `realm` is '' for real orders; a rehearsal has one of its own."""

    no: str
    realm: str = ""
    regime: str
    policy_hash: str
    source: str
    category: str
    grade: str
    marks: tuple[str, ...] = ()
    area: str | None = None
    matter: str | None = None
    required_by: AwareDatetime | None = None
    city_no: str | None = None
    title: str
    content: str
    citizen: Citizen = Citizen()


class Order(NewOrder):
    """An order as it is kept."""

    workflow_started: bool
    created_at: AwareDatetime


class Opened(Frozen):
    """`created` is false when the order, or one under the same intake key, was there already."""

    no: str
    created: bool


class OrderFilter(Frozen):
    """Which orders a list shows; None is any. `phone` is the citizen's, however it is written."""

    realm: str = ""
    regime: str | None = None
    stage: str | None = None
    unit: str | None = None
    light: str | None = None
    category: str | None = None
    grade: str | None = None
    overdue: bool | None = None
    phone: str | None = None


class Listed(Frozen):
    """A row of a list."""

    title: str
    area: str | None
    city_no: str | None
    created_at: AwareDatetime
    view: OrderView


def phone_index(keyring: Keyring, phone: str) -> str:
    """What a telephone number is found by: its form as networks know it, blindly indexed."""
    return keyring.blind_index(f"phone:{e164(phone)}")


class Orders:
    """The orders of every regime and realm."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def allocate_no(self, day: date) -> str:
        """A number that no order has, like `20261122-000123`. One that is not used leaves a gap."""
        async with self.database.session() as session:
            serial = await session.scalar(select(ORDER_NO.next_value()))
        return f"{day:%Y%m%d}-{serial:06d}"

    async def open(self, order: NewOrder, *, intake_key: str | None = None) -> Opened:
        """Write an order, once: repeated under one `no` or one `intake_key` it returns what is there.

        An `intake_key` is one of all orders: a caller puts into it whose key it is.
        """
        keyring, citizen = self.database.keyring, order.citizen
        values: dict[str, Any] = order.model_dump(exclude={"citizen"}) | {
            "marks": list(order.marks),
            "title": keyring.encrypt(order.title),
            "content": keyring.encrypt(order.content),
            "phone_index": phone_index(keyring, citizen.phone) if citizen.phone else None,
            "intake_key": intake_key,
        }
        for name, value in citizen.model_dump().items():
            values[f"citizen_{name}"] = None if value is None else keyring.encrypt(value)
        write = insert(WorkOrder).values(values).on_conflict_do_nothing().returning(col(WorkOrder.no))
        async with self.database.begin() as session:
            no = await session.scalar(write)
            if no is not None:
                return Opened(no=no, created=True)
            there = col(WorkOrder.no) == order.no
            if intake_key is not None:
                there = or_(there, col(WorkOrder.intake_key) == intake_key)
            return Opened(no=await session.scalar(select(WorkOrder.no).where(there)), created=False)

    async def get(self, no: str) -> Order | None:
        """The order as it was taken in, in clear."""
        async with self.database.session() as session:
            row: WorkOrder | None = await session.scalar(select(WorkOrder).where(WorkOrder.no == no))
        return None if row is None else self._clear(row)

    async def view(self, no: str) -> OrderView | None:
        """Where the order stands, or None as long as its workflow has recorded nothing."""
        async with self.database.session() as session:
            stored = await session.scalar(select(OrderViewRow.view).where(OrderViewRow.no == no))
        return None if stored is None else OrderView.model_validate(stored)

    async def phones(self, nos: Collection[str]) -> dict[str, str]:
        """The citizens' telephone numbers by order number, of those who left one."""
        found = select(WorkOrder.no, WorkOrder.citizen_phone).where(
            col(WorkOrder.no).in_(nos), col(WorkOrder.citizen_phone).is_not(None)
        )
        async with self.database.session() as session:
            rows = await session.execute(found)
            return {no: self.database.keyring.decrypt(sealed) for no, sealed in rows if sealed is not None}

    async def citizen(self, no: str) -> Citizen | None:
        """Whose order it is."""
        order = await self.get(no)
        return None if order is None else order.citizen

    async def mark_started(self, no: str) -> None:
        """Note that the workflow of the order runs; may be repeated."""
        async with self.database.begin() as session:
            await session.execute(update(WorkOrder).where(col(WorkOrder.no) == no).values(workflow_started=True))

    async def unstarted(self, older_than: timedelta, limit: int = 100) -> Sequence[Order]:
        """Orders written at least that long ago whose workflow was never seen to start, the oldest first."""
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
    ) -> Page[Listed]:
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
        if wanted.unit is not None:
            conditions.append(col(OrderViewRow.units).contains([wanted.unit]))
        if wanted.phone is not None:
            index = phone_index(self.database.keyring, wanted.phone)
            conditions.append(col(WorkOrder.phone_index) == index)
        return conditions

    def _listed(self, row: Row[Any]) -> Listed:
        title = self.database.keyring.decrypt(row.title)
        view = OrderView.model_validate(row.view)
        return Listed(title=title, area=row.area, city_no=row.city_no, created_at=row.created_at, view=view)

    def _clear(self, row: WorkOrder) -> Order:
        def opened(value: bytes | None) -> str | None:
            return None if value is None else self.database.keyring.decrypt(value)

        citizen = Citizen(
            name=opened(row.citizen_name),
            phone=opened(row.citizen_phone),
            address=opened(row.citizen_address),
        )
        kept = {name: getattr(row, name) for name in Order.model_fields if name not in _SEALED}
        return Order(**kept, title=opened(row.title), content=opened(row.content), citizen=citizen)


_SHOWN: tuple[Any, ...] = (
    WorkOrder.title,
    WorkOrder.area,
    WorkOrder.city_no,
    WorkOrder.created_at,
    OrderViewRow.view,
)
_COMPARED = {"realm", "regime", "stage", "light", "category", "grade", "overdue"}
_SEALED = {"title", "content", "citizen"}
