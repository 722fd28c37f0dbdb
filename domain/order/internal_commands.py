"""Internal commands, by the workflow or an administrator: alarms, reports of effects, rules to adopt.

They are never refused: one that no longer fits changes nothing.
"""

from typing import Any, Literal

from domain.calendar.business_calendar import CalendarDays
from domain.order.commands import Identifier
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused, quoted
from domain.words import Frozen, Role


class OpenOrder(Frozen):
    """The first command of an order, whose data the state contains already."""

    by: Role = Role.AGENT
    person: str = ""


class Ring(Frozen):
    """An alarm of `domain.order.agenda` is due."""

    clock: str
    what: Literal["warn", "due"]


class ReportNotice(Frozen):
    """A notice was sent, or not."""

    notice: str
    sent: bool
    reason: str = ""


class ReportUndelivered(Frozen):
    """A signal: a notice that the provider accepted was not delivered. `attempt` counts from 1."""

    notice: str = ""
    reason: Identifier = "undelivered"
    attempt: int = 1


class ReportCall(Frozen):
    """An automatic call could not be made; `faultless` if the number is not the cause."""

    party: str
    round: int
    attempt: int
    reason: str
    faultless: bool = False


class ReportArchived(Frozen):
    """The bundle has been written."""

    bundle: str
    sha256: str


class ReportTally(Frozen):
    """The overdue orders of a unit: without a break up to its latest, and in total (HJ-18)."""

    unit: str
    in_a_row: int
    in_total: int


class AdoptPolicy(Frozen):
    """Move this order to another rule book; clocks that run keep their limits."""

    policy: Regime
    policy_hash: str
    person: str = ""


class AdoptCalendar(Frozen):
    """A calendar has become official or was corrected; open due moments are computed again."""

    calendar: CalendarDays


class IgnoreSignal(Frozen):
    """A signal that is ignored, and why. `approval` and `decision` repeat its content where that is safe."""

    signal: str
    code: Code
    reason: str
    approval: str = ""
    decision: str = ""


def ignored_signal(signal: str, body: Any, refused: Refused) -> IgnoreSignal:
    """The record of a signal with any body."""
    said = body if isinstance(body, dict) else {}
    approval, decision = (safe_to_repeat(said.get(name)) for name in ("approval", "decision"))
    return IgnoreSignal(signal=signal, code=refused.code, reason=refused.reason, approval=approval, decision=decision)


def safe_to_repeat(said: object) -> str:
    """A value of a signal as the trail may keep it: an identifier as it is, anything else masked."""
    return quoted(said) if isinstance(said, str) and said else ""


Internal = (
    OpenOrder
    | Ring
    | ReportNotice
    | ReportUndelivered
    | ReportCall
    | ReportArchived
    | ReportTally
    | AdoptPolicy
    | AdoptCalendar
    | IgnoreSignal
)
