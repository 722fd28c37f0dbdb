"""One turn of the decider: a command, carried out event by event on a draft of the order.

A decision (a function of `domain.order.lifecycle`) sees the order as the events already emitted have left it.
"""

from collections.abc import Callable, Iterable
from datetime import datetime

from domain.calendar.business_calendar import CST
from domain.labels import label
from domain.order.events import Event
from domain.order.order import Order
from domain.order.parts import Assignment
from domain.refusal import Code, Refused, quoted
from domain.text import Text
from domain.words import Role, Stage

Evolve = Callable[[Order, Event], Order]


class Turn:
    """A draft of the order and the events that made it. `now` is the order's own clock.

    `evolve` returns the order after an event; the decider passes its own.
    """

    def __init__(self, order: Order, now: datetime, actor: Role, person: str, evolve: Evolve) -> None:
        self._evolve = evolve
        self.order = order
        self.now = now.astimezone(CST)
        self.actor = actor
        self.person = person
        self.asker = person
        """The person who counts as the requester of approvals opened in this turn."""
        self.events: list[Event] = []

    def emit(self, event: Event, *, by_system: bool = False) -> None:
        """Stamp the event, keep it, and apply it to the draft; `by_system` if it is not an act of the actor."""
        actor, person = (Role.SYSTEM, "") if by_system else (self.actor, self.person)
        stamped = event.model_copy(update={"seq": self.order.seq + 1, "at": self.now, "actor": actor, "person": person})
        self.events.append(stamped)
        self.order = self._evolve(self.order, stamped)

    # Preconditions of most decisions

    def require_stage(self, *stages: Stage, clause: str | None = None) -> None:
        """Raise Refused(wrong_stage) unless the order is at one of these stages."""
        if self.order.stage not in stages:
            raise Refused(Code.WRONG_STAGE, f"工单现处于“{label(self.order.stage)}”环节，不能办理此事项", clause)

    def require_open(self) -> None:
        """Raise Refused(wrong_stage) once the order is closed."""
        if self.order.closed:
            raise Refused(Code.WRONG_STAGE, "工单已办结，不能再办理此事项")

    def acting(self, unit: str | None) -> Assignment:
        """The assignment of the acting unit, of the first lead when none is named.

        Raises Refused: `wrong_stage` if the order is not dispatched, `unknown_unit` if it is not assigned to this unit.
        """
        self.require_open()
        if unit is None:
            if not self.order.leads:
                raise Refused(Code.WRONG_STAGE, "工单尚未派出")
            return self.order.leads[0]
        assignment = self.order.assignments.get(unit)
        if assignment is None:
            if not self.order.active:
                raise Refused(Code.WRONG_STAGE, "工单尚未派出")
            raise Refused(Code.UNKNOWN_UNIT, f"单位 {quoted(unit)} 不是本工单的承办单位")
        if not assignment.active:
            raise Refused(Code.WRONG_STAGE, f"单位 {unit} 已不再承办本工单")
        return assignment

    def handling(self, unit: str | None) -> Assignment:
        """The assignment of the acting unit while it handles the order, signed if the regime has a sign-off window.

        Raises Refused(wrong_stage) before sign-off, after the reply, and during a suspension.
        """
        assignment = self.acting(unit)
        if assignment.status == "dispatched" and self.order.regime.sign_off is not None:
            raise Refused(Code.WRONG_STAGE, "请先签收工单", self.order.regime.sign_off.clause)
        if assignment.status not in ("dispatched", "handling"):
            raise Refused(Code.WRONG_STAGE, "本单位已提交答复，正在审核或回访")
        if self.order.paused_since is not None:
            raise Refused(Code.WRONG_STAGE, "工单已挂账，销账后方可继续办理")
        return assignment


def require_text(text: Text | None, field: str, clause: str | None = None) -> Text:
    """The text. Raises Refused(missing_field) when it is absent or blank."""
    if text is None or text.length == 0:
        raise Refused(Code.MISSING_FIELD, f"缺少必填内容：{field}", clause)
    return text


def require_signatures(needed: Iterable[Role], given: Iterable[Role], actor: Role, clause: str | None = None) -> None:
    """Raise Refused(missing_signature) naming the roles whose signature is missing; the actor's own counts."""
    missing = [label(role) for role in needed if role not in given and role is not actor]
    if missing:
        raise Refused(Code.MISSING_SIGNATURE, f"缺少签字：{'、'.join(missing)}", clause)


def require_attachments(given: tuple[str, ...], at_least: int, clause: str | None = None) -> None:
    """Raise Refused(missing_attachment) for too few attachments; one named twice counts once."""
    if len(set(given)) < at_least:
        raise Refused(Code.MISSING_ATTACHMENT, f"至少需要 {at_least} 份附件", clause)
