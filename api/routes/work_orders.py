"""Orders: taking in, finding, looking at."""

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from adapters.database.orders import OrderFilter
from api import acts
from api.idempotent import IdempotentRoute, request_key
from api.identity import ServicesDep, User, narrowed, reader_of, shielded, visible, within
from api.intake import OrderRequest, before_first_event, open_order
from api.problems import answers
from api.shapes import Opened, OrderDetail, OrderSummary, PageOut, ProposalOut
from api.words import Cursor, Limit, Slug
from domain.acts import Deed
from domain.catalogue import propose
from domain.labels import label
from domain.privacy import Personal, needs, reads_of_citizens
from domain.project import project
from domain.refusal import Code, Refused
from domain.view import DeadlineView
from domain.words import CITY_SOURCE, Category, Light, Role, Stage

router = APIRouter(prefix="/work-orders", tags=["工单"], route_class=IdempotentRoute)


@router.post("", status_code=201, responses=answers(400, 401, 403, 409, 413, 422))
async def take_in(
    body: OrderRequest, request: Request, response: Response, services: ServicesDep, user: User
) -> Opened:
    """受理诉求，生成工单。"""
    if not within(user, "take_in", body.regime):
        raise Refused(Code.NOT_PERMITTED, "只能受理本地区的诉求")
    if user.role is Role.CITY_PLATFORM:
        body = body.model_copy(update={"source": CITY_SOURCE})
    no = await open_order(services, body, by=user.role, person=user.sub, intake_key=request_key(request))
    response.headers["Location"] = f"{request.url.path}/{no}"
    return Opened(no=no)


@router.get("", responses=answers(401, 403, 422))
async def find(
    request: Request,
    services: ServicesDep,
    user: User,
    stage: Stage | None = None,
    unit: Slug | None = None,
    light: Light | None = None,
    regime: Slug | None = None,
    category: Category | None = None,
    grade: Slug | None = None,
    overdue: bool | None = None,
    phone: Annotated[str | None, Query(pattern=r"^[+0-9][0-9 ()-]{2,29}$")] = None,
    city_no: Annotated[str | None, Query(pattern=r"^[^\x00-\x1f\x7f]{1,100}$", description="市平台编号")] = None,
    cursor: Cursor = None,
    limit: Limit = 50,
) -> PageOut[OrderSummary]:
    """工单列表：优先级高者在前，同级按到期先后。单位人员只看到本单位的工单。"""
    own = narrowed(user, "find_orders")
    if phone is not None and not needs(user.role, Personal.PHONE):
        # Whoever may not read a number could find it by trying all that its mask leaves.
        raise Refused(Code.NOT_PERMITTED, f"{label(user.role)}办理工单不需要诉求人的电话", "NA-06")
    if (own is not None and unit not in (None, own)) or (user.regime and regime not in (None, user.regime)):
        return PageOut(items=())
    wanted = OrderFilter(
        regime=user.regime or regime,
        stage=stage,
        unit=unit if own is None else own,
        light=light,
        category=category,
        grade=grade,
        overdue=overdue,
        phone=phone,
        city_no=city_no,
        reader=reader_of(user),
        not_against=user.unit if user.of_unit else None,
    )
    page = await services.orders.list(wanted, cursor=cursor, limit=limit)
    asked = {"count": len(page.items), "by_phone": phone is not None}
    await acts.note(request, services, user, Deed.ORDERS_LISTED, data=asked)
    out = not reads_of_citizens(user.role)
    items = (OrderSummary.of(row, nameless=out or shielded(user, row)) for row in page.items)
    return PageOut(items=tuple(items), next=page.next)


@router.get("/{no}", responses=answers(401, 403, 404, 422))
async def look_at(no: str, request: Request, services: ServicesDep, user: User) -> OrderDetail:
    """一张工单。诉求人信息脱敏，原文须说明理由另行查看（unmask）；对被反映单位全部隐去。

    工作与诉求人无关的人员，所看到的标题和内容中也隐去姓名和号码。
    """
    order, view = await visible(services, user, no)
    await acts.note(
        request, services, user, Deed.ORDER_READ, order_no=no, regime=order.regime, data={"revealed": False}
    )
    if view is None:
        rules = await services.rules(order.regime, order.policy_hash)
        view = project(before_first_event(services, rules, order))
    nameless = not reads_of_citizens(user.role)
    return OrderDetail.of_order(order, view, nameless=nameless, shielded=shielded(user, order))


@router.get("/{no}/timeline", responses=answers(401, 404, 422))
async def timeline(no: str, request: Request, services: ServicesDep, user: User) -> list[dict[str, Any]]:
    """工单经过：{seq, at, event, actor, …} 的列表，含被拒绝的操作。"""
    order, _ = await visible(services, user, no)
    await acts.note(request, services, user, Deed.ORDER_READ, order_no=no, regime=order.regime)
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
