"""The cost of the core: deciding a plain life, compared with serialising the same events in one run.

The reference is the cost that every shell has for the same life: each event to JSON and back.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

from adapters.policy.holiday_calendar import calendar_days
from adapters.policy.policy_file import load
from domain.calendar.business_calendar import CST
from domain.order.agenda import next_alarm
from domain.order.commands import Command, Decide, Dispatch, DispatchedUnit, RecordCallback, Sign, SubmitReply
from domain.order.decider import decide, initial, replay
from domain.order.events import Event, from_json, to_json
from domain.order.internal_commands import Internal, OpenOrder, ReportArchived
from domain.order.order import Order
from domain.policy.rule_book import PolicyFile
from domain.text import Text
from domain.words import Category, Role

POLICIES = Path(__file__).parents[1] / "policies.yaml"
START = datetime(2026, 11, 23, 9, tzinfo=CST)
STEP = timedelta(minutes=10)
Said = Command | Decide | Internal


def run(lives: int = 300, rounds: int = 5) -> dict[str, float | int]:
    """Measure both by processor time, alternately, best of several rounds, and print one line.

    Returns `ratio` (time of the core / time of the round trip; lower is better), `lives_per_s` (for information,
    it depends on the machine), `events_a_life` and `commands_a_life`. AssertionError if the life is not archived
    or an event does not survive its round trip.
    """
    order, commands = _plain_life()
    events = _live(order, commands)
    assert replay(order, events).archived
    assert [from_json(json.loads(json.dumps(to_json(event)))) for event in events] == events
    pairs = [
        (_timed(lambda: _live(order, commands), lives), _timed(lambda: _round_trip(events), lives))
        for _ in range(rounds)
    ]
    core, wire = (min(times) for times in zip(*pairs, strict=True))
    result = {
        "ratio": round(core / wire, 2),
        "lives_per_s": round(1 / core),
        "events_a_life": len(events),
        "commands_a_life": len(commands),
    }
    print("decider", *(f"{name}={value}" for name, value in result.items()))
    return result


def _plain_life() -> tuple[Order, list[Said]]:
    """The commands of a plain life (dispatch, sign, reply, review, callback, archive) under the first rule book."""
    book = load(POLICIES, PolicyFile)
    regime_id, regime = next(iter(book.regimes.items()))
    calendar = calendar_days(book.calendar, START.year - 1, START.year + 1)
    order = initial("B-1", regime_id, regime, calendar, category=Category.COMPLAINT)
    sections = {name: Text(document="D1", length=40) for name in regime.replies.sections}
    return order, [
        OpenOrder(),
        Dispatch(by=Role.DISPATCHER, units=(DispatchedUnit(unit="housing"),)),
        Sign(by=Role.UNIT_CLERK),
        SubmitReply(by=Role.UNIT_CLERK, sections=sections, attachments=("F1", "F2"), signed_by=tuple(Role)),
        Decide.model_validate({"approval": "review", "decision": "approve", "as": "reviewer"}),
        RecordCallback(by=Role.CALLBACK_STAFF, result="satisfied"),
        ReportArchived(bundle="b", sha256="0"),
    ]


def _live(order: Order, commands: list[Said]) -> list[Event]:
    """Run a life as the shell does: decide, evolve, compute the next alarm."""
    events: list[Event] = []
    now = START
    for command in commands:
        found = decide(order, command, now)
        order = replay(order, found)
        next_alarm(order)
        events += found
        now += STEP
    return events


def _round_trip(events: list[Event]) -> list[Event]:
    return [from_json(json.loads(json.dumps(to_json(event)))) for event in events]


def _timed(work: Callable[[], list[Event]], times: int) -> float:
    began = time.process_time()
    for _ in range(times):
        work()
    return (time.process_time() - began) / times


if __name__ == "__main__":
    run()
