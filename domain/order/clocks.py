"""Clocks: setting a limit with its basis, and computing it again."""

from datetime import datetime

from domain.calendar.durations import Duration
from domain.order.events import DeadlineSet
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.turn import Turn
from domain.words import ClockName

UNIT_CLOCKS = frozenset(
    {
        ClockName.HANDLING,
        ClockName.REWORK,
        ClockName.RESULT,
        ClockName.FIRST_OPINION,
        ClockName.PROGRESS,
        ClockName.ON_SITE,
    }
)
"""Clocks of the unit's own work, which are paused while the order is suspended."""

LIMIT_CLOCKS = frozenset({ClockName.HANDLING, ClockName.REWORK})
"""Clocks that make a unit overdue when they run out."""


def key_of(name: ClockName, subject: str | None) -> str:
    """The key of a clock in an order: its name and its subject (a unit, an approval, a supervision)."""
    return f"{name.value}:{subject}" if subject else name.value


def set_clock(
    turn: Turn,
    name: ClockName,
    *,
    unit: str | None = None,
    limit: Duration | None = None,
    at: datetime | None = None,
    start: datetime | None = None,
    clause: str | None = None,
    warn_before: Duration | None = None,
    subject: str | None = None,
    every: Duration | None = None,
    ahead: Duration | None = None,
    held: bool = False,
) -> datetime:
    """Set a clock, by a `limit` from `start` (now if not given) or at the moment `at`; returns the due moment.

    With `at`, `limit` only gives the unit in which pauses are deducted. `held` for a unit whose reply is under review:
    the clock runs again if the reply is sent back.
    """
    clock = Clock(
        key=key_of(name, subject or unit),
        name=name,
        unit=unit,
        started_at=start or turn.now,
        due_at=at or turn.now,
        limit=limit,
        fixed_at=at,
        clause=clause,
        provisional=False,
        warn_before=warn_before,
        subject=subject,
        every=every,
        ahead=ahead,
        status="held" if held else "running",
    )
    event = _reckoned(turn.order, clock)
    turn.emit(event)
    return event.due_at


def recompute_clocks(turn: Turn, names: frozenset[ClockName]) -> None:
    """Set every live clock of these names again whose due moment a pause or a new calendar has moved."""
    for clock in turn.order.clocks.values():
        if clock.name in names and clock.status in ("running", "held"):
            event = _reckoned(turn.order, clock)
            if (event.due_at, event.provisional) != (clock.due_at, clock.provisional):
                turn.emit(event)


def _reckoned(order: Order, clock: Clock) -> DeadlineSet:
    """The event that sets this clock by the order's current calendar and pauses."""
    basis = order.basis(clock)
    return DeadlineSet(
        clock=clock.name,
        unit=clock.unit,
        due_at=basis.due_at,
        provisional=basis.provisional,
        basis=basis.model_dump(mode="json") | {"clause": clock.clause},
        key=clock.key,
        started_at=clock.started_at,
        limit=str(clock.limit) if clock.limit else None,
        fixed_at=clock.fixed_at,
        clause=clock.clause,
        warn_before=str(clock.warn_before) if clock.warn_before else None,
        subject=clock.subject,
        every=str(clock.every) if clock.every else None,
        ahead=str(clock.ahead) if clock.ahead else None,
        held=clock.status == "held",
    )


def _duration(text: str | None) -> Duration | None:
    return Duration.parse(text) if text else None


def deadline_set(order: Order, event: DeadlineSet) -> Order:
    """The clock replaces an earlier one of its key; a limit that has moved gets a new warning."""
    known = order.clocks.get(event.key)
    same = known is not None and (known.started_at, known.due_at) == (event.started_at, event.due_at)
    clock = Clock(
        key=event.key,
        name=event.clock,
        unit=event.unit,
        started_at=event.started_at,
        due_at=event.due_at,
        limit=_duration(event.limit),
        fixed_at=event.fixed_at,
        clause=event.clause,
        provisional=event.provisional,
        warn_before=_duration(event.warn_before),
        subject=event.subject,
        every=_duration(event.every),
        ahead=_duration(event.ahead),
        warned=known is not None and known.warned and same,
        status="held" if event.held else "running",
    )
    return order.but(clocks=order.clocks | {event.key: clock})
