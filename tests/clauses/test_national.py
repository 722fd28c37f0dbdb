"""National rules for all counties (shared rules: docs/clauses.md), each seen in the running system."""

from datetime import date, timedelta
from typing import Any

import pytest

from cli.rehearse.play import APPROVER
from domain.calendar.business_calendar import CalendarDays
from domain.order.internal_commands import AdoptCalendar
from tests.stage import Life, Lives, until
from workflows.ids import work_order_id

BASIS = "三定方案第三条：路灯由城管局管理"


async def citizens_notices(life: Life, template: str, party: str) -> list[dict[str, Any]]:
    """The notices of one template to the citizen of one order number."""
    issued = await life.events("notice_issued", template=template, to_role="citizen", party=party)
    sent = {row["notice"] for row in await life.events("notice_sent")}
    return [row for row in issued if row["notice"] in sent]


async def merged(lives: Lives, realm: str) -> tuple[Life, Life]:
    """Two orders about one matter, the second carried on by the first."""
    first = await lives("gaotai", grade="days_3", realm=realm, citizen={"name": "甲", "phone": "13900000001"})
    second = await lives("gaotai", grade="days_3", realm=realm, citizen={"name": "乙", "phone": "13900000002"})
    await first.dispatch("housing")
    await first.sign("housing")
    await second.do("agent", "merge", into=first.no)
    return first, second


async def test_na_01(lives: Lives) -> None:
    """Repeated demands about one matter become one order; each citizen is surveyed and called back."""
    first, second = await merged(lives, "na-01")
    await second.archived()
    await second.expect("order_merged", into=first.no)
    await second.expect("order_closed", outcome="merged")
    await first.expect("order_joined", order=second.no)
    await first.accepted("housing")
    for party in (first.no, second.no):
        assert len(await citizens_notices(first, "survey", party)) == 1
    await first.called("satisfied", party=second.no)
    again = await first.refused("callback_staff", "record_callback", result="satisfied", party=second.no)
    assert (again.code, again.clause) == ("already_done", "GT-13")
    await first.never("order_closed")  # one citizen has not been heard yet
    await first.called("satisfied")
    await first.expect("callback_recorded", party=first.no, result="satisfied")
    await first.archived()
    await first.expect("order_closed", outcome="satisfied")


async def test_na_01_one_is_dissatisfied(lives: Lives) -> None:
    """The dissatisfaction of one of several citizens sends the order back; both are called again."""
    first, second = await merged(lives, "na-01-dissatisfied")
    await first.accepted("housing")
    await first.called("satisfied", party=first.no)
    await first.called("dissatisfied", party=second.no)
    await first.expect("rework_opened", unit="housing")
    await first.accepted("housing")
    for party in (first.no, second.no):
        assert len(await citizens_notices(first, "survey", party)) == 2
        await first.called("satisfied", party=party)
    await first.archived()
    await first.expect("order_closed", outcome="satisfied")


async def test_na_01_what_cannot_be_merged(lives: Lives) -> None:
    """An order joins another open one of its county before it is dispatched, else it stays as it is."""
    realm = "na-01-refused"
    first, closed, elsewhere = (
        await lives("gaotai", grade="days_3", realm=realm),
        await lives("gaotai", grade="days_3", realm=realm),
        await lives("huojia", realm=realm),
    )
    await closed.do("agent", "withdraw", reason="诉求人撤回")
    life = await lives("gaotai", grade="days_3", realm=realm)
    for into, code, clause in (
        ("nobody", "unknown_order", None),
        (life.no, "invalid", "NA-01"),
        (elsewhere.no, "invalid", "NA-01"),
        (closed.no, "wrong_stage", None),
    ):
        refused = await life.refused("agent", "merge", into=into)
        assert (refused.code, refused.clause) == (code, clause), into
    await life.dispatch("housing")
    late = await life.refused("dispatcher", "merge", into=first.no)
    assert (late.code, late.clause) == ("wrong_stage", "NA-01")
    await first.never("order_joined")
    await life.never("order_closed")


