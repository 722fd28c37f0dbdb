"""Calls to the workflow of an order, and its refusals."""

from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Any, Protocol, TypeVar

from temporalio.client import (
    Client,
    WorkflowHandle,
    WorkflowQueryFailedError,
    WorkflowQueryRejectedError,
    WorkflowUpdateFailedError,
)
from temporalio.exceptions import ApplicationError
from temporalio.service import RPCError, RPCStatusCode

from adapters.auth.signal_proofs import Proofs
from application.orders.actor import Actor
from application.orders.intake import StartNeeds, start
from domain.access.signal_proof import FIELD
from domain.calendar.business_calendar import CST
from domain.order.commands import Command
from domain.order.records import StoredOrder
from domain.refusal import Code, Refused
from workflows.ids import work_order_id
from workflows.messages import Accepted, OrderSnapshot, Refusal

T = TypeVar("T")

UPDATE = timedelta(seconds=20)
CALL = timedelta(seconds=5)


class QueryNeeds(Protocol):
    """Needed to query the workflow of an order."""

    client: Client


class SignalNeeds(StartNeeds, Protocol):
    """Needed to signal the workflow of an order."""

    proofs: Proofs


class RefusedByWorkflow(Refused):
    """A refusal by the order's workflow, `at` a moment of its own clock."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(Code(refusal.code), refusal.reason, refusal.clause)
        self.at = datetime.fromisoformat(refusal.at)


async def update(services: StartNeeds, order: StoredOrder, command: Command, request_id: str) -> Accepted:
    """Send a command as an update; under one `request_id` it is carried out once and answered alike.

    Raises Refused; RPCError or WorkflowUpdateRPCTimeoutOrCancelledError when no answer came within `UPDATE`,
    after which its result is unknown: repeat it under the same id.
    """

    async def call(handle: WorkflowHandle[Any, Any]) -> Accepted:
        accepted: Accepted = await handle.execute_update(
            command.do, command, id=request_id, result_type=Accepted, rpc_timeout=UPDATE
        )
        return accepted

    try:
        return await _call(services, order, call)
    except WorkflowUpdateFailedError as failed:
        cause = failed.cause
        if isinstance(cause, ApplicationError) and cause.type in set(Code) and cause.details:
            raise RefusedByWorkflow(Refusal.model_validate(cause.details[0])) from None
        raise


async def signal(services: SignalNeeds, order: StoredOrder, name: str, body: dict[str, Any], *, by: Actor) -> None:
    """Send a signal to the order, with a proof of its sender. `body` is JSON.

    Timeout: `CALL` a try. Retries: the client's own, of one request to the server; a signal that is sent again counts
    as another one, a repetition. Raises Refused(wrong_stage) once the order has ended, and RPCError.
    """
    proven = body | {FIELD: services.proofs.sign(order.no, name, body, by=by.role, person=by.person)}

    async def call(handle: WorkflowHandle[Any, Any]) -> None:
        await handle.signal(name, proven, rpc_timeout=CALL)

    await _call(services, order, call)


async def snapshot(services: QueryNeeds, no: str) -> OrderSnapshot | None:
    """The whole state of an order from its workflow; None if it cannot be queried now."""
    handle = services.client.get_workflow_handle(work_order_id(no))
    try:
        found: OrderSnapshot = await handle.query("snapshot", result_type=OrderSnapshot, rpc_timeout=CALL)
    except (RPCError, WorkflowQueryFailedError, WorkflowQueryRejectedError):
        return None
    return found


async def clock(services: QueryNeeds, order: StoredOrder) -> datetime:
    """The order's time in whole seconds: a rehearsal has a clock of its own."""
    if order.realm and (state := await snapshot(services, order.no)):
        return datetime.fromisoformat(state.at)
    return datetime.now(CST).replace(microsecond=0)


async def _call(
    services: StartNeeds, order: StoredOrder, call: Callable[[WorkflowHandle[Any, Any]], Awaitable[T]]
) -> T:
    """Call the workflow, after starting it if intake could not. Raises Refused(wrong_stage) if it has ended."""
    try:
        return await call(services.client.get_workflow_handle(work_order_id(order.no)))
    except RPCError as error:
        if error.status is not RPCStatusCode.NOT_FOUND:
            raise
    if order.workflow_started:
        raise Refused(Code.WRONG_STAGE, "工单已归档，不能再办理此事项")
    await start(services, order)
    return await _call(services, order.model_copy(update={"workflow_started": True}), call)
