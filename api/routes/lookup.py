"""Finding orders by what must not stand in an address, where proxies and browsers keep it: a telephone number."""

from fastapi import APIRouter, Request
from pydantic import Field

from api import finding
from api.idempotent import LookingRoute
from api.identity import ServicesDep, User
from api.problems import answers
from api.shapes import OrderSummary, PageOut
from api.words import MAX_PAGE, Phone, Wire

router = APIRouter(prefix="/work-orders", tags=["工单"], route_class=LookingRoute)


class Lookup(Wire):
    """Whose orders are looked for, by their telephone however it is written; `cursor` and `limit` as of lists."""

    phone: Phone
    cursor: str | None = None
    limit: int = Field(default=finding.PAGE, ge=1, le=MAX_PAGE)


@router.post("/lookup", responses=answers(400, 401, 403, 413, 422))
async def by_phone(body: Lookup, request: Request, services: ServicesDep, user: User) -> PageOut[OrderSummary]:
    """按诉求人电话查找工单。与列表相同，只是电话不写在网址里，不会留在沿途的访问日志中。"""
    wanted = finding.Wanted.model_construct(cursor=body.cursor, limit=body.limit)
    return await finding.find(request, services, user, wanted, phone=body.phone)