async def test_na_02(lives: Lives) -> None:
    """Objections to a dispatch are reviewed: on record stand the reason, who decided, when, what and why."""
    life = await lives("dalad")
    await life.dispatch("housing")
    await life.do("unit_clerk", "request_return", unit="housing", reason=BASIS)
    asked = await life.expect("approval_opened", kind="return", unit="housing", by_role="dispatcher")
    await life.decide("unit_principal_leader", "return")
    await life.expect("signal_ignored", approval="return", reason="not_permitted")
    await life.after(minutes=30)
    await life.decide("dispatcher", "return", "reject", comment="养护合同约定由住建局管理")
    decided = await life.expect(
        "approval_decided", approval=asked["approval"], decision="reject", at="2026-11-23T09:30:00+08:00"
    )
    assert (decided["by_role"], decided["person"]) == ("dispatcher", APPROVER)
    written = {text.id: text.text for text in await life.rehearsal.services.documents.of_order(life.no)}
    assert written[asked["reason"]["document"]] == BASIS
    assert written[decided["comment"]["document"]] == "养护合同约定由住建局管理"
    await life.decide("dispatcher", "return")
    await life.expect("signal_ignored", approval="return", reason="already_done")
    await life.never("return_granted")
    await life.expect("return_refused", unit="housing")


async def test_na_02_bounces_are_capped(lives: Lives) -> None:
    """After two granted returns a third is a dispute: the centre decides, and that is the end of it."""
    life = await lives("dalad")
    await life.dispatch("housing")
    for unit, other in (("housing", "water"), ("water", "transport")):
        await life.do("unit_clerk", "request_return", unit=unit, reason=BASIS, proposed_unit=other)
        await life.decide("dispatcher", "return", comment="理由成立")
        await life.expect("return_granted", unit=unit, to_unit=other)
    await life.never("approval_opened", kind="redispatch")
    await life.do("unit_clerk", "request_return", unit="transport", reason=BASIS)
    await life.expect("approval_opened", kind="redispatch", unit="transport", by_role="hotline_director")
    await life.decide("dispatcher", "redispatch")
    await life.expect("signal_ignored", approval="redispatch", reason="not_permitted")
    await life.decide("hotline_director", "redispatch", proposed_unit="housing", comment="由行业主管部门办理")
    await life.expect("order_dispatched", mode="coordination", units=[{"unit": "housing", "part": "lead"}])
    await life.sign("housing")
    refused = await life.refused("unit_clerk", "request_return", unit="housing", reason=BASIS)
    assert refused.code == "return_barred"
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()


@pytest.mark.parametrize(
    ("policy", "demand", "start", "clock", "due_at"),
    [
        # wd: the day of the start does not count, whenever it was; close of business of the Nth working day
        ("dalad", {}, "2026-11-23T00:00", "handling", "2026-11-30T17:30:00+08:00"),
        ("dalad", {}, "2026-11-23T23:59", "handling", "2026-11-30T17:30:00+08:00"),
        ("dalad", {}, "2026-11-21T12:00", "handling", "2026-11-27T17:30:00+08:00"),
        ("dalad", {}, "2026-09-18T16:00", "handling", "2026-09-24T17:30:00+08:00"),  # Sunday the 20th is worked
        ("dalad", {}, "2026-09-30T09:00", "handling", "2026-10-13T17:30:00+08:00"),  # over National Day, 10th worked
        # d: 24:00 of the Nth day, holidays counted, no roll-over
        ("huojia", {}, "2026-11-23T00:00", "handling", "2026-11-27T00:00:00+08:00"),
        ("huojia", {}, "2026-11-23T23:59", "handling", "2026-11-27T00:00:00+08:00"),
        ("huojia", {}, "2026-09-30T09:00", "handling", "2026-10-04T00:00:00+08:00"),
        # h: from the moment itself
        ("huojia", {"grade": "urgent"}, "2026-09-30T17:45", "handling", "2026-10-01T17:45:00+08:00"),
        # wh: working time only, the next opening if begun outside, a closing time rather than the next opening
        ("rugao", {}, "2026-09-30T17:00", "sign_off", "2026-10-08T10:00:00+08:00"),
        ("rugao", {}, "2026-11-23T11:00", "sign_off", "2026-11-23T15:00:00+08:00"),
        ("rugao", {}, "2026-11-23T15:30", "sign_off", "2026-11-23T17:30:00+08:00"),
        ("rugao", {}, "2026-09-19T20:00", "sign_off", "2026-09-20T10:30:00+08:00"),
        # before the limit: 1d is 24 hours
        ("huojia", {}, "2026-11-23T09:00", "result", "2026-11-26T00:00:00+08:00"),
    ],
)
async def test_na_08(lives: Lives, policy: str, demand: dict[str, Any], start: str, clock: str, due_at: str) -> None:
    """Periods by the Civil Code: the first day not counted, ending at close of business or 24:00."""
    life = await lives(policy, start=start, **demand)
    await life.dispatch("housing")
    set_by = await life.expect("deadline_set", clock=clock, unit="housing", due_at=due_at)
    assert set_by["due_at"] == set_by["basis"]["due_at"] == due_at


