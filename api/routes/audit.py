"""Routes about the installation's audit trail."""

from dataclasses import dataclass
from datetime import date
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query

from adapters.auth.tokens import Identity
from adapters.database.audit.acts import ActFilter
from adapters.database.audit.anchors import Anchors
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.problems import answers
from api.schemas.audit import ActOut, AnchorOut
from api.schemas.base import PageOut, PageRequest, Paging
from application.audit import acts
from application.audit.acts import Origin
from application.input_types import Name
from application.orders.visibility import visible
from application.services import Services
from domain.access.acts import Deed

Day = Annotated[date | None, Query(ge=date(2000, 1, 1), le=date(2999, 12, 31), description="北京时间的日期")]

router = APIRouter(tags=["审计"])


@dataclass(frozen=True)
class ActQuery:
    """A query for acts."""

    person: Annotated[Name | None, Query(description="用户名")] = None
    order: Annotated[Name | None, Query(description="工单编号")] = None
    day: Day = None
    deed: Deed | None = None
    outcome: Literal["done", "refused"] | None = None


@router.get("/audit/acts", responses=answers(401, 403, 422))
async def all_acts(
    origin: OriginDep,
    services: ServicesDep,
    user: User,
    query: Annotated[ActQuery, Depends()],
    paging: Paging,
) -> PageOut[ActOut]:
    """操作台账：谁看了什么、谁登录、谁被拒绝、谁做了管理操作，新者在前。查看本台账也记入其中。"""
    wanted = ActFilter(query.person, query.order, query.day, query.deed, query.outcome, user.regime)
    return await _found(origin, services, user, wanted, paging)


@router.get("/work-orders/{no}/acts", responses=answers(401, 403, 404, 422))
async def of_order(no: str, origin: OriginDep, services: ServicesDep, user: User, paging: Paging) -> PageOut[ActOut]:
    """谁看过这张工单及其附件，谁被拒绝，新者在前。"""
    await visible(services, user, no)
    return await _found(origin, services, user, ActFilter(order_no=no), paging)


@router.get("/audit/anchors", responses=answers(401, 403, 422))
async def anchors(services: ServicesDep, user: User, paging: Paging) -> PageOut[AnchorOut]:
    """每日的锚，新者在前：当日操作台账的链头和各工单台账链头的根，附签名，可以公布。"""
    page = await Anchors(services.database).find(cursor=paging.cursor, limit=paging.limit)
    return PageOut(items=tuple(map(AnchorOut.of, page.items)), next=page.next)


async def _found(
    origin: Origin, services: Services, user: Identity, wanted: ActFilter, paging: PageRequest
) -> PageOut[ActOut]:
    if not all(each is None or each.isprintable() for each in (wanted.person, wanted.order_no)):
        return PageOut(items=())
    page = await services.acts.find(wanted, cursor=paging.cursor, limit=paging.limit)
    seen = {"count": len(page.items), "by_person": wanted.person is not None}
    order_no = wanted.order_no if page.items else None
    await acts.note(services, origin, user, Deed.ACTS_READ, order_no=order_no, data=seen)
    return PageOut(items=tuple(map(ActOut.of, page.items)), next=page.next)
