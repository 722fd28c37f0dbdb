"""Routes about the viewers of a confidential order (NA-07); each change is on the order's trail."""

from fastapi import APIRouter

from adapters.auth.tokens import Identity
from adapters.database.access.confidentiality import Entry
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import IdempotentRoute
from api.problems import answers
from api.schemas.orders import ViewersOut
from application.audit import acts
from application.input_types import InputModel, Name
from application.orders import workflow_calls
from application.orders.intake import require_users
from application.orders.visibility import visible
from application.services import Services
from domain.access.acts import Deed
from domain.order.records import StoredOrder
from domain.permissions import require
from domain.refusal import Code, Refused

router = APIRouter(prefix="/work-orders/{no}/viewers", tags=["保密"], route_class=IdempotentRoute)


class Viewer(InputModel):
    """A user by name."""

    username: Name


@router.get("", responses=answers(401, 403, 404, 422))
async def who(no: str, origin: OriginDep, services: ServicesDep, user: User) -> ViewersOut:
    """保密工单的可见人。"""
    order = await _confidential(services, user, no)
    await acts.note(services, origin, user, Deed.VIEWERS_READ, order_no=no, regime=order.regime)
    return await _viewers_of(services, order)


@router.post("", responses=answers(400, 401, 403, 404, 409, 413, 422))
async def add(no: str, body: Viewer, origin: OriginDep, services: ServicesDep, user: User) -> ViewersOut:
    """增加可见人，记入台账；已在其中的不重复记录。"""
    order = await _confidential(services, user, no)
    await require_users(services, order.regime, [body.username])
    await acts.note(services, origin, user, Deed.VIEWER_ADDED, order_no=no, about=body.username, regime=order.regime)
    await services.viewers.add(
        no, body.username, Entry(user.sub, user.role, await workflow_calls.clock(services, order))
    )
    return await _viewers_of(services, order)


@router.delete("/{username:path}", responses=answers(401, 403, 404, 422))
async def remove(no: str, username: str, origin: OriginDep, services: ServicesDep, user: User) -> ViewersOut:
    """取消可见人，记入台账；不在其中的不记录。"""
    order = await _confidential(services, user, no)
    await acts.note(services, origin, user, Deed.VIEWER_REMOVED, order_no=no, about=username, regime=order.regime)
    if username.isprintable():
        await services.viewers.remove(
            no, username, Entry(user.sub, user.role, await workflow_calls.clock(services, order))
        )
    return await _viewers_of(services, order)


async def _confidential(services: Services, user: Identity, no: str) -> StoredOrder:
    """The order, if it is confidential. Raises Refused."""
    order, _ = await visible(services, user, no)
    require("name_viewers", user.role)
    if not order.confidential:
        raise Refused(Code.NOT_ALLOWED, "工单不是保密工单，不指定可见人", "NA-07")
    return order


async def _viewers_of(services: Services, order: StoredOrder) -> ViewersOut:
    return ViewersOut(no=order.no, taken_by=order.taken_by, viewers=tuple(await services.viewers.named(order.no)))
