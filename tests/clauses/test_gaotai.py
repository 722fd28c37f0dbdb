"""The clauses of gaotai (shared rules: docs/clauses.md), each seen in the running system."""

from typing import Any

import pytest

from domain.order.unit_proposal import Proposal, propose
from tests.stage import Life, Lives

LATE_SEPTEMBER = "2026-09-18T16:00"
"""A Friday; the Sunday after it is a working day, 25–27 September and 1–7 October are holidays."""


async def test_gt_03(lives: Lives) -> None:
    """An order can be transferred out to 110, 119, 120, 122 and taken in from them, with a record of both."""
    for line in ("110", "119", "120", "122"):
        out = await lives("gaotai")
        await out.do("agent", "transfer_out", line=line, reason="有人被困，危及人身安全")
        record = await out.expect("transferred_out", line=line, actor="agent", at="2026-11-23T09:00:00+08:00")
        assert record["reason"]["length"] == 10
        await out.archived()
        await out.expect("order_closed", outcome="transferred")
        await out.never("order_dispatched")
    taken_in = await lives("gaotai", source="line_110")
    await taken_in.expect("order_opened", source="line_110", at="2026-11-23T09:00:00+08:00")
    unknown = await taken_in.refused("dispatcher", "transfer_out", line="114")
    assert unknown.code == "invalid"
    await taken_in.dispatch("police")
    too_late = await taken_in.refused("dispatcher", "transfer_out", line="110")
    assert too_late.code == "wrong_stage"
    await taken_in.never("transferred_out")


@pytest.mark.parametrize("category", ["consult", "help"])
async def test_gt_04(lives: Lives, category: str) -> None:
    """Consult and help are answered at intake and closed at once, without dispatch."""
    life = await lives("gaotai", category=category)
    silent = await life.refused("agent", "answer_at_intake")
    assert (silent.code, silent.clause) == ("missing_field", "GT-04")
    await life.do("agent", "answer_at_intake", text="工作日上午八点半至十二点可办理")
    await life.archived()
    await life.expect("answered_at_intake", at="2026-11-23T09:00:00+08:00")
    await life.expect("order_closed", outcome="answered", at="2026-11-23T09:00:00+08:00")
    await life.never("order_dispatched")


@pytest.mark.parametrize("category", ["suggestion", "complaint", "report", "other"])
async def test_gt_04_goes_to_a_unit(lives: Lives, category: str) -> None:
    """Suggestions go to a unit; complaints, reports and the rest too."""
    life = await lives("gaotai", category=category)
    refusal = await life.refused("agent", "answer_at_intake", text="会转告")
    assert (refusal.code, refusal.clause) == ("not_allowed", "GT-04")
    await life.never("order_closed")
    await life.dispatch("housing")
    await life.expect("order_dispatched")


async def proposal(life: Life) -> list[Proposal]:
    """The proposals for the dispatcher: the ladder of the rule book over the units in the database."""
    services = life.rehearsal.services
    order = await services.orders.get(life.no)
    assert order is not None
    rules = await services.rules(order.regime, order.policy_hash)
    units = await services.catalogue.units(realm=order.realm, regime=order.regime)
    return propose(rules.ladder.steps, units, area=order.area, matter=order.matter)


async def test_gt_05(lives: Lives) -> None:
    """Territory first, then who is in charge; where neither is known the dispatcher chooses."""

    async def proposed(**demand: Any) -> list[tuple[str | None, str, str]]:
        life = await lives("gaotai", **demand)
        return [(each.unit, each.part, each.step) for each in await proposal(life)]

    assert await proposed(area="南华镇", matter="heating") == [("town_nanhua", "lead", "area")]
    assert await proposed(area="县城", matter="heating") == [("housing", "lead", "duty")]
    assert await proposed(matter="water") == [("housing", "lead", "duty"), ("water", "assist", "duty")]
    assert await proposed(area="县城", matter="astronomy") == []
    life = await lives("gaotai")
    nobody = await life.refused("dispatcher", "dispatch", units=[])
    assert (nobody.code, nobody.clause) == ("missing_field", "GT-05")
    stranger = await life.refused("dispatcher", "dispatch", units=[{"unit": "nowhere"}])
    assert stranger.code == "unknown_unit"
    await life.dispatch("housing")
    again = await life.refused("dispatcher", "dispatch", units=[{"unit": "water"}])
    assert (again.code, again.clause) == ("wrong_stage", "GT-05")


