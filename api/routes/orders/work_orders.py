"""Routes about orders: opening, finding, reading."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import IdempotentRoute, request_key
from api.problems import answers
from api.schemas.base import PageOut
from api.schemas.orders import Opened, OrderDetail, OrderSummary, ProposalOut, summaries
from application.audit import acts
from application.orders import search
from application.orders.actor import actor_of
from application.orders.intake import OrderRequest, initial_state, open_order
from application.orders.search import OrderQuery
from application.orders.visibility import is_shielded_from, is_within_reach, visible
from domain.access.acts import Deed
from domain.order.projection import project
from domain.order.read_model import DeadlineView
from domain.order.unit_proposal import propose
from domain.privacy import works_with_citizens
from domain.refusal import Code, Refused
from domain.words import CITY_SOURCE, Role

router = APIRouter(prefix="/work-orders", tags=["工单"], route_class=IdempotentRoute)


@router.post("", status_code=201, responses=answers(400, 401, 403, 409, 413, 422))
async def take_in(
    body: OrderRequest, request: Request, response: Response, services: ServicesDep, user: User
) -> Opened:
    """受理诉求，生成工单。"""
    if not is_within_reach(user, "take_in", body.regime):
        raise Refused(Code.NOT_PERMITTED, "只能受理本地区的诉求")
    if user.role is Role.CITY_PLATFORM:
        body = body.model_copy(update={"source": CITY_SOURCE})
    no = await open_order(services, body, by=actor_of(user), intake_key=request_key(request))
    response.headers["Location"] = f"{request.url.path}/{no}"
    return Opened(no=no)


@router.get("", responses=answers(401, 403, 422))
async def find(
    wanted: Annotated[OrderQuery, Query()], origin: OriginDep, services: ServicesDep, user: User
) -> PageOut[OrderSummary]:
    """工单列表：优先级高者在前，同级按到期先后。单位人员只看到本单位的工单。

    诉求人的电话不写在网址里：按电话查找用 POST /work-orders/lookup。没有的查询项不会被忽略，答以 422。
    """
    return summaries(await search.find_orders(services, origin, user, wanted))


@router.get("/{no}", responses=answers(401, 403, 404, 422))
async def look_at(no: str, origin: OriginDep, services: ServicesDep, user: User) -> OrderDetail:
    """一张工单。诉求人信息脱敏，原文须说明理由另行查看（unmask）；对被反映单位全部隐去。

    工作与诉求人无关的人员，所看到的标题和内容中也隐去姓名和号码。
    """
    order, view = await visible(services, user, no)
    await acts.note(services, origin, user, Deed.ORDER_READ, order_no=no, regime=order.regime, data={"revealed": False})
    if view is None:
        rules = await services.rules(order.regime, order.policy_hash)
        view = project(initial_state(services, rules, order))
    nameless = not works_with_citizens(user.role)
    return OrderDetail.of_order(order, view, nameless=nameless, shielded=is_shielded_from(user, order))


@router.get("/{no}/timeline", responses=answers(401, 404, 422))
async def timeline(no: str, origin: OriginDep, services: ServicesDep, user: User) -> list[dict[str, Any]]:
    """工单经过：{seq, at, event, actor, …} 的列表，含被拒绝的操作。"""
    order, _ = await visible(services, user, no)
    await acts.note(services, origin, user, Deed.ORDER_READ, order_no=no, regime=order.regime)
    return await services.trail.timeline(no)


@router.get("/{no}/deadlines", responses=answers(401, 404, 422))
async def deadlines(no: str, services: ServicesDep, user: User) -> tuple[DeadlineView, ...]:
    """工单的各项时限，每项附计算依据。"""
    _, view = await visible(services, user, no)
    return view.deadlines if view else ()


@router.get("/{no}/proposal", responses=answers(401, 404, 422))
async def proposal(no: str, services: ServicesDep, user: User) -> ProposalOut:
    """按本地派单规则建议的承办单位；unit 为空时由县领导指定。"""
    order, view = await visible(services, user, no)
    rules = await services.rules(order.regime, view.policy_hash if view else order.policy_hash)
    units = await services.catalogue.units(realm=order.realm, regime=order.regime)
    return ProposalOut(units=tuple(propose(rules.ladder.steps, units, area=order.area, matter=order.matter)))
