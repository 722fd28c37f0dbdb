"""Random lives of orders: bytes from Hypothesis decoded as acts of people and passing time."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from domain.calendar.business_calendar import CST
from domain.calendar.durations import Duration
from domain.due import before
from domain.order.agenda import Alarm, agenda, waiting_for
from domain.order.commands import COMMANDS, Command, Decide
from domain.order.internal_commands import (
    AdoptCalendar,
    AdoptPolicy,
    OpenOrder,
    ReportArchived,
    ReportCall,
    ReportNotice,
    ReportTally,
    ReportUndelivered,
    Ring,
)
from domain.order.order import Order
from domain.order.read_model import Waiting
from domain.permissions import TABLE
from domain.text import Text
from domain.words import ApprovalKind, Category, ClockName, DispatchMode, Mark, Part, Role, SupervisionLevel
from tests.domain.chance import Chance, Life, Said
from tests.domain.regimes import HASHES, REGIMES, new_order
from tests.domain.times import OFFICIAL

WORK = (
    "request_return",
    "request_return",
    "request_extension",
    "request_extension",
    "request_suspension",
    "request_suspension",
    "list_unclosed",
    "appeal",
    "report_progress",
    "sign",
    "submit_reply",
)
ENDINGS = frozenset({"answer_at_intake", "transfer_out", "merge", "withdraw", "request_termination"})

MINUTE = timedelta(minutes=1)
UNITS = ("housing", "water", "market", "police")
LEADERS = (Role.UNIT_CLERK, Role.UNIT_SECTION_HEAD, Role.UNIT_DEPUTY_LEADER, Role.UNIT_PRINCIPAL_LEADER)
GOOD = Text(document="D1", length=40)
TEXTS = (
    *[GOOD] * 12,
    None,
    Text(document="D2", length=0),
    Text(document="D3", length=9, vague=True),
    Text(document="D4", length=30, duplicate_of="T-9"),
)
TEAMS = (
    ("single", "lead"),
    ("dual", "lead", "lead"),
    ("joint", "lead", "assist"),
    ("leader_assigned", "lead"),
    ("consultation", "lead", "assist", "assist"),
)
CALENDARS = (
    OFFICIAL,
    OFFICIAL.model_copy(
        update={"holidays": OFFICIAL.holidays | {datetime(2026, 12, d, tzinfo=CST).date(): "假日" for d in (1, 2, 7)}}
    ),
    OFFICIAL.model_copy(update={"official_through": 2025}),
)
STARTS = (
    "2026-09-18T16:00",
    "2026-09-30T17:00",
    "2026-11-23T09:00",
    "2026-11-27T17:30",
    "2026-12-30T11:59",
    "2026-11-28T00:00",
)


def begin(regime: str, chance: Chance) -> Life:
    """A random order, just opened."""
    start = datetime.fromisoformat(chance.one_of(STARTS)).replace(tzinfo=CST)
    required = (None, None, timedelta(days=2), timedelta(days=9, minutes=7), timedelta(minutes=-1))
    ahead = chance.one_of(required)
    order = new_order(
        regime,
        category=chance.one_of(tuple(Category)).value,
        grade=chance.one_of(tuple(REGIMES[regime].grades)),
        source=chance.one_of(("phone", "city_platform", "wechat", "110")),
        marks=tuple(mark.value for mark in Mark if chance.below(256) < 16),
        calendar=CALENDARS[0],
        required_by=None if ahead is None else start + ahead,
    )
    return Life(order, start)


def step(life: Life, chance: Chance) -> None:
    """Somebody does something, sensible or not, or time goes by."""
    kind = chance.below(16)
    if kind < 4 and (waits := waiting_for(life.order)):
        life.say(answer(life.order, chance.one_of(waits), chance))
    elif kind < 9:
        life.say(_command(chance.one_of(WORK), life, chance))
    elif kind < 12:
        life.say(_anything(life, chance))
    elif kind < 15:
        _pass_time(life, chance)
    else:
        life.say(_report(life, chance))


def _pass_time(life: Life, chance: Chance) -> None:
    alarm: Alarm | None = next(iter(agenda(life.order)), None)
    ahead = chance.one_of((MINUTE, timedelta(minutes=29), timedelta(hours=3), timedelta(days=1), timedelta(days=40)))
    to = life.now + ahead
    if alarm is not None and chance.below(3):
        to = alarm.at + chance.one_of((-MINUTE, timedelta(0), MINUTE))
    how = chance.below(4)
    if how < 2:
        life.until(to)
    else:  # everything was down: the alarms are seen late, or people are there before them
        life.now = max(life.now, to)
        if how == 2:
            life.ring()


def _report(life: Life, chance: Chance) -> Said:
    keys = (*life.order.clocks, "handling:nobody")
    regime = chance.one_of(tuple(REGIMES))
    return chance.one_of(
        (
            ReportNotice(notice=f"N{chance.below(9)}", sent=not chance.rarely(), reason="x"),
            ReportUndelivered(notice=f"N{chance.below(9)}", attempt=1 + chance.below(2)),
            ReportCall(
                party=chance.one_of(("T-1", "T-2")),
                round=chance.below(2),
                attempt=1,
                reason="x",
                faultless=chance.rarely(),
            ),
            ReportTally(unit=chance.one_of(UNITS), in_a_row=chance.below(6), in_total=chance.below(9)),
            ReportArchived(bundle="b", sha256="0"),
            AdoptCalendar(calendar=chance.one_of(CALENDARS)),
            AdoptPolicy(policy=REGIMES[regime], policy_hash=HASHES[regime]),
            Ring(clock=chance.one_of(keys), what=chance.one_of(("due", "warn"))),
            OpenOrder() if life.order.opened_at is None else ReportNotice(notice="N1", sent=False),
        )
    )


def moments(life: Life, chance: Chance) -> datetime | None:
    """None, or a moment at or next to a significant one."""
    order = life.order
    limit = next((clock.due_at for clock in order.clocks.values() if clock.name is ClockName.HANDLING), life.now)
    if chance.below(4):
        return chance.one_of((None, limit + timedelta(days=1), max(limit, life.now) + timedelta(hours=1)))
    marks = [life.now, *(clock.due_at for clock in order.clocks.values() if clock.status == "running")]
    days = chance.one_of(("1d", "1wd", "3wd", "5wd", "8wd", "40d"))
    beyond = order.days.closing(order.days.nth_working_day_after(chance.one_of(marks).date(), 1 + chance.below(9)))
    ahead = before(chance.one_of(marks), Duration.parse(days), order.days)
    return chance.one_of((*marks, beyond, beyond, ahead)) + chance.one_of((timedelta(0), MINUTE, -MINUTE))


def _anything(life: Life, chance: Chance) -> Said:
    """Any command by anybody, with any content that decodes."""
    if chance.below(5) == 0:
        return _any_decision(life, chance)
    name = chance.one_of(tuple(COMMANDS))
    if name in ENDINGS and not chance.rarely():
        name = "report_progress"
    return _command(name, life, chance)


def _command(name: str, life: Life, chance: Chance) -> Command:
    command = COMMANDS[name]
    roles = sorted(TABLE[command.do].to)
    fields: dict[str, Any] = {
        "by": chance.one_of(tuple(Role)) if chance.rarely() else chance.one_of(roles),
        "unit": chance.one_of((None, *life.order.assignments, "nobody") if chance.rarely() else _units(life.order)),
    }
    for field_name in command.model_fields:
        if field_name in FIELDS:
            fields[field_name] = FIELDS[field_name](life, chance)
    return command.model_validate(fields)


def _units(order: Order) -> tuple[str | None, ...]:
    return tuple(assignment.unit for assignment in order.active) or (None,)


def _any_decision(life: Life, chance: Chance) -> Decide:
    order = life.order
    names = (*(approval.id for approval in order.open_approvals), *order.approvals, *ApprovalKind, "A99", "")
    known = order.approvals.get(name := str(chance.one_of(names)))
    return Decide.model_validate(
        {
            "approval": name,
            "decision": chance.one_of(("approve", "approve", "reject", "maybe")),
            "as": chance.one_of((known.by_role.value if known else "reviewer", "hotline_director", *Role, "nobody")),
            "until": moments(life, chance) if chance.rarely() else None,
            "proposed_unit": chance.one_of((None, None, *UNITS)),
            "comment": chance.one_of(TEXTS),
        }
    )


def _sections(life: Life, chance: Chance) -> dict[str, Text]:
    needed = chance.some_of(life.order.regime.replies.sections)
    return {name: (chance.one_of(TEXTS) if chance.rarely() else GOOD) or GOOD for name in needed}


def _dispatched(life: Life, chance: Chance) -> tuple[dict[str, Any], ...]:
    units = (life.order.assignments.keys() if chance.rarely() else UNITS[chance.below(4) :]) or UNITS
    parts = (None, None, Part.LEAD, Part.ASSIST)
    return tuple({"unit": unit, "part": chance.one_of(parts)} for unit in tuple(units)[: 1 + chance.below(3)])


def _text(_: Life, chance: Chance) -> Text | None:
    return chance.one_of(TEXTS)


FIELDS: dict[str, Callable[[Life, Chance], Any]] = {
    **dict.fromkeys(("text", "reason", "basis", "plan", "comment"), _text),
    "until": moments,
    "expected_at": moments,
    "units": _dispatched,
    "sections": _sections,
    "line": lambda _, chance: chance.one_of(("110", "122")),
    "mode": lambda _, chance: chance.one_of((None, None, *DispatchMode)),
    "precedent": lambda _, chance: "T-7" if chance.rarely() else None,
    "into": lambda _, chance: chance.one_of(("T-8", "T-1")),
    "order": lambda _, chance: chance.one_of(("T-2", "T-3", "T-1")),
    "proposed_unit": lambda _, chance: chance.one_of((None, *UNITS)),
    "signed_by": lambda _, chance: chance.some_of(LEADERS),
    "attachments": lambda _, chance: chance.some_of(("F1", "F2")),
    "stage": lambda _, chance: chance.one_of(("first_opinion", "progress", "plan")),
    "purpose": lambda _, chance: chance.one_of(("solve", "explain", "discuss")),
    "resolution": lambda _, chance: chance.one_of((None, "resolved", "unresolved", "unreasonable")),
    "final": lambda _, chance: chance.rarely(),
    "result": lambda _, chance: chance.one_of(("satisfied", "dissatisfied", "dissatisfied", "unreachable")),
    "handling_rating": lambda _, chance: chance.one_of((None, 1, 5)),
    "via": lambda _, chance: chance.one_of(("staff", "sms", "call")),
    "reference": lambda _, chance: chance.one_of((None, "110-7")),
    "party": lambda _, chance: chance.one_of((None, None, "T-1", "T-2", "T-3")),
    "level": lambda _, chance: chance.one_of(tuple(SupervisionLevel)),
    "review_every": lambda _, chance: chance.one_of((None, "7d", "2wd", "30m", "soon", "0d")),
    "ground": lambda life, chance: chance.one_of((*life.order.regime.appeals.grounds, "other_ground")),
}


def answer(order: Order, waited: Waiting, chance: Chance) -> Said:
    """A valid act of the person whom the order waits for; approvals may be refused, citizens dissatisfied."""
    approve = "reject" if chance.below(4) == 3 else "approve"
    match waited.what.partition(".")[0]:
        case "approval":
            kind = ApprovalKind(waited.what.partition(".")[2])
            asked = order.open_approval(kind, waited.unit)
            assert asked is not None
            return Decide.model_validate({"approval": asked.id, "decision": approve, "as": waited.role.value})
        case "dispatch":
            fresh = [unit for unit in (*UNITS, "relief") if unit not in _units(order)]
            mode, *parts = chance.one_of(TEAMS if len(fresh) > 1 else TEAMS[:1])
            units = [{"unit": unit, "part": part} for unit, part in zip(fresh, parts, strict=False)]
            return COMMANDS["dispatch"].model_validate({"by": waited.role, "units": units, "mode": mode})
        case "archive":
            return ReportArchived(bundle="b", sha256="0")
        case command:
            answers: dict[str, dict[str, Any]] = {
                "submit_reply": {
                    "sections": dict.fromkeys(order.regime.replies.sections, GOOD),
                    "signed_by": LEADERS,
                    "attachments": ("F1", "F2"),
                },
                "record_callback": {"result": chance.one_of(("satisfied", "dissatisfied", "dissatisfied"))},
                "request_strike_off": {"reason": GOOD},
            }
            fields = {"by": waited.role, "unit": waited.unit} | answers.get(command, {})
            return COMMANDS[command].model_validate(fields)