async def test_gt_06(lives: Lives) -> None:
    """Sign-off within 1 h of dispatch; return within 3 h of sign-off, with a reason."""
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="sign_off", due_at="2026-11-23T10:00:00+08:00", clause="GT-06")
    too_early = await life.refused("unit_clerk", "request_return", unit="housing", reason="不属于本单位职责")
    assert (too_early.code, too_early.clause) == ("wrong_stage", "GT-06")
    await life.at("2026-11-23T10:05")
    await life.expect("sign_off_missed", unit="housing", at="2026-11-23T10:00:00+08:00")
    await life.expect("notice_issued", template="sign_off_missed", to_role="unit_deputy_leader", unit="housing")
    await life.sign("housing")
    await life.expect("order_signed", unit="housing", late=True)
    await life.expect("deadline_set", clock="return", due_at="2026-11-23T13:05:00+08:00")
    no_reason = await life.refused("unit_clerk", "request_return", unit="housing")
    assert (no_reason.code, no_reason.clause) == ("missing_field", "GT-06")
    await life.at("2026-11-23T13:06")
    late = await life.refused("unit_clerk", "request_return", unit="housing", reason="不属于本单位职责")
    assert (late.code, late.clause) == ("too_late", "GT-06")
    await life.expect("refused", do="request_return", code="too_late")


async def test_gt_06_in_time(lives: Lives) -> None:
    """Signed within the hour no alarm rings; a return in the third hour is granted and the unit is out of it."""
    life = await lives("gaotai")
    await life.dispatch("housing")
    await life.at("2026-11-23T09:58")
    await life.sign("housing")
    await life.at("2026-11-23T12:56")
    await life.never("sign_off_missed")
    await life.do("unit_clerk", "request_return", unit="housing", reason="不属于本单位职责")
    twice = await life.refused("unit_clerk", "request_return", unit="housing", reason="不属于本单位职责")
    assert (twice.code, twice.clause) == ("already_done", "GT-06")
    await life.decide("dispatcher", "return")
    await life.expect("return_granted", unit="housing")
    gone = await life.refused("unit_clerk", "sign", unit="housing")
    assert gone.code == "wrong_stage"
    await life.dispatch("water")
    await life.expect("deadline_set", clock="sign_off", unit="water", due_at="2026-11-23T13:56:00+08:00")


async def test_gt_07(lives: Lives) -> None:
    """Dual dispatch: a town and a department get the order at once, and both have to answer it."""
    life = await lives("gaotai", grade="days_7", area="南华镇", matter="heating")
    both = [{"unit": "town_nanhua", "part": "lead"}, {"unit": "housing", "part": "lead"}]
    alone = await life.refused("dispatcher", "dispatch", units=both[:1], mode="dual")
    assert (alone.code, alone.clause) == ("invalid", "GT-05")
    not_dual = await life.refused("dispatcher", "dispatch", units=both, mode="joint")
    assert (not_dual.code, not_dual.clause) == ("invalid", "GT-05")
    await life.do("dispatcher", "dispatch", units=both, mode="dual")
    await life.expect("order_dispatched", mode="dual", units=both)
    for unit in ("town_nanhua", "housing"):
        await life.expect("deadline_set", clock="sign_off", unit=unit, due_at="2026-11-23T10:00:00+08:00")
        await life.expect("deadline_set", clock="handling", unit=unit, due_at="2026-12-02T17:30:00+08:00")
        await life.expect("notice_issued", template="dispatch", unit=unit, at="2026-11-23T09:00:00+08:00")
        await life.sign(unit)
    await life.accepted("town_nanhua")
    waiting = await life.refused("callback_staff", "record_callback", result="satisfied")
    assert (waiting.code, waiting.clause) == ("wrong_stage", "GT-13")
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    await life.expect("order_closed", outcome="satisfied")


@pytest.mark.parametrize(
    ("grade", "due_at"),
    [
        ("immediate", "2026-09-30T18:00"),
        ("hours_3", "2026-09-30T20:00"),
        ("hours_24", "2026-10-01T17:00"),
        ("days_3", "2026-10-04T00:00"),
        ("days_7", "2026-10-15T17:30"),
    ],
)
async def test_gt_08(lives: Lives, grade: str, due_at: str) -> None:
    """Five tiers by the clock, holidays and nights included; only the seven-day tier counts working days."""
    life = await lives("gaotai", grade=grade, start="2026-09-30T17:00")
    await life.dispatch("housing")
    await life.sign("housing")
    limit = await life.expect("deadline_set", clock="handling", due_at=due_at, clause="GT-08")
    assert not limit["provisional"]
    await life.at(due_at)
    await life.never("handling_overdue")
    await life.after(minutes=1)
    await life.expect("handling_overdue", unit="housing", reason="limit_passed", at=due_at)
    await life.expect("light_changed", unit="housing", light="red", at=due_at)


