"""Routes of the callback staff's queues: citizens to call back, call tasks, and received texts."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query, Request

from adapters.database.access.confidentiality import Reader
from adapters.database.telephone.call_tasks import TelephoneTask
from adapters.database.telephone.inbound_messages import Inbound
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep, origin_of
from api.idempotency import IdempotentRoute
from api.problems import Hidden, ProblemError, answers
from api.schemas.base import PageOut, Paging
from api.schemas.telephone import CallbackOut, CallTaskOut, InboundOut
from application.audit import acts
from application.input_types import InputModel, LongText
from application.orders.actor import reader_of
from application.orders.personal_data import record_phone_readings
from application.orders.visibility import is_within_reach
from application.services import Services
from domain.access.acts import Deed
from domain.access.masking import masked_phone
from domain.citizen.survey import Fate
from domain.order.records import StoredCitizen
from domain.permissions import require
from domain.privacy import Occasion, works_with_citizens
from domain.words import UNIT_ROLES

router = APIRouter(tags=["短信与电话"], route_class=IdempotentRoute)


@dataclass(frozen=True)
class QueueRequest:
    """A request for a page of a queue, with whole numbers if `reveal`.

    Raises Refused(not_permitted) if the caller may not read them.
    """

    request: Request
    services: ServicesDep
    user: User
    paging: Paging
    reveal: Annotated[bool, Query(description="显示完整号码，并留下记录")] = False

    def __post_init__(self) -> None:
        if self.reveal:
            require("see_citizen", self.user.role)

    @property
    def reader(self) -> Reader:
        """The caller as a reader of orders."""
        return reader_of(self.user)

    def shown(self, phone: str | None) -> str | None:
        """A telephone number, masked unless `reveal`."""
        return phone if phone is None or self.reveal else masked_phone(phone)


AtQueue = Annotated[QueueRequest, Depends()]


class Done(InputModel):
    """What came of telephoning."""

    note: LongText | None = None


@router.get("/callbacks", responses=answers(401, 403, 422))
async def callbacks(look: AtQueue) -> PageOut[CallbackOut]:
    """待人工回访的诉求人：优先级高者在前，同级先到先办。号码默认脱敏。"""
    services, user = look.services, look.user
    page = await services.callbacks.waiting(
        regime=user.regime, reader=look.reader, cursor=look.paging.cursor, limit=look.paging.limit
    )
    parties = [row.party for row in page.items]
    phones = await services.citizens.phones(parties, look.reader)
    if look.reveal:
        await record_phone_readings(services, user, phones, Occasion.CALLBACK)
    await acts.note_list(services, origin_of(look.request), user, Deed.CALLBACKS_READ, parties, revealed=look.reveal)
    items = tuple(CallbackOut.of(row, look.shown(phones.get(row.party))) for row in page.items)
    return PageOut(items=items, next=page.next)


@router.get("/call-tasks", responses=answers(401, 403, 422))
async def call_tasks(look: AtQueue) -> PageOut[CallTaskOut]:
    """短信未能送达、需要打电话告知的人，先来者在前。号码默认脱敏。"""
    services, user = look.services, look.user
    page = await services.call_tasks.waiting(
        regime=user.regime, reader=look.reader, cursor=look.paging.cursor, limit=look.paging.limit
    )
    phones = await services.citizens.phones([row.party for row in page.items if row.party], look.reader)
    numbers = [row.party or row.order_no for row in page.items]
    await acts.note_list(services, origin_of(look.request), user, Deed.CALL_TASKS_READ, numbers, revealed=look.reveal)
    items = []
    if look.reveal:
        await record_phone_readings(services, user, phones, Occasion.CALL_TASK)
    for row in page.items:
        phone = phones.get(row.party) if row.party else await _contact(services, row)
        items.append(CallTaskOut.of(row, look.shown(phone)))
    return PageOut(items=tuple(items), next=page.next)


@router.post("/call-tasks/{key}/done", responses=answers(400, 401, 403, 404, 409, 413, 422))
async def done(key: str, services: ServicesDep, user: User, body: Done | None = None) -> CallTaskOut:
    """已打电话告知。以先办结的人为准，重复提交不改变。"""
    task = await services.call_tasks.get(key) if key.isprintable() else None
    if task is None or task.realm or not is_within_reach(user, "finish_call_task", task.regime):
        raise ProblemError(404, "没有这一项电话任务")
    if not await services.viewers.may_see(task.order_no, reader_of(user)):
        raise Hidden("没有这一项电话任务", task.order_no)
    finished = await services.call_tasks.done(key, user.sub, body.note if body else None)
    return CallTaskOut.of(finished or task)


@router.get("/inbound-messages", responses=answers(401, 403, 422))
async def inbound_messages(
    origin: OriginDep,
    services: ServicesDep,
    user: User,
    paging: Paging,
    state: Annotated[Fate | Literal["received"] | None, Query(description="短信的结果；不填为全部")] = None,
) -> PageOut[InboundOut]:
    """诉求人发来的短信及其结果，先来者在前；没有对应工单的短信各地都可见。"""
    page = await services.inbound.in_state(
        state, regime=user.regime, reader=reader_of(user), cursor=paging.cursor, limit=paging.limit
    )
    numbers = [row.order_no for row in page.items if row.order_no]
    await acts.note_list(services, origin, user, Deed.INBOUND_READ, numbers, revealed=True)
    if works_with_citizens(user.role):
        return PageOut(items=tuple(map(InboundOut.of, page.items)), next=page.next)
    known = await _citizens(services, page.items)
    items = (InboundOut.of(row, leave_out=known.get(_number(row) or "", StoredCitizen())) for row in page.items)
    return PageOut(items=tuple(items), next=page.next)


def _number(row: Inbound) -> str | None:
    return row.party or row.order_no


async def _citizens(services: Services, rows: Iterable[Inbound]) -> dict[str, StoredCitizen]:
    """The citizens to leave out of each order's texts."""
    numbers = {no for row in rows if (no := _number(row)) is not None}
    orders = [await services.orders.get(no) for no in numbers]
    return {order.no: order.citizen for order in orders if order is not None}


async def _contact(services: Services, task: TelephoneTask) -> str | None:
    """The telephone number of the contact that the notice was for."""
    unit = task.unit if task.to_role in UNIT_ROLES else None
    contact = await services.catalogue.contact(task.to_role, regime=task.regime, unit=unit, realm=task.realm)
    return contact.phone if contact else None
