"""Validates commands and decisions, and sends them to the order's workflow."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime
from typing import Any, NamedTuple, Protocol
from uuid import uuid4

from pydantic import ValidationError

from adapters.database.access.confidentiality import Reader, Viewers
from adapters.database.audit.trail import Trail
from adapters.database.orders.orders import Orders
from application.evidence.claims import ClaimNeeds, claimed_attachments
from application.input_types import as_moment, refusal_of, validated
from application.orders import workflow_calls
from application.orders.actor import Actor
from application.orders.command_bodies import COMMAND_BODIES
from application.orders.intake import RuleBookNeeds, StartNeeds, UnitNeeds
from application.orders.texts import CommentNeeds, TextNeeds, keep_reply, stored_comment, stored_texts
from domain.calendar.business_calendar import BusinessCalendar, compiled
from domain.order.commands import COMMANDS, Command, Dispatch, Join, Merge
from domain.order.records import StoredOrder
from domain.permissions import require
from domain.refusal import Code, Refused, quoted
from domain.words import Stage
from workflows.messages import Accepted

DECIDE = "decide"


class OrderNeeds(Protocol):
    """Needed to read an order."""

    orders: Orders


class FindOrderNeeds(OrderNeeds, Protocol):
    """Needed to read an order if it is open to the reader."""

    viewers: Viewers


class CommandNeeds(FindOrderNeeds, StartNeeds, UnitNeeds, ClaimNeeds, TextNeeds, Protocol):
    """Needed to carry out a command."""

    trail: Trail


class DecisionNeeds(workflow_calls.SignalNeeds, UnitNeeds, CommentNeeds, Protocol):
    """Needed to send a decision."""


class CommandRequest(NamedTuple):
    """A command and its body in JSON; a repetition under the same `id` is the same request, without one it is new."""

    do: str
    body: dict[str, Any]
    by: Actor
    id: str = ""


class DecisionRequest(NamedTuple):
    """The one answer to an approval; `until` is the limit that is granted, `proposed_unit` the unit to dispatch to."""

    approval: str
    decision: str
    by: Actor
    comment: str | None = None
    until: str | date | None = None
    proposed_unit: str | None = None


async def carry_out_command(
    services: CommandNeeds, no: str, request: CommandRequest, clock: Callable[[], Awaitable[datetime]] | None = None
) -> Accepted:
    """Carry out a command; under one request id once, with the same answer.

    `clock` returns the order's time, where the caller has a better one than the order's workflow.
    Raises Refused after writing the refusal on the order's trail, and what `workflow_calls.update` raises.
    """
    order = await _stored(services, no)
    do, by = request.do, request.by
    try:
        return await _carry_out(services, order, request._replace(id=request.id or str(uuid4())))
    except Refused as refused:
        if isinstance(refused, workflow_calls.RefusedByWorkflow):
            at = refused.at
        else:
            at = await (clock() if clock is not None else workflow_calls.clock(services, order))
        said = (refused.code, refused.reason, refused.clause)
        await services.trail.refused(no, at, by.role, do[:60], *said, person=by.person)
        raise


async def send_decision(services: DecisionNeeds, no: str, answer: DecisionRequest) -> None:
    """Send the one answer to an approval. Its result is in the timeline, also when it is ignored.

    Raises Refused: `unknown_order`, `unknown_unit`, `wrong_stage` for an order whose life has ended, and
    `invalid` for a moment that is none; and RPCError. A second answer is written down as ignored.
    """
    order = await _stored(services, no)
    if answer.proposed_unit is not None:
        await _require_units(services, order, [answer.proposed_unit])
    moment = as_moment(answer.until, calendar_of(services))
    comment = await stored_comment(services, order, answer.comment) if answer.comment else None
    body = {
        "approval": answer.approval,
        "decision": answer.decision,
        "as": answer.by.role.value,
        "person": answer.by.person,
        "unit": answer.by.unit,
        "until": moment.isoformat() if moment else None,
        "proposed_unit": answer.proposed_unit,
        "comment": comment.model_dump(mode="json") if comment is not None else None,
    }
    await workflow_calls.signal(services, order, DECIDE, body, by=answer.by)


async def find_order(services: FindOrderNeeds, no: str, reader: Reader | None) -> StoredOrder:
    """The order under a number, if it is open to the reader. Raises Refused(unknown_order)."""
    order = await _stored(services, no)
    if order.confidential and not await services.viewers.may_see(no, reader):
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {quoted(no)} 的工单")
    return order


async def _stored(services: OrderNeeds, no: str) -> StoredOrder:
    order = await services.orders.get(no) if no.isprintable() else None
    if order is None:
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {quoted(no)} 的工单")
    return order


def calendar_of(services: RuleBookNeeds) -> BusinessCalendar:
    """The calendar with the close of business of each day."""
    return compiled(services.rule_books.calendar)


async def _carry_out(services: CommandNeeds, order: StoredOrder, request: CommandRequest) -> Accepted:
    kind = COMMANDS.get(request.do)
    if kind is None:
        raise Refused(Code.INVALID, f"没有名为“{quoted(request.do)}”的操作")
    require(request.do, request.by.role)  # refused before anything of it is stored
    said = validated(COMMAND_BODIES[request.do], request.body, calendar_of(services))
    fields = {name: getattr(said, name) for name in said.model_fields_set}
    if kind is Dispatch and "units" in fields:
        fields["units"] = [addressee.model_dump() for addressee in fields["units"]]
        await _require_units(services, order, [addressee["unit"] for addressee in fields["units"]])
    if fields.get("precedent") is not None:
        await _require_precedent(services, order, fields, request.by.reader)
    if fields.get("proposed_unit") is not None:
        await _require_units(services, order, [fields["proposed_unit"]])
    if kind is Join:
        await _neighbour(services, order, fields["order"], request.by.reader)
    async with claimed_attachments(services, order, request.do, fields, request.by.person):
        records = await stored_texts(services, order, request.do, fields)
        try:
            command = kind(by=request.by.role, person=request.by.person, **(fields | records))
        except ValidationError as invalid:  # the core may be stricter than the body
            raise refusal_of(invalid) from None
        if isinstance(command, Merge):
            await _join(services, order, command, request)
        accepted = await workflow_calls.update(services, order, command, request.id)
    await keep_reply(services, order, request.do, fields)
    return accepted


async def _require_units(services: UnitNeeds, order: StoredOrder, names: list[str]) -> None:
    known = {unit.id for unit in await services.catalogue.units(realm=order.realm, regime=order.regime)}
    if unknown := [name for name in names if name not in known]:
        raise Refused(Code.UNKNOWN_UNIT, f"派单目录中没有单位：{'、'.join(map(quoted, unknown))}")


async def _require_precedent(
    services: FindOrderNeeds, order: StoredOrder, dispatch: Mapping[str, Any], reader: Reader | None
) -> None:
    """Check that the precedent exists and was dispatched to these units (RG-17)."""
    precedent = await find_order(services, dispatch["precedent"], reader)
    view = await services.orders.view(precedent.no)
    if precedent.realm != order.realm or precedent.regime != order.regime or view is None:
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {precedent.no} 的工单", "RG-17")
    if strange := [addressee["unit"] for addressee in dispatch.get("units", ()) if addressee["unit"] not in view.units]:
        raise Refused(Code.INVALID, f"先例工单 {precedent.no} 并未交由 {'、'.join(map(quoted, strange))} 办理", "RG-17")


async def _join(services: CommandNeeds, order: StoredOrder, merge: Merge, request: CommandRequest) -> None:
    """Join this order's parties to the target before this order ends (NA-01).

    Nothing is joined for an order that cannot be merged: the command itself is refused with the reason.
    """
    target = await _neighbour(services, order, merge.into, request.by.reader)
    state = await workflow_calls.snapshot(services, order.no)
    if state is None or state.order.stage is not Stage.INTAKE or target.no == order.no:
        return
    for party in state.order.parties:
        join: Command = Join(by=request.by.role, person=request.by.person, order=party)
        try:
            await workflow_calls.update(services, target, join, f"{request.id}-{party}")
        except Refused as refused:
            if refused.code is not Code.ALREADY_DONE:
                raise Refused(refused.code, f"目标工单：{refused.reason}", refused.clause) from None


async def _neighbour(services: FindOrderNeeds, order: StoredOrder, no: str, reader: Reader | None) -> StoredOrder:
    """The other order of a merger, in the same realm and county (NA-01)."""
    other = await find_order(services, no, reader)
    if other.realm != order.realm:
        raise Refused(Code.UNKNOWN_ORDER, f"没有编号为 {quoted(no)} 的工单")
    if other.regime != order.regime:
        raise Refused(Code.INVALID, "只能并入同一地区的工单", "NA-01")
    if order.confidential or other.confidential:
        raise Refused(Code.NOT_ALLOWED, "保密工单不与其他工单合并", "NA-07")
    if order.complained_of != other.complained_of:
        raise Refused(Code.NOT_ALLOWED, "被反映单位不同的工单不能合并", "HK-17")
    return other