async def asks_for_more_time(lives: Lives, **demand: Any) -> Life:
    """A seven-day order, dispatched before two holidays and signed; its limit is 29 September 17:30."""
    life = await lives("gaotai", grade="days_7", start=LATE_SEPTEMBER, **demand)
    await life.dispatch("housing")
    await life.sign("housing")
    await life.expect("deadline_set", clock="handling", due_at="2026-09-29T17:30:00+08:00")
    return life


async def test_gt_09(lives: Lives) -> None:
    """An extension reaches 14 working days from dispatch at most; the platform approves, the citizen is told."""
    life = await asks_for_more_time(lives)
    await life.at("2026-09-29T17:20")
    ask = {"unit": "housing", "reason": "涉及三个部门，需协调"}
    no_reason = await life.refused("unit_clerk", "request_extension", unit="housing")
    assert (no_reason.code, no_reason.clause) == ("missing_field", "GT-09")
    too_long = await life.refused("unit_clerk", "request_extension", until="2026-10-14T17:31:00+08:00", **ask)
    assert (too_long.code, too_long.clause) == ("exceeds_maximum", "GT-09")
    await life.do("unit_clerk", "request_extension", until="2026-10-14T17:30:00+08:00", **ask)
    await life.expect("approval_opened", kind="extension", stage="hotline", by_role="supervisor")
    await life.decide("unit_clerk", "extension")
    await life.expect("signal_ignored", reason="not_permitted")
    told = len(await life.events("notice_issued", template="citizen_update", to_role="citizen"))
    await life.decide("supervisor", "extension")
    await life.expect("extension_granted", until="2026-10-14T17:30:00+08:00", at="2026-09-29T17:20:00+08:00")
    await life.expect("deadline_set", clock="handling", due_at="2026-10-14T17:30:00+08:00", clause="GT-09")
    assert len(await life.events("notice_issued", template="citizen_update", to_role="citizen")) == told + 1
    again = await life.refused("unit_clerk", "request_extension", **ask)
    assert (again.code, again.clause) == ("limit_reached", "GT-09")
    await life.at("2026-10-14T17:30")
    await life.never("handling_overdue")
    await life.after(minutes=1)
    await life.expect("handling_overdue", unit="housing", at="2026-10-14T17:30:00+08:00")


async def test_gt_09_refused(lives: Lives) -> None:
    """Refused, the old limit stands; after it nobody may ask, and shorter grades never may."""
    life = await asks_for_more_time(lives)
    await life.do("unit_clerk", "request_extension", unit="housing", reason="需协调")
    await life.expect("approval_opened", kind="extension", until="2026-10-14T17:30:00+08:00")
    await life.decide("supervisor", "extension", "reject")
    await life.expect("extension_refused", unit="housing")
    await life.at("2026-09-29T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-09-29T17:30:00+08:00")
    late = await life.refused("unit_clerk", "request_extension", unit="housing", reason="需协调")
    assert (late.code, late.clause) == ("too_late", "GT-09")
    for grade in ("immediate", "hours_3", "hours_24", "days_3"):
        short = await lives("gaotai", grade=grade)
        await short.dispatch("housing")
        await short.sign("housing")
        never = await short.refused("unit_clerk", "request_extension", unit="housing", reason="需协调")
        assert (never.code, never.clause) == ("not_allowed", "GT-09")


async def test_gt_10(lives: Lives) -> None:
    """On account after approval, reviewed on a rhythm with reminders, struck off; the pause is taken out."""
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.expect("deadline_set", clock="handling", due_at="2026-12-02T17:30:00+08:00")
    await life.at("2026-11-24T10:00")
    why = {"unit": "housing", "reason": "需等待管网改造资金"}
    groundless = await life.refused("unit_clerk", "request_suspension", unit="housing")
    assert (groundless.code, groundless.clause) == ("missing_field", "GT-10")
    not_on_account = await life.refused("unit_clerk", "request_strike_off", **why)
    assert (not_on_account.code, not_on_account.clause) == ("wrong_stage", "GT-10")
    await life.do("unit_clerk", "request_suspension", plan="资金到位后施工", review_every="7d", **why)
    await life.never("suspended")
    await life.decide("supervisor", "suspension")
    await life.expect("suspended", unit="housing", review_every="7d", at="2026-11-24T10:00:00+08:00")
    working = await life.refused("unit_clerk", "request_extension", unit="housing", reason="需协调")
    assert working.code == "wrong_stage"

    await life.at("2026-12-20T10:00")
    reviews = [row["due_at"] for row in await life.events("suspension_review_due")]
    assert reviews == [f"2026-12-{day:02}T00:00:00+08:00" for day in (2, 9, 16)]
    assert len(await life.events("notice_issued", template="supervision", to_role="unit_clerk", clause="GT-10")) == 3
    await life.never("handling_overdue")
    await life.never("light_changed")

    await life.do("unit_clerk", "request_strike_off", unit="housing", reason="资金已到位")
    await life.decide("supervisor", "strike_off")
    await life.expect("struck_off", unit="housing", at="2026-12-20T10:00:00+08:00")
    # No working day had closed before the pause: all seven are still to come.
    await life.expect("deadline_set", clock="handling", due_at="2026-12-29T17:30:00+08:00")
    await life.at("2026-12-29T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-12-29T17:30:00+08:00")
    assert len(await life.events("suspension_review_due")) == 3


