"""Finding orders by what must not stand in an address, where proxies and browsers keep it: a telephone number."""

from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import Field, StringConstraints

from api.idempotent import LookingRoute
from api.identity import ServicesDep, User
from api.problems import answers
from api.routes.work_orders import find
from api.shapes import OrderSummary, PageOut
from api.words import Wire

router = APIRouter(prefix="/work-orders", tags=["工单"], route_class=LookingRoute)


class Lookup(Wire):
    """Whose orders are looked for, by their telephone however it is written; `cursor` and `limit` as of lists."""

    phone: Annotated[str, StringConstraints(pattern=r"^[+0-9][0-9 ()-]{2,29}$")]
    cursor: str | None = None
    limit: int = Field(default=50, ge=1, le=200)


@router.post("/lookup", responses=answers(400, 401, 403, 413, 422))
async def by_phone(body: Lookup, request: Request, services: ServicesDep, user: User) -> PageOut[OrderSummary]:
    """按诉求人电话查找工单。与列表相同，只是电话不写在网址里，不会留在沿途的访问日志中。"""
    return await find(request, services, user, phone=body.phone, cursor=body.cursor, limit=body.limit)
