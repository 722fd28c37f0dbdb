"""Finds orders by telephone number, which must not be in an address: proxies and browsers store those."""

from fastapi import APIRouter
from pydantic import Field

from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import ReadOnlyRoute
from api.problems import answers
from api.schemas.base import PageOut
from api.schemas.orders import OrderSummary, summaries
from application.input_types import MAX_PAGE, InputModel, Phone
from application.orders import search

router = APIRouter(prefix="/work-orders", tags=["工单"], route_class=ReadOnlyRoute)


class Lookup(InputModel):
    """Whose orders are looked for, by their telephone however it is written; `cursor` and `limit` as of lists."""

    phone: Phone
    cursor: str | None = None
    limit: int = Field(default=search.PAGE, ge=1, le=MAX_PAGE)


@router.post("/lookup", responses=answers(400, 401, 403, 413, 422))
async def by_phone(body: Lookup, origin: OriginDep, services: ServicesDep, user: User) -> PageOut[OrderSummary]:
    """按诉求人电话查找工单。与列表相同，只是电话不写在网址里，不会留在沿途的访问日志中。"""
    wanted = search.OrderQuery.model_construct(cursor=body.cursor, limit=body.limit)
    return summaries(await search.find_orders(services, origin, user, wanted, phone=body.phone))
