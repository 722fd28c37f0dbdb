"""Routes about a citizen's data: reading it in full with a reason, and the unit it is hidden from (HK-17, NA-06)."""

from typing import Annotated

from fastapi import APIRouter
from pydantic import Field

from adapters.database.access.confidentiality import Entry
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import ReadOnlyRoute
from api.problems import answers
from api.schemas.orders import ComplainedOf, Unmasked
from application.audit import acts
from application.input_types import InputModel, LongText, Name
from application.orders import workflow_calls
from application.orders.intake import require_unit
from application.orders.personal_data import unmask
from application.orders.visibility import visible
from domain.access.acts import Deed
from domain.privacy import Personal

router = APIRouter(prefix="/work-orders/{no}", tags=["诉求人信息"], route_class=ReadOnlyRoute)


class Reading(InputModel):
    """Why somebody needs to read which of a citizen's data in full."""

    reason: Annotated[LongText, Field(min_length=1)]
    fields: tuple[Personal, ...] = Field(min_length=1, max_length=20)


class Against(InputModel):
    """A unit of the dispatch catalogue, null for none."""

    unit: Name | None


@router.post("/unmask", responses=answers(400, 401, 403, 404, 413, 422))
async def read(no: str, body: Reading, origin: OriginDep, services: ServicesDep, user: User) -> Unmasked:
    """查看诉求人信息原文，须说明理由；谁、何时、看了什么记入工单经过。被反映单位和工作上不需要的人员不得查看。"""
    order, view = await visible(services, user, no)
    known = await unmask(services, user, order, view, sorted(set(body.fields)), body.reason)
    said = {"order_no": no, "regime": order.regime, "data": {"revealed": True}}
    await acts.note(services, origin, user, Deed.ORDER_READ, **said)
    return Unmasked(no=no, citizen=known)


@router.put("/complained-of", responses=answers(400, 401, 403, 404, 413, 422))
async def name_unit(no: str, body: Against, services: ServicesDep, user: User) -> ComplainedOf:
    """标明被反映单位，记入工单经过；该单位人员从此看不到诉求人信息及其提交的材料。"""
    order, _ = await visible(services, user, no)
    if body.unit is not None:
        await require_unit(services, order.realm, order.regime, body.unit)
    entry = Entry(user.sub, user.role, await workflow_calls.clock(services, order))
    await services.personal_data.set_complained_of(no, body.unit, entry)
    return ComplainedOf(no=no, complained_of=body.unit)
