"""What the decider is told by the shell and by those who run it: alarms, what became of effects, rules to adopt.

These are never refused: what does not fit any more changes nothing.
"""

from typing import Any, Literal

from domain.calendar.business_calendar import CalendarDays
from domain.order.commands import Identifier
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused, quoted
from domain.words import Frozen, Role


class OpenOrder(Frozen):
    """The first command of a life: the facts are in the order already."""

    by: Role = Role.AGENT
    person: str = ""


class Ring(Frozen):
    """An alarm of `domain.order.agenda` has come due."""

    clock: str
    what: Literal["warn", "due"]


class ReportNotice(Frozen):
    """What became of a notice."""

    notice: str
    sent: bool
    reason: str = ""


class ReportUndelivered(Frozen):
    """A notice that the provider had taken was not delivered: a signal. `attempt` counts how often from 1."""

    notice: str = ""
    reason: Identifier = "undelivered"
    attempt: int = 1


class ReportCall(Frozen):
    """An automatic call could not be made; `faultless` when that says nothing about the number."""

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
    """How many orders of a unit are overdue: at the end of its list without a break, and in total (HJ-18)."""

    unit: str
    in_a_row: int
    in_total: int


class AdoptPolicy(Frozen):
    """Move this order to another rule book; clocks that run keep their limits."""

    policy: Regime
    policy_hash: str
    person: str = ""


class AdoptCalendar(Frozen):
    """A calendar has become official or was corrected; open due moments are reckoned again."""

    calendar: CalendarDays


class IgnoreSignal(Frozen):
    """A signal that is not heard, and why. `approval` and `decision`: what it said, as far as that is repeated."""

    signal: str
    code: Code
    reason: str
    approval: str = ""
    decision: str = ""


def ignored_signal(signal: str, body: Any, refused: Refused) -> IgnoreSignal:
    """What is noted of a signal whose body may hold anything."""
    said = body if isinstance(body, dict) else {}
    approval, decision = (repeatable(said.get(name)) for name in ("approval", "decision"))
    return IgnoreSignal(signal=signal, code=refused.code, reason=refused.reason, approval=approval, decision=decision)


def repeatable(said: object) -> str:
    """What a signal said, as the trail may keep it: an identifier, and of anything else only that it was there."""
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