async def test_gt_10_refused(lives: Lives) -> None:
    """A suspension that is not approved stops no clock."""
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.do("unit_clerk", "request_suspension", unit="housing", reason="缺资金", plan="待资金到位")
    await life.decide("supervisor", "suspension", "reject")
    await life.at("2026-11-27T00:01")
    await life.never("suspended")
    await life.expect("handling_overdue", unit="housing", at="2026-11-27T00:00:00+08:00")


async def test_gt_11(lives: Lives) -> None:
    """Who gets it first answers for it: the platform names one lead, the others cooperate."""
    life = await lives("gaotai")
    led = {"units": [{"unit": "housing", "part": "assist"}, {"unit": "water", "part": "assist"}]}
    leaderless = await life.refused("dispatcher", "dispatch", mode="joint", **led)
    assert leaderless.code == "invalid"
    await life.dispatch("housing", "water", "market", mode="joint")
    parts = [("housing", "lead"), ("water", "assist"), ("market", "assist")]
    await life.expect("order_dispatched", mode="joint", units=[{"unit": unit, "part": part} for unit, part in parts])
    await life.sign("housing")
    await life.sign("water")
    await life.reply("water")
    await life.expect("reply_submitted", unit="water", part="assist")
    await life.never("approval_opened", kind="review")
    await life.accepted("housing")
    await life.expect("reply_accepted", unit="housing")
    await life.never("reply_accepted", unit="water")
    idle = await life.refused("unit_clerk", "submit_reply", unit="market", sections={"handling": "无", "result": "无"})
    assert idle.code == "wrong_stage"
    await life.called("satisfied")
    await life.archived()
    await life.expect("order_closed", outcome="satisfied")


async def handed_on(lives: Lives) -> Life:
    """An order that two units have handed back with success, now with a third."""
    life = await lives("gaotai")
    await life.dispatch("housing")
    for unit, proposed in (("housing", "water"), ("water", "market")):
        await life.sign(unit)
        await life.do("unit_clerk", "request_return", unit=unit, reason="边界不清", proposed_unit=proposed)
        await life.decide("dispatcher", "return")
        await life.expect("return_granted", unit=unit, to_unit=proposed)
    await life.sign("market")
    await life.do("unit_clerk", "request_return", unit="market", reason="历史遗留问题", proposed_unit="housing")
    await life.expect("approval_opened", kind="redispatch", by_role="hotline_director", unit="market")
    return life


async def test_gt_12(lives: Lives) -> None:
    """A dispute over who is in charge goes to the centre, whose coordination decision binds the unit it names."""
    life = await handed_on(lives)
    await life.decide("dispatcher", "redispatch")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("hotline_director", "redispatch", proposed_unit="police", comment="经商议由公安局主责")
    await life.expect("approval_decided", kind="redispatch", decision="approve", by_role="hotline_director")
    await life.expect("order_dispatched", mode="coordination", units=[{"unit": "police", "part": "lead"}])
    await life.sign("police")
    bound = await life.refused("unit_clerk", "request_return", unit="police", reason="不属于本单位职责")
    assert (bound.code, bound.clause) == ("return_barred", "GT-12")


async def test_gt_12_refused(lives: Lives) -> None:
    """The centre may also find that the unit which has the order is in charge; then that unit is bound."""
    life = await handed_on(lives)
    await life.decide("hotline_director", "redispatch", "reject")
    await life.expect("return_refused", unit="market")
    await life.expect("return_barred", unit="market")
    bound = await life.refused("unit_clerk", "request_return", unit="market", reason="不属于本单位职责")
    assert (bound.code, bound.clause) == ("return_barred", "GT-12")
    await life.accepted("market")
    await life.expect("reply_accepted", unit="market")