async def test_na_08_the_last_moment_still_counts(lives: Lives) -> None:
    """A period ends with its last moment: at 17:30 it is still kept, after that it is overdue."""
    life = await lives("dalad", start="2026-11-23T09:00")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.at("2026-11-30T17:29:50")
    await life.never("handling_overdue")
    await life.at("2026-11-30T17:30:05")
    overdue = await life.expect("handling_overdue", unit="housing")
    assert overdue["due_at"] == "2026-11-30T17:30:00+08:00" < overdue["at"]


async def test_na_08_days_and_why(lives: Lives) -> None:
    """The account of a due moment names each day, whether it counted and why."""
    life = await lives("dalad", start="2026-09-18T16:00")
    await life.dispatch("housing")
    row = await life.expect("deadline_set", clock="handling")
    assert [(day["day"][5:], day["counted"]) for day in row["basis"]["days"]] == [
        ("09-18", False), ("09-19", False), ("09-20", True), ("09-21", True), ("09-22", True), ("09-23", True),
        ("09-24", True),
    ]  # fmt: skip
    why = {day["day"][5:]: day["why"] for day in row["basis"]["days"]}
    assert (why["09-18"], why["09-19"], why["09-20"]) == ("起算当日不计入", "周末", "国庆节调休上班")


async def adopts(life: Life, calendar: CalendarDays) -> None:
    """Send a calendar to the order, and wait until it is adopted."""
    handle = life.rehearsal.services.client.get_workflow_handle(work_order_id(life.no))
    await handle.signal("adopt_calendar", AdoptCalendar(calendar=calendar))
    await until(lambda: life.events("calendar_adopted"))


async def test_na_08_provisional(lives: Lives) -> None:
    """A due moment in a year without official schedule is provisional; the schedule moves open orders."""
    start = date(2027, 3, 1)  # a Monday
    life = await lives("dalad", start=f"{start}T09:00", units=("housing",))
    before = life.rehearsal.services.rule_books.calendar
    assert before.official_through < start.year
    await life.dispatch("housing")
    await life.sign("housing")
    await life.expect("deadline_set", clock="handling", due_at="2027-03-08T17:30:00+08:00", provisional=True)
    await life.expect("deadline_set", clock="sign_off", due_at="2027-03-02T05:00:00+08:00", provisional=False)

    off = {start + timedelta(days=days): "新设假日" for days in (3, 4)}
    await adopts(
        life,
        before.model_copy(update={"holidays": before.holidays | off, "official_through": start.year}),
    )
    await life.expect("deadline_set", clock="handling", due_at="2027-03-10T17:30:00+08:00", provisional=False)
    await life.expect("deadline_set", clock="result", due_at="2027-03-10T16:30:00+08:00")
    assert len(await life.events("deadline_set", clock="sign_off")) == 1
    await life.at("2027-03-09T17:00")
    await life.never("handling_overdue")  # the old moment has passed and means nothing any more
    await life.never("light_changed")
    await life.at("2027-03-10T17:31")
    await life.expect("light_changed", light="yellow", at="2027-03-09T17:30:00+08:00")
    await life.expect("handling_overdue", at="2027-03-10T17:30:00+08:00")


async def test_na_08_confirmed(lives: Lives) -> None:
    """A schedule that changes nothing for an order takes the reservation from its due moment."""
    life = await lives("dalad", start="2027-03-01T09:00")
    await life.dispatch("housing")
    before = life.rehearsal.services.rule_books.calendar
    await adopts(life, before.model_copy(update={"official_through": 2027}))
    await life.expect("deadline_set", clock="handling", due_at="2027-03-08T17:30:00+08:00", provisional=False)
    official = await lives("dalad", start="2026-11-23T09:00")
    await official.dispatch("housing")
    await official.expect("deadline_set", clock="handling", provisional=False)
