"""The clauses of hukou (shared rules: docs/clauses.md), each seen in the running system."""

from typing import Any

import pytest

from domain.order.unit_proposal import propose
from tests.stage import REPLIES, Life, Lives

LEADER = ["unit_principal_leader"]
NOT_OURS: dict[str, Any] = {"reason": "该路段不属本单位管养", "proposed_unit": "forestry", "signed_by": LEADER}
APPEAL: dict[str, Any] = {
    "ground": "no_legal_basis",
    "text": "诉求没有政策和法律法规依据，已当面解释",
    "signed_by": LEADER,
    "attachments": ["law-1"],
}


async def signed(lives: Lives, **demand: Any) -> Life:
    """An order that housing has signed."""
    life = await lives("hukou", **demand)
    await life.dispatch("housing")
    await life.sign("housing")
    return life


async def handed_on(life: Life, unit: str, to: str) -> None:
    """A return from one unit to another that the centre grants."""
    await life.do("unit_clerk", "request_return", unit=unit, **NOT_OURS | {"proposed_unit": to})
    await life.decide("dispatcher", "return")
    await life.sign(to)


async def still_dissatisfied(life: Life, times: int) -> None:
    """The unit answers `times` times, each is accepted, and the citizen is never satisfied."""
    for _ in range(times):
        await life.accepted("housing")
        await life.called("dissatisfied", handling_rating=1)


async def test_hk_01(lives: Lives) -> None:
    """The centre signs off the city's orders within 24 h, by dispatching them; units within 24 h of dispatch."""
    life = await lives("hukou", source="city_platform")
    await life.expect("deadline_set", clock="sign_off", unit=None, due_at="2026-11-24T09:00:00+08:00", clause="HK-01")
    await life.at("2026-11-24T08:58")
    await life.dispatch("housing")
    await life.expect(
        "deadline_set", clock="sign_off", unit="housing", due_at="2026-11-25T08:58:00+08:00", clause="HK-01"
    )
    await life.at("2026-11-25T08:57")
    await life.never("sign_off_missed")
    await life.at("2026-11-25T09:00")
    await life.expect("sign_off_missed", unit="housing", at="2026-11-25T08:58:00+08:00")
    await life.expect("notice_issued", template="sign_off_missed", to_role="unit_deputy_leader", clause="HK-01")
    await life.sign("housing")
    await life.expect("order_signed", late=True)

    waits = await lives("hukou", source="city_platform")
    await waits.at("2026-11-24T09:01")
    await waits.expect("sign_off_missed", unit=None, at="2026-11-24T09:00:00+08:00")
    ours = await lives("hukou", source="phone")
    await ours.never("deadline_set", clock="sign_off")


async def test_hk_02(lives: Lives) -> None:
    """Dispatch ladder: by duty, by nearest duty, joint consultation with lead and assistants, a county leader."""
    life = await lives("hukou", matter="market", units=("market_food",))
    services = life.rehearsal.services
    known = await services.catalogue.units(realm=life.rehearsal.realm, regime="hukou")

    def proposed(matter: str) -> list[tuple[str | None, str, str]]:
        steps = services.rule_books.regime("hukou").ladder.steps
        return [(p.unit, p.part, p.step) for p in propose(steps, known, area=None, matter=matter)]

    assert proposed("forestry") == [("forestry", "lead", "duty")]
    assert proposed("welfare_elderly") == [("civil_affairs", "lead", "nearest_duty")]
    assert proposed("space_travel") == [(None, "lead", "leader")]
    no_lead = await life.refused(
        "dispatcher", "dispatch", units=[{"unit": u, "part": "assist"} for u in ("market", "housing")]
    )
    assert (no_lead.code, no_lead.clause) == ("invalid", "HK-02")
    await life.dispatch("market", "housing", mode="consultation")
    await life.expect("order_dispatched", mode="consultation", units=[
        {"unit": "market", "part": "lead"}, {"unit": "housing", "part": "assist"},
    ])  # fmt: skip

    assigned = await lives("hukou")
    await assigned.dispatch("civil_affairs", mode="leader_assigned")
    for given, unit in ((life, "market"), (life, "housing"), (assigned, "civil_affairs")):
        await given.sign(unit)
        refused = await given.refused("unit_clerk", "request_return", unit=unit, **NOT_OURS)
        assert (refused.code, refused.clause) == ("return_barred", "HK-03")