async def test_gt_13(lives: Lives) -> None:
    """Every order is called back; satisfied closes it, dissatisfied sends it back the same day."""
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    early = await life.refused("callback_staff", "record_callback", result="satisfied")
    assert (early.code, early.clause) == ("wrong_stage", "GT-13")
    await life.accepted("housing")
    await life.never("order_closed")
    await life.called("dissatisfied", handling_rating=1)
    await life.expect("rework_opened", unit="housing", at="2026-11-23T09:00:00+08:00")
    await life.expect("deadline_set", clock="rework", due_at="2026-11-24T09:00:00+08:00", clause="GT-13")
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    await life.expect("order_closed", outcome="satisfied")


async def test_gt_13_faulty(lives: Lives) -> None:
    """A faulty answer goes back and is to be mended within the limit; a rework that is not done is overdue."""
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    empty = await life.refused("unit_clerk", "submit_reply", unit="housing", sections={"handling": "已核查"})
    assert (empty.code, empty.clause) == ("missing_section", "GT-13")
    await life.reply("housing")
    await life.decide("reviewer", "review", "reject")
    await life.expect("reply_sent_back", unit="housing", by_role="reviewer")
    assert len(await life.events("deadline_set", clock="handling")) == 1
    await life.at("2026-11-26T23:50")
    await life.never("handling_overdue")
    await life.accepted("housing")
    await life.called("dissatisfied")
    await life.at("2026-11-27T23:51")
    await life.expect("handling_overdue", reason="rework", unit="housing", at="2026-11-27T23:50:00+08:00")


async def test_gt_13_unreachable(lives: Lives) -> None:
    """A citizen who cannot be reached is called three times before the order is closed."""
    life = await lives("gaotai")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.accepted("housing")
    for _ in range(2):
        await life.called("unreachable")
        await life.never("order_closed")
        assert (await life.refused("callback_staff", "record_callback", result="unreachable")).code == "too_early"
        await life.after(hours=4)
    await life.called("unreachable")
    await life.archived()
    await life.expect("order_closed", outcome="unreachable")


async def watched(lives: Lives) -> Life:
    """A seven-day order that nobody works on, at the moment after its yellow light."""
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.at("2026-12-01T17:31")
    await life.expect("light_changed", light="yellow", at="2026-12-01T17:30:00+08:00")
    await life.expect("supervision_opened", level="phone", reason="yellow", at="2026-12-01T17:30:00+08:00")
    await life.expect("deadline_set", clock="supervision", due_at="2026-12-02T17:30:00+08:00", clause="GT-14")
    return life


async def test_gt_14(lives: Lives) -> None:
    """Yellow brings a phone supervision; no feedback within one working day brings a special one at once."""
    life = await watched(lives)
    await life.at("2026-12-02T17:30")
    await life.never("supervision_opened", level="special")
    await life.after(minutes=1)
    await life.expect("supervision_opened", level="phone", reason="red", at="2026-12-02T17:30:00+08:00")
    await life.expect("supervision_opened", level="special", reason="unanswered", at="2026-12-02T17:30:00+08:00")
    await life.after(days=3)
    assert len(await life.events("supervision_opened", level="special")) == 1


async def test_gt_14_answered(lives: Lives) -> None:
    """Feedback within the working day, in whatever form, keeps the special supervision away."""
    life = await watched(lives)
    await life.at("2026-12-02T17:20")
    await life.do("unit_clerk", "answer_supervision", unit="housing", text="配件已到，明日安装")
    await life.expect("supervision_answered", unit="housing")
    await life.at("2026-12-02T17:31")
    await life.expect("supervision_opened", level="phone", reason="red")
    await life.at("2026-12-03T17:20")
    await life.do("unit_clerk", "report_progress", unit="housing", text="已安装两盏，剩余一盏今晚完成")
    await life.at("2026-12-05T09:00")
    await life.never("supervision_opened", level="special")
    nothing_open = await life.refused("unit_clerk", "answer_supervision", unit="housing", text="已完成")
    assert nothing_open.code == "wrong_stage"


async def test_gt_14_over_a_holiday(lives: Lives) -> None:
    """A light that changes in a holiday leaves the unit the first working day after it."""
    life = await lives("gaotai", grade="days_3", start="2026-09-28T09:00")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.at("2026-10-08T17:30")
    await life.expect("supervision_opened", level="phone", reason="yellow", at="2026-10-01T00:00:00+08:00")
    await life.expect("supervision_opened", level="phone", reason="red", at="2026-10-02T00:00:00+08:00")
    await life.never("supervision_opened", level="special")
    await life.after(minutes=1)
    await life.expect("supervision_opened", level="special", at="2026-10-08T17:30:00+08:00")
    assert len(await life.events("supervision_opened", level="special")) == 1
