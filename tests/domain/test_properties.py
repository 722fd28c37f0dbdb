"""Invariants of thousands of random orders under each rule book (`JIESU_LIVES` sets how many)."""

import json
import os
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from domain.calendar.business_calendar import CalendarDays
from domain.calendar.durations import Duration
from domain.order.agenda import agenda, next_alarm, waiting_for
from domain.order.commands import Command, Decide
from domain.order.decider import replay
from domain.order.effects import effects
from domain.order.events import (
    DeadlineSet,
    Event,
    ExtensionGranted,
    HandlingOverdue,
    LightChanged,
    SignalIgnored,
    from_json,
    to_json,
)
from domain.order.internal_commands import OpenOrder, Ring
from domain.order.order import Order
from domain.order.projection import project
from domain.words import ClockName, Light, Stage
from tests.domain import naive_due
from tests.domain.chance import Chance, Life, Said
from tests.domain.lives import answer, begin, step
from tests.domain.regimes import REGIMES

LIVES = settings(
    max_examples=int(os.environ.get("JIESU_LIVES", "300")),
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
CHOICES = st.binary(min_size=60, max_size=200)
MOST_TURNS = 80
WORK = {ClockName.HANDLING, ClockName.REWORK}


class Watch:
    """Checks every turn of an order."""

    def __init__(self) -> None:
        self.rung: set[tuple[str, str, int]] = set()
        self.set_by: dict[str, int] = {}
        self.keys: set[str] = set()

    def __call__(self, life: Life, earlier: Order, said: Said, events: list[Event]) -> None:
        self._numbered(earlier, events, life)
        self._rings_once(said, events)
        for index, event in enumerate(events):
            self._event(life, earlier, event, events[index + 1 :])
            for effect in effects(life.order, event):
                assert effect.key not in self.keys, f"{effect.key} twice"
                self.keys.add(effect.key)
        _state(life.order)

    def _numbered(self, earlier: Order, events: list[Event], life: Life) -> None:
        assert [event.seq for event in events] == [*range(earlier.seq + 1, life.order.seq + 1)]
        assert all(event.at == life.now for event in events)
        assert not (earlier.closed and any(event.event == "order_closed" for event in events))

    def _rings_once(self, said: Said, events: list[Event]) -> None:
        if isinstance(said, Ring) and events:
            alarm = (said.clock, said.what, self.set_by[said.clock])
            assert alarm not in self.rung, f"{alarm} rang twice"
            self.rung.add(alarm)

    def _event(self, life: Life, earlier: Order, event: Event, rest: list[Event]) -> None:
        match event:
            case DeadlineSet():
                self.set_by[event.key] = event.seq
                _due(life.order, event)
            case LightChanged(light=Light.RED):
                overdue = next(e for e in rest if isinstance(e, HandlingOverdue))
                assert overdue.due_at is not None and overdue.due_at <= event.at
            case LightChanged(light=Light.YELLOW):
                assert earlier.assignments[event.unit].light is Light.GREEN
            case HandlingOverdue():
                assert event.due_at is not None and event.due_at <= event.at
                assert event.unit in life.order.overdue_units
            case ExtensionGranted():
                limit = next(e for e in rest if isinstance(e, DeadlineSet))
                assert (limit.clock, limit.unit, limit.due_at) == (ClockName.HANDLING, event.unit, event.until)
                assert event.until > earlier.clocks[limit.key].due_at


def _due(order: Order, event: DeadlineSet) -> None:
    """The due moment equals that of the second, slow computation (docs/architecture.md#time)."""
    if event.limit is not None and event.fixed_at is None:
        pauses = tuple((pause.begin, pause.end) for pause in order.pauses if pause.end > event.started_at)
        assert event.due_at == _second(event.started_at, event.limit, order.calendar, pauses), event
    elif event.clock is ClockName.RESULT:
        limit = order.clocks[f"handling:{event.unit}"].due_at
        leads = [m.before_limit for m in order.regime.milestones if m.before_limit and order.fits(m.when)]
        first = naive_due.before(limit, leads[0].amount, leads[0].unit, order.calendar)
        assert event.due_at == first, f"the result is due at {event.due_at}, the limit is {limit}"


def _second(start: datetime, limit: str, days: CalendarDays, pauses: tuple[naive_due.Interval, ...]) -> datetime:
    by_hour = Duration.parse(limit)
    if by_hour.is_elapsed:
        end = start + by_hour.elapsed
        for begin, stop in sorted(pauses):
            end += max(timedelta(), stop - max(begin, start)) if begin < end else timedelta()
        return end
    return naive_due.due(start, by_hour.amount, by_hour.unit, days, pauses)


def _state(order: Order) -> None:
    """Check the invariants of an order between two turns."""
    alarms = agenda(order)
    assert alarms == sorted(alarms) and next_alarm(order) == (alarms[0] if alarms else None)
    if not order.archived:
        assert alarms or waiting_for(order), f"nobody and nothing moves it on: {order.stage}"
    asked = [(approval.kind, approval.unit) for approval in order.open_approvals]
    assert len(set(asked)) == len(asked), "the same is asked twice"
    active = {assignment.unit for assignment in order.active}
    for approval in order.open_approvals:
        assert approval.unit is None or approval.unit in active
    for clock in order.clocks.values():
        if clock.status in ("running", "held"):
            assert not order.closed or clock.name is ClockName.ACKNOWLEDGEMENT
            assert not order.archived
            assert clock.unit is None or clock.unit in active, f"{clock.key} runs for a unit that is out of it"
        if clock.status == "held":
            assert order.assignments[clock.unit or ""].status == "replied"
        if clock.name in WORK and clock.status == "running":
            assert order.assignments[clock.unit or ""].status in ("dispatched", "handling")
    if order.closed:
        assert not order.open_approvals and not order.awaiting_dispatch and order.paused_since is None
        assert order.stage in (Stage.CLOSED, Stage.ARCHIVED)
    else:
        assert order.awaiting_dispatch == (not order.leads)
        assert order.stage is not Stage.CALLBACK or set(order.parties) - set(order.called)
    assert all(pause.begin <= pause.end for pause in order.pauses)


def lived(regime: str, data: bytes) -> tuple[Life, Order]:
    """A random order, as long as there are bytes, and its state before the first event."""
    chance = Chance(data)
    life = begin(regime, chance)
    initial = life.order
    life.watch = Watch()
    life.say(OpenOrder())
    for _ in range(chance.one_of((0, 1, 2, 3, 4, 18))):  # it begins somewhere on the way
        life.now += timedelta(minutes=chance.below(16))
        life.ring()
        life.say(answer(life.order, waiting_for(life.order)[0], chance))
        if life.order.closed:
            break
    while not chance.spent and not (life.order.closed and chance.below(3) == 0):
        step(life, chance)
    return life, initial


@pytest.mark.repetitive
@pytest.mark.parametrize("regime", REGIMES)
@LIVES
@given(data=CHOICES)
def test_every_life(regime: str, data: bytes) -> None:
    life, initial = lived(regime, data)
    assert project(life.order).seq == len(life.events)
    assert Order.model_validate_json(life.order.model_dump_json()) == life.order
    told = json.loads(json.dumps([to_json(event) for event in life.events]))
    assert [from_json(event) for event in told] == life.events
    _diligent(life, data[::-1])
    assert replay(initial, life.events) == life.order


def _diligent(life: Life, data: bytes) -> None:
    """An order in any state ends once everybody whom it waits for acts."""
    moods = Chance(data[:12])
    for _ in range(MOST_TURNS):
        if life.order.archived:
            return
        life.ring()
        waits = waiting_for(life.order)
        if not waits:
            alarm = next_alarm(life.order)
            assert alarm is not None
            life.until(alarm.at)
            continue
        seq = life.order.seq
        said = answer(life.order, waits[0], moods)
        life.say(said)
        if isinstance(said, Decide) and said.decision == "approve" and isinstance(life.events[-1], SignalIgnored):
            # What was asked for can no longer be granted (its moment has passed): whoever decides says no.
            life.say(said.model_copy(update={"decision": "reject"}))
        if isinstance(said, Command):
            assert life.order.seq > seq, f"{waits[0]} is waited for and refused: {life.refused[-1]}"
        life.now += timedelta(minutes=10)
    raise AssertionError(f"no end: {waiting_for(life.order)}")