async def test_hk_03(lives: Lives) -> None:
    """Return within 24 h of sign-off with reason, proposed unit and principal leader; decided within 1 wd."""
    life = await lives("hukou", start="2026-11-26T10:00")
    await life.dispatch("housing")
    unsigned = await life.refused("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    assert (unsigned.code, unsigned.clause) == ("wrong_stage", "HK-03")
    await life.sign("housing")
    await life.expect("deadline_set", clock="return", due_at="2026-11-27T10:00:00+08:00", clause="HK-03")
    for lacking, code in (
        ("reason", "missing_field"),
        ("proposed_unit", "missing_field"),
        ("signed_by", "missing_signature"),
    ):
        form = {name: value for name, value in NOT_OURS.items() if name != lacking}
        refused = await life.refused("unit_clerk", "request_return", unit="housing", **form)
        assert (refused.code, refused.clause) == (code, "HK-03")
    await life.at("2026-11-27T09:58")  # a Friday, so that 1 wd reaches to Monday
    await life.do("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    await life.expect("deadline_set", clock="approval", due_at="2026-11-30T17:30:00+08:00", clause="HK-03")
    await life.at("2026-11-30T17:29")
    await life.never("approval_lapsed")
    await life.decide("dispatcher", "return")
    await life.expect("return_granted", unit="housing", to_unit="forestry")
    await life.expect("order_dispatched", units=[{"unit": "forestry", "part": "lead"}], at="2026-11-30T17:29:00+08:00")
    await life.expect("deadline_set", clock="sign_off", unit="forestry", due_at="2026-12-01T17:29:00+08:00")

    late = await signed(lives)
    await late.at("2026-11-24T09:02")
    refused = await late.refused("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    assert (refused.code, refused.clause) == ("too_late", "HK-03")


async def test_hk_03_refused_or_unanswered(lives: Lives) -> None:
    """A refused return leaves the order with the unit for good; one not decided in 1 wd lapses."""
    life = await signed(lives)
    await life.do("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    await life.decide("dispatcher", "return", "reject", comment="属住建部门职责")
    await life.expect("return_refused", unit="housing")
    again = await life.refused("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    assert (again.code, again.clause) == ("return_barred", "HK-03")
    await life.accepted("housing")
    await life.expect("reply_accepted", unit="housing")

    waits = await signed(lives)
    await waits.do("unit_clerk", "request_return", unit="housing", **NOT_OURS)
    await waits.at("2026-11-24T17:31")
    await waits.expect("approval_lapsed", kind="return", at="2026-11-24T17:30:00+08:00")
    await waits.expect("escalated", to_role="hotline_director", reason="approval_lapsed", clause="HK-03")
    await waits.decide("dispatcher", "return")
    await waits.expect("signal_ignored", approval="return", reason="already_done")
    await waits.never("return_granted")


async def test_hk_04(lives: Lives) -> None:
    """A disputed order goes to the lead that the coordination names; the others stay responsible with it."""
    life = await signed(lives)
    await handed_on(life, "housing", "forestry")
    await handed_on(life, "forestry", "civil_affairs")
    await life.do("unit_clerk", "request_return", unit="civil_affairs", **NOT_OURS)
    await life.expect("approval_opened", kind="redispatch", by_role="hotline_director", unit="civil_affairs")
    await life.decide("dispatcher", "redispatch")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("hotline_director", "redispatch", proposed_unit="market", comment="会商确定由行业牵头部门办理")
    await life.expect("order_dispatched", mode="coordination", units=[{"unit": "market", "part": "lead"}])
    await life.expect("order_dispatched", mode="coordination", units=[
        {"unit": unit, "part": "assist"} for unit in ("housing", "forestry", "civil_affairs")
    ])  # fmt: skip
    for unit in ("market", "forestry"):
        await life.expect("deadline_set", clock="handling", unit=unit, due_at="2026-12-03T17:30:00+08:00")
        await life.sign(unit)
        refused = await life.refused("unit_clerk", "request_return", unit=unit, **NOT_OURS)
        assert (refused.code, refused.clause) == ("return_barred", "HK-04")
    await life.accepted("market")
    await life.called("satisfied")
    await life.archived()


async def test_hk_04_no_result(lives: Lives) -> None:
    """Where the coordination has no other result the unit in charge handles; the others assist."""
    life = await signed(lives)
    await handed_on(life, "housing", "forestry")
    await handed_on(life, "forestry", "civil_affairs")
    await life.do("unit_clerk", "request_return", unit="civil_affairs", **NOT_OURS)
    await life.decide("hotline_director", "redispatch", "reject")
    await life.expect("return_barred", unit="civil_affairs")
    await life.expect("order_dispatched", mode="coordination", units=[
        {"unit": unit, "part": "assist"} for unit in ("housing", "forestry")
    ])  # fmt: skip
    await life.accepted("civil_affairs")
    await life.expect("reply_accepted", unit="civil_affairs")


@pytest.mark.parametrize(
    ("category", "due_at"),
    [
        ("consult", "2026-09-21T17:30:00+08:00"),  # Sunday 20 September is worked, so the 2nd day is Monday
        ("help", "2026-09-28T17:30:00+08:00"),  # over Mid-Autumn, 25–27 September
        ("suggestion", "2026-09-28T17:30:00+08:00"),
        ("complaint", "2026-09-30T17:30:00+08:00"),
        ("report", "2026-09-30T17:30:00+08:00"),
    ],
)
async def test_hk_05(lives: Lives, category: str, due_at: str) -> None:
    """Limits with the working day for receiving included: consult 2 wd, help and suggestion 6 wd, else 8 wd."""
    life = await lives("hukou", category=category, start="2026-09-18T16:00")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="handling", due_at=due_at, clause="HK-05")
    await life.at("2026-09-19T10:00")
    await life.sign("housing")  # signing later moves nothing: receiving is part of the limit
    assert len(await life.events("deadline_set", clock="handling")) == 1
    await life.at(due_at[:16].replace("17:30", "17:29"))
    await life.never("handling_overdue")
    await life.at(due_at[:16].replace("17:30", "17:31"))
    await life.expect("handling_overdue", unit="housing", at=due_at, reason="limit_passed")


async def test_hk_06(lives: Lives) -> None:
    """Extension at least 24 h ahead with reason and date, by the city; at most 2, each as long as the limit."""
    life = await signed(lives, category="consult", source="city_platform")
    ask = {"unit": "housing", "reason": "需省厅批复", "until": "2026-11-27T17:30:00+08:00"}
    for lacking in ("reason", "until"):
        refused = await life.refused(
            "unit_clerk", "request_extension", **{name: value for name, value in ask.items() if name != lacking}
        )
        assert (refused.code, refused.clause) == ("missing_field", "HK-06")
    beyond = await life.refused("unit_clerk", "request_extension", **ask | {"until": "2026-11-27T17:31:00+08:00"})
    assert (beyond.code, beyond.clause) == ("exceeds_maximum", "HK-06")
    await life.at("2026-11-24T17:28")  # the limit is the 25th, 17:30
    await life.do("unit_clerk", "request_extension", **ask)
    await life.expect("approval_opened", kind="extension", stage="city", by_role="city_platform")
    await life.expect("sent_to_city", what="extension")
    await life.decide("supervisor", "extension")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("city_platform", "extension")
    await life.expect("deadline_set", clock="handling", due_at="2026-11-27T17:30:00+08:00", clause="HK-06")
    await life.expect("notice_issued", template="citizen_update", to_role="citizen", clause="HK-06")
    await life.at("2026-11-26T17:28")
    again = ask | {"until": "2026-12-01T17:30:00+08:00"}
    await life.do("unit_clerk", "request_extension", **again)
    await life.decide("city_platform", "extension")
    await life.expect("deadline_set", clock="handling", due_at="2026-12-01T17:30:00+08:00")
    third = await life.refused("unit_clerk", "request_extension", **ask | {"until": "2026-12-02T17:30:00+08:00"})
    assert (third.code, third.clause) == ("limit_reached", "HK-06")
    await life.at("2026-12-01T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-12-01T17:30:00+08:00")


async def test_hk_06_late_or_refused(lives: Lives) -> None:
    """Within the last 24 h no extension can be asked for; one that the city refuses leaves the old limit."""
    life = await signed(lives, category="consult", source="city_platform")
    ask = {"unit": "housing", "reason": "需省厅批复", "until": "2026-11-26T17:30:00+08:00"}
    await life.do("unit_clerk", "request_extension", **ask)
    await life.decide("city_platform", "extension", "reject")
    await life.expect("extension_refused", unit="housing")
    await life.at("2026-11-24T17:32")
    late = await life.refused("unit_clerk", "request_extension", **ask)
    assert (late.code, late.clause) == ("too_late", "HK-06")
    await life.at("2026-11-25T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-11-25T17:30:00+08:00")


async def test_hk_07(lives: Lives) -> None:
    """A result has basic facts and site check, result and communication, and a proposed reply."""
    life = await signed(lives)
    sections = REPLIES["hukou"]["sections"]
    for lacking in sections:
        for changed in ({name: text for name, text in sections.items() if name != lacking}, sections | {lacking: " "}):
            refused = await life.refused("unit_clerk", "submit_reply", unit="housing", sections=changed)
            assert (refused.code, refused.clause) == ("missing_section", "HK-07")
            assert lacking in refused.reason
    await life.reply("housing")
    await life.expect("reply_submitted", unit="housing")


async def test_hk_08(lives: Lives) -> None:
    """Complex orders: a plan with its schedule, and progress reported every 3 wd."""
    life = await signed(lives, grade="complex")
    await life.expect("deadline_set", clock="progress", due_at="2026-11-26T17:30:00+08:00", clause="HK-08")
    report = {"unit": "housing", "stage": "plan", "text": "已会同设计单位踏勘", "plan": "分三段更换电缆"}
    dated = report | {"expected_at": "2026-12-02T17:30:00+08:00"}
    for lacking in ("text", "plan"):
        refused = await life.refused("unit_clerk", "report_progress", **dated | {lacking: ""})
        assert (refused.code, refused.clause) == ("missing_field", "HK-08")
    undated = await life.refused("unit_clerk", "report_progress", **report)
    assert (undated.code, undated.clause) == ("missing_field", "HK-08")
    await life.at("2026-11-24T10:00")
    await life.do("unit_clerk", "report_progress", **dated)
    await life.expect("progress_reported", stage="plan", expected_at="2026-12-02T17:30:00+08:00")
    await life.expect("deadline_set", clock="progress", due_at="2026-11-27T17:30:00+08:00")
    await life.expect("notice_issued", template="citizen_update", to_role="citizen", clause="HK-08")
    await life.at("2026-11-27T17:29")
    await life.never("milestone_missed")
    await life.at("2026-11-27T17:31")
    await life.expect("milestone_missed", clock="progress", at="2026-11-27T17:30:00+08:00")
    await life.expect("notice_issued", template="overdue", to_role="unit_deputy_leader", clause="HK-08")
    await life.expect("deadline_set", clock="progress", due_at="2026-12-02T17:30:00+08:00")

    plain = await signed(lives, grade="normal")
    await plain.never("deadline_set", clock="progress")


async def test_hk_09(lives: Lives) -> None:
    """Appeal on a listed ground with evidence and the leader's approval; granted by the city: not counted."""
    life = await signed(lives, source="city_platform")
    for change, code in (
        ({"ground": "too_hard"}, "invalid"),
        ({"signed_by": []}, "missing_signature"),
        ({"attachments": []}, "missing_attachment"),
    ):
        refused = await life.refused("unit_clerk", "appeal", unit="housing", **APPEAL | change)
        assert (refused.code, refused.clause) == (code, "HK-09")
    await life.do("unit_clerk", "appeal", unit="housing", **APPEAL)
    await life.expect("approval_opened", kind="appeal", stage="city", by_role="city_platform", ground="no_legal_basis")
    await life.expect("sent_to_city", what="appeal")
    await life.decide("city_platform", "appeal", "reject")
    await life.expect("appeal_refused", unit="housing")
    await life.accepted("housing")  # refused: nothing changes
    await life.called("dissatisfied")
    await life.expect("rework_opened", unit="housing")
    await life.do("unit_clerk", "appeal", unit="housing", **APPEAL)
    await life.decide("city_platform", "appeal")
    await life.expect("appeal_granted", unit="housing", ground="no_legal_basis")
    await life.archived()
    await life.expect("order_closed", outcome="not_counted")

    elsewhere = await lives("gaotai", grade="days_7")
    await elsewhere.dispatch("housing")
    await elsewhere.sign("housing")
    refused = await elsewhere.refused("unit_clerk", "appeal", unit="housing", **APPEAL)
    assert refused.code == "not_allowed"


async def test_hk_10(lives: Lives) -> None:
    """The centre reviews first; what is not in order goes back for rework, within the same limit."""
    life = await signed(lives, category="consult", source="city_platform")
    await life.reply("housing")
    await life.expect("approval_opened", kind="review", stage="hotline", by_role="reviewer")
    await life.never("sent_to_city", what="result")
    await life.decide("reviewer", "review", "reject", comment="答复口径不规范")
    await life.expect("reply_sent_back", unit="housing", desk="hotline")
    await life.reply("housing")
    await life.decide("reviewer", "review")
    await life.expect("sent_to_city", what="result")
    await life.expect("approval_opened", kind="city_review", stage="city", by_role="city_platform")
    await life.at("2026-11-25T17:00")
    await life.decide("city_platform", "city_review", "reject")
    await life.expect("reply_sent_back", unit="housing", desk="city")
    assert len(await life.events("deadline_set", clock="handling")) == 1
    await life.at("2026-11-25T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-11-25T17:30:00+08:00")

    ours = await signed(lives)
    await ours.accepted("housing")
    await ours.never("approval_opened", kind="city_review")
    await ours.expect("reply_accepted", unit="housing")


@pytest.mark.parametrize("mark", ["repeated", "leader_assigned", "wide_impact", "clustered", "sensitive"])
async def test_hk_11(lives: Lives, mark: str) -> None:
    """Repeated complaints or rework, buck-passing, leader-assigned, major concern: verified by the inspection."""
    life = await lives("hukou", marks=[mark])
    await life.dispatch("housing")
    await life.expect("escalated", to_role="inspection", unit="housing", reason="major_concern", clause="HK-11")
    plain = await lives("hukou", marks=["urgent_mark"])
    await plain.dispatch("housing")
    await plain.never("escalated")


async def test_hk_11_leader_assigned(lives: Lives) -> None:
    """What a county leader assigned by signature is verified by the inspection."""
    life = await lives("hukou")
    await life.dispatch("housing", mode="leader_assigned")
    await life.expect("escalated", to_role="inspection", unit="housing", reason="leader_assigned", clause="HK-11")


async def test_hk_11_repeated_rework(lives: Lives) -> None:
    """An order sent back to be done again a second time is verified by the inspection."""
    life = await signed(lives)
    await still_dissatisfied(life, 1)
    await life.never("escalated")
    await still_dissatisfied(life, 1)
    await life.expect("escalated", to_role="inspection", unit="housing", reason="repeated_rework", clause="HK-11")


async def test_hk_11_sent_back(lives: Lives) -> None:
    """An answer that the centre sends back for the second time is verified by the inspection."""
    life = await signed(lives)
    for times in (1, 2):
        await life.never("escalated")
        await life.reply("housing")
        await life.decide("reviewer", "review", "reject")
        assert len(await life.events("reply_sent_back")) == times
    await life.expect("escalated", to_role="inspection", unit="housing", reason="repeated_rework", clause="HK-11")


async def test_hk_11_buck_passing(lives: Lives) -> None:
    """Units that pass an order on without ground are reported to the inspection."""
    life = await lives("hukou")
    await life.dispatch("housing", "market")
    for unit in ("housing", "market"):
        await life.never("escalated")
        await life.sign(unit)
        await life.do("unit_clerk", "request_return", unit=unit, **NOT_OURS)
        await life.decide("dispatcher", "return", "reject")
    await life.expect("escalated", to_role="inspection", unit="market", reason="buck_passing", clause="HK-11")

    passed = await signed(lives)
    await handed_on(passed, "housing", "forestry")
    await handed_on(passed, "forestry", "civil_affairs")
    await passed.never("escalated")
    await passed.do("unit_clerk", "request_return", unit="civil_affairs", **NOT_OURS)
    await passed.expect("escalated", to_role="inspection", unit="civil_affairs", reason="buck_passing", clause="HK-11")


async def test_hk_12(lives: Lives) -> None:
    """Dissatisfied though the unit complied: a panel. Reasonable: solved by a limit; else an appeal is supported."""
    life = await signed(lives)
    await still_dissatisfied(life, 2)
    await life.never("panel_opened")
    await still_dissatisfied(life, 1)
    await life.expect("panel_opened")
    await life.expect("approval_opened", kind="panel", stage="panel", by_role="panel")
    await life.decide("reviewer", "panel")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("panel", "panel", "reject")
    await life.expect("panel_decided", finding="demand_reasonable")
    await life.expect("rework_opened", unit="housing", round=3)
    await life.expect("deadline_set", clock="rework", due_at="2026-11-25T17:30:00+08:00")
    await still_dissatisfied(life, 1)
    assert len(await life.events("panel_opened")) == 1
    await life.expect("approval_opened", kind="final_reply", by_role="hotline_director")
    await life.decide("hotline_director", "final_reply")
    await life.archived()
    await life.expect("order_closed", outcome="dissatisfied_final")


async def test_hk_12_unit_upheld(lives: Lives) -> None:
    """The panel finds that the unit complied: its appeal is supported, the order not counted."""
    life = await signed(lives, source="city_platform")
    await life.reply("housing", resolution="unreasonable", final=True, attachments=["finding-1"])
    await life.decide("reviewer", "review")
    await life.decide("city_platform", "city_review")
    await life.called("dissatisfied")
    await life.never("rework_opened")
    await life.decide("panel", "panel")
    await life.expect("panel_decided", finding="unit_upheld")
    await life.expect("approval_opened", kind="final_reply", by_role="hotline_director")
    await life.do("unit_clerk", "appeal", unit="housing", **APPEAL)
    await life.decide("city_platform", "appeal")
    await life.archived()
    await life.expect("order_closed", outcome="not_counted")
