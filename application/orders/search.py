"""Finds orders within a person's permission, and notes each search."""

from typing import Annotated, Final, NamedTuple, Protocol

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from adapters.auth.tokens import Identity
from adapters.database.orders.orders import ListedOrder, OrderFilter, Orders
from adapters.database.paging import Page
from application.audit import acts
from application.audit.acts import ActNeeds, Origin
from application.input_types import MAX_PAGE, Name, Slug
from application.orders.actor import reader_of
from application.orders.visibility import is_shielded_from, unit_limit
from domain.access.acts import Deed
from domain.labels import label
from domain.privacy import Personal, needs, works_with_citizens
from domain.refusal import Code, Refused
from domain.words import Category, Light, Stage

PAGE: Final = 50
"""Orders on a page by default."""


class OrderQuery(BaseModel):
    """The filters of a list of orders. They stand in an address, so none is personal data.

    Closed to other names: a filter that we passed over would look as if everything were what was asked for.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    stage: Stage | None = None
    unit: Slug | None = None
    light: Light | None = None
    regime: Slug | None = None
    category: Category | None = None
    grade: Slug | None = None
    overdue: bool | None = None
    city_no: Annotated[str, StringConstraints(pattern=r"^[^\x00-\x1f\x7f]{1,100}$")] | None = Field(
        None, description="市平台编号"
    )
    cursor: Name | None = Field(None, description="上一页的 next")
    limit: int = Field(PAGE, ge=1, le=MAX_PAGE, description="每页至多几项")


class FoundOrder(NamedTuple):
    """A row of the list; `nameless`: the person reads it without the citizen's name and address."""

    order: ListedOrder
    nameless: bool


class SearchNeeds(ActNeeds, Protocol):
    """Needed to find orders."""

    orders: Orders


async def find_orders(
    services: SearchNeeds, origin: Origin, user: Identity, wanted: OrderQuery, phone: str | None = None
) -> Page[FoundOrder]:
    """The matching orders that the person may see; `phone`, however it is written, limits them to one citizen's.

    Raises Refused(not_permitted) if their work does not need the telephone number, and BadCursor.
    """
    own = unit_limit(user, "find_orders")
    if phone is not None and not needs(user.role, Personal.PHONE):
        # Without this, masked digits could be found by trying them all.
        raise Refused(Code.NOT_PERMITTED, f"{label(user.role)}办理工单不需要诉求人的电话", "NA-06")
    of_others = own is not None and wanted.unit not in (None, own)
    if of_others or (user.regime and wanted.regime not in (None, user.regime)):
        return Page((), None)
    narrow = OrderFilter(
        regime=user.regime or wanted.regime,
        stage=wanted.stage,
        unit=wanted.unit if own is None else own,
        light=wanted.light,
        category=wanted.category,
        grade=wanted.grade,
        overdue=wanted.overdue,
        phone=phone,
        city_no=wanted.city_no,
        reader=reader_of(user),
        not_against=user.unit if user.of_unit else None,
    )
    page = await services.orders.list(narrow, cursor=wanted.cursor, limit=wanted.limit)
    asked = {"count": len(page.items), "by_phone": phone is not None}
    await acts.note(services, origin, user, Deed.ORDERS_LISTED, data=asked)
    out = not works_with_citizens(user.role)
    return Page(tuple(FoundOrder(row, out or is_shielded_from(user, row)) for row in page.items), page.next)
