"""The clauses of rugao (shared rules: docs/clauses.md), each seen in the running system."""

from typing import Any

import pytest

from adapters.database.orders.orders import OrderFilter
from domain.order.read_model import OrderView
from domain.refusal import Refused
from tests.stage import REPLIES, Life, Lives

REPLY = REPLIES["rugao"]
ASKING: dict[str, Any] = {"unit": "housing", "reason": "需等待电缆到货后方可施工"}
RETURNING: dict[str, Any] = {
    "reason": "路灯由城管局管护",
    "basis": "市城管局三定方案第四条",
    "proposed_unit": "urban_management",
    "signed_by": ["unit_deputy_leader"],
    "attachments": ["form-1"],
}


async def view_of(life: Life) -> OrderView:
    """The order in the read model, once everything is recorded."""
    await life.timeline()
    view = await life.rehearsal.services.orders.view(life.no)
    assert view is not None
    return view


async def at_work(lives: Lives, **demand: Any) -> Life:
    """An order that housing has signed."""
    life = await lives("rugao", **demand)
    await life.dispatch("housing")
    await life.sign("housing")
    return life


async def turned_down(life: Life, do: str, code: str, clause: str, **body: Any) -> None:
    """The unit's command is refused with this code and clause."""
    refusal = await life.refused("unit_clerk", do, **body)
    assert (refusal.code, refusal.clause) == (code, clause), refusal.reason


async def test_rg_03(lives: Lives) -> None:
    """Two-way transfer with 110: out of the hotline's hands at intake, and in as an order like any other."""
    out = await lives("rugao", grade="urgent")
    unknown = await out.refused("dispatcher", "transfer_out", line="12315", reason="现场斗殴")
    assert unknown.code == "invalid"
    await out.do("agent", "transfer_out", line="110", reason="现场斗殴，需警力处置")
    await out.archived()
    await out.expect("transferred_out", line="110", actor="agent")
    await out.expect("order_closed", outcome="transferred")

    taken_in = await lives("rugao", source="110")
    await taken_in.expect("order_opened", source="110")
    await taken_in.dispatch("police")
    late = await taken_in.refused("dispatcher", "transfer_out", line="110")
    assert late.code == "wrong_stage"
    await taken_in.sign("police")
    await taken_in.accepted("police")
    await taken_in.called("satisfied")
    await taken_in.archived()
    await taken_in.expect("order_closed", outcome="satisfied")


async def test_rg_04(lives: Lives) -> None:
    """Emergency units: level 1 on site in 30 min at any hour; levels 1 and 2 told at once, level 3 in working time."""
    night = "2026-11-23T22:00"
    life = await lives("rugao", grade="urgent", start=night)
    known = await life.rehearsal.services.catalogue.units(realm=life.rehearsal.realm, regime="rugao")
    levels = {unit.id: unit.emergency_level for unit in known}
    assert (levels["police"], levels["education"], levels["agriculture"]) == ("1", "2", "3")
    await life.dispatch("police", "education", "agriculture")
    (on_site,) = await life.events("deadline_set", clock="on_site")
    assert (on_site["unit"], on_site["due_at"], on_site["clause"]) == ("police", "2026-11-23T22:30:00+08:00", "RG-04")
    for unit in ("police", "education"):
        await life.expect("notice_issued", template="dispatch", unit=unit, at=f"{night}:00+08:00")
    await life.expect("deadline_set", clock="sign_off", unit="agriculture", due_at="2026-11-24T10:30:00+08:00")
    await life.at("2026-11-23T22:29")
    await life.do("unit_clerk", "arrive_on_site", unit="police")
    again = await life.refused("unit_clerk", "arrive_on_site", unit="police")
    assert again.code == "already_done"
    await life.at("2026-11-23T23:00")
    await life.never("milestone_missed")

    slow = await lives("rugao", grade="special_urgent", start=night)
    await slow.dispatch("gas")
    await slow.at("2026-11-23T22:31")
    await slow.expect("milestone_missed", clock="on_site", unit="gas", at="2026-11-23T22:30:00+08:00")
    await slow.expect("escalated", to_role="unit_principal_leader", unit="gas", reason="not_on_site", clause="RG-04")
    await slow.expect("notice_issued", template="overdue", to_role="unit_deputy_leader", unit="gas", clause="RG-04")

    calm = await lives("rugao", start=night)
    await calm.dispatch("police")
    await calm.never("deadline_set", clock="on_site")


async def test_rg_05(lives: Lives) -> None:
    """Kinds of their own; urgent and state/province/city-assigned first in the queue."""
    realm = "ranks"
    ranks: tuple[dict[str, Any], ...] = (
        {},
        {"grade": "difficult", "marks": ["clustered"]},
        {"marks": ["state_assigned"]},
        {"marks": ["province_assigned"]},
        {"grade": "complex", "marks": ["city_assigned"]},
        {"grade": "urgent"},
        {"grade": "special_urgent"},
    )
    plain, clustered, *assigned, urgent, special = [await lives("rugao", realm=realm, **rank) for rank in ranks]
    await plain.dispatch("housing")  # with the only limit it would stand first by due moment
    for life in (plain, clustered, *assigned, urgent, special):
        await life.timeline()
    page = await plain.rehearsal.services.orders.list(OrderFilter(realm=realm))
    wanted = [life.no for life in (special, urgent, *assigned, clustered, plain)]
    assert [item.view.no for item in page.items] == wanted
    with pytest.raises(Refused) as unknown:
        await lives("rugao", grade="hours_3")
    assert unknown.value.code == "invalid"


async def test_rg_06(lives: Lives) -> None:
    """Unreasonable: the reply states the finding, is marked final, sealed; the centre decides whether it is the end."""
    life = await at_work(lives)
    finding = REPLY | {"final": True, "resolution": "unreasonable"}
    groundless = finding | {"resolution": "resolved"}
    await turned_down(life, "submit_reply", "not_allowed", "RG-06", unit="housing", **groundless)
    unsealed = await life.refused("unit_clerk", "submit_reply", unit="housing", **(finding | {"attachments": []}))
    assert unsealed.code == "missing_attachment"
    await life.reply("housing", final=True, resolution="unreasonable")
    await life.expect("reply_submitted", final=True, resolution="unreasonable", attachments=["photo-1"])
    await life.decide("reviewer", "review")
    await life.called("dissatisfied")
    await life.expect("approval_opened", kind="final_reply", by_role="hotline_director")
    await life.never("rework_opened")
    assert (await view_of(life)).stage == "final"
    await life.decide("hotline_director", "final_reply", "reject")
    await life.expect("rework_opened", unit="housing", round=1)
    await life.expect("deadline_set", clock="rework", due_at="2026-11-25T17:30:00+08:00", clause="RG-06")
    await life.reply("housing", final=True)  # a citizen who was dissatisfied before is ground enough
    await life.decide("reviewer", "review")
    await life.called("dissatisfied")
    await life.decide("hotline_director", "final_reply")
    await life.archived()
    await life.expect("order_closed", outcome="dissatisfied_final")


async def test_rg_06_repeatedly(lives: Lives) -> None:
    """Dissatisfied again after two reworks: the last word is asked for without a mark."""
    life = await at_work(lives)
    for _ in range(3):
        await life.never("approval_opened", kind="final_reply")
        await life.accepted("housing")
        await life.called("dissatisfied")
    assert [row["round"] for row in await life.events("rework_opened")] == [1, 2]
    await life.decide("hotline_director", "final_reply")
    await life.archived()
    await life.expect("order_closed", outcome="dissatisfied_final")


async def test_rg_07(lives: Lives) -> None:
    """Outside-scope matters are ended by joint finding: one finds it, another agrees, and not the unit."""
    life = await at_work(lives)
    finding = {"ground": "litigation", "text": "同一事项法院已立案，属于涉法涉诉"}
    unit = await life.refused("unit_clerk", "request_termination", **finding)
    assert unit.code == "not_permitted"
    await life.do("reviewer", "request_termination", **finding)
    twice = await life.refused("reviewer", "request_termination", **finding)
    assert twice.code == "already_done"
    await life.decide("reviewer", "termination")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("hotline_director", "termination", "reject")
    await life.never("order_terminated")
    await life.do("reviewer", "request_termination", **finding)
    await life.decide("hotline_director", "termination")
    await life.archived()
    await life.expect("order_terminated", ground="litigation")
    await life.expect("order_closed", outcome="terminated")
    await life.never("callback_recorded")


async def test_rg_08(lives: Lives) -> None:
    """Sign-off within 2 working hours of dispatch, over a holiday as over a night."""
    prompt = await lives("rugao", start="2026-09-30T17:00")
    await prompt.dispatch("housing")
    await prompt.expect("deadline_set", clock="sign_off", due_at="2026-10-08T10:00:00+08:00", clause="RG-08")
    await turned_down(prompt, "submit_reply", "wrong_stage", "RG-08", unit="housing", **REPLY)
    await prompt.at("2026-10-08T09:59")
    await prompt.sign("housing")
    await prompt.at("2026-10-08T10:30")
    await prompt.expect("order_signed", late=False)
    await prompt.never("sign_off_missed")

    slow = await lives("rugao", start="2026-11-23T11:00")
    await slow.dispatch("housing")
    await slow.at("2026-11-23T15:01")
    await slow.expect("sign_off_missed", unit="housing", at="2026-11-23T15:00:00+08:00")
    await slow.expect("notice_issued", template="sign_off_missed", to_role="unit_deputy_leader", clause="RG-08")
    await slow.sign("housing")
    await slow.expect("order_signed", late=True)


async def test_rg_09(lives: Lives) -> None:
    """Limits: consult 1 wd; help, suggestion, complaint and report 5 wd; warned of 2 wh and 1 wd before."""
    consult = await at_work(lives, category="consult", start="2026-09-30T17:00")
    await consult.expect("deadline_set", clock="handling", due_at="2026-10-08T17:30:00+08:00", clause="RG-09")
    await consult.at("2026-10-08T17:31")
    await consult.expect("light_changed", light="yellow", at="2026-10-08T15:30:00+08:00")
    await consult.expect("handling_overdue", unit="housing", at="2026-10-08T17:30:00+08:00", reason="limit_passed")
    for category in ("help", "suggestion", "report"):
        other = await lives("rugao", category=category, start="2026-09-18T16:00")
        await other.dispatch("housing")
        await other.expect("deadline_set", clock="handling", due_at="2026-09-24T17:30:00+08:00", clause="RG-09")
    complaint = await at_work(lives, start="2026-09-18T16:00")
    await complaint.at("2026-09-24T17:29")
    await complaint.expect("light_changed", light="yellow", at="2026-09-23T17:30:00+08:00")
    await complaint.reply("housing")
    await complaint.at("2026-09-28T09:00")
    await complaint.never("handling_overdue")


async def test_rg_10(lives: Lives) -> None:
    """Special: first opinion in 4 h, progress in 3 wd; the one does not stand for the other."""
    life = await at_work(lives, grade="special", start="2026-11-23T16:00")
    await life.expect("deadline_set", clock="first_opinion", due_at="2026-11-23T20:00:00+08:00", clause="RG-10")
    await life.expect("deadline_set", clock="progress", due_at="2026-11-26T17:30:00+08:00", clause="RG-10")
    await life.at("2026-11-23T19:59")
    await life.do("unit_clerk", "report_progress", unit="housing", stage="first_opinion", text="已派员到场围护")
    await life.at("2026-11-26T17:31")
    await life.never("milestone_missed", clock="first_opinion")
    await life.expect("milestone_missed", clock="progress", unit="housing", at="2026-11-26T17:30:00+08:00")
    await life.expect("notice_issued", template="overdue", to_role="unit_deputy_leader", clause="RG-10")


async def test_rg_10_urgent(lives: Lives) -> None:
    """Special-urgent: first opinion in 2 h, progress in 2 wd, a make-up Sunday being one."""
    life = await lives("rugao", grade="special_urgent", start="2026-09-18T16:00")
    await life.dispatch("market")
    await life.sign("market")
    await life.expect("deadline_set", clock="first_opinion", due_at="2026-09-18T18:00:00+08:00", clause="RG-10")
    await life.expect("deadline_set", clock="progress", due_at="2026-09-21T17:30:00+08:00", clause="RG-10")
    await life.at("2026-09-18T18:01")
    await life.expect("milestone_missed", clock="first_opinion", unit="market", at="2026-09-18T18:00:00+08:00")
    await life.at("2026-09-21T17:29")
    await life.do("unit_clerk", "report_progress", unit="market", stage="progress", text="问题商品已下架封存")
    await life.at("2026-09-21T18:00")
    await life.never("milestone_missed", clock="progress")
    normal = await at_work(lives)
    await normal.never("deadline_set", clock="first_opinion")


async def test_rg_11(lives: Lives) -> None:
    """Extension: 1 wd before the limit at the latest, once only, 10 wd in total, with a detailed reason."""
    life = await at_work(lives, start="2026-09-18T16:00")
    await turned_down(life, "request_extension", "missing_field", "RG-11", unit="housing")
    too_long = ASKING | {"until": "2026-10-10T17:30:00+08:00"}
    await turned_down(life, "request_extension", "exceeds_maximum", "RG-11", **too_long)
    await life.at("2026-09-23T17:29")
    await life.do("unit_clerk", "request_extension", **ASKING)
    await life.decide("supervisor", "extension")
    await life.expect("extension_granted", unit="housing", until="2026-10-09T17:30:00+08:00")
    await life.expect("deadline_set", clock="handling", due_at="2026-10-09T17:30:00+08:00", clause="RG-11")
    await turned_down(life, "request_extension", "limit_reached", "RG-11", **ASKING)
    await life.at("2026-10-09T17:29")
    await life.never("handling_overdue")

    late = await at_work(lives, start="2026-09-18T16:00")
    await late.at("2026-09-23T17:31")
    await turned_down(late, "request_extension", "too_late", "RG-11", **ASKING)


async def test_rg_11_who(lives: Lives) -> None:
    """Consult not; province/city-assigned with the principal leader's signature; one that was refused was the one."""
    consult = await at_work(lives, category="consult", start="2026-11-23T09:00")
    await turned_down(consult, "request_extension", "not_allowed", "RG-11", **ASKING)
    for mark in ("province_assigned", "city_assigned"):
        assigned = await at_work(lives, marks=[mark])
        for signed_by in ([], ["unit_deputy_leader"]):
            unsigned = ASKING | {"signed_by": signed_by}
            await turned_down(assigned, "request_extension", "missing_signature", "RG-11", **unsigned)
        await assigned.do("unit_clerk", "request_extension", **ASKING, signed_by=["unit_principal_leader"])
        await assigned.expect("approval_opened", kind="extension", by_role="supervisor")
    await assigned.decide("supervisor", "extension", "reject")
    await assigned.expect("extension_refused", unit="housing")
    again = ASKING | {"signed_by": ["unit_principal_leader"]}
    await turned_down(assigned, "request_extension", "limit_reached", "RG-11", **again)
    await assigned.at("2026-11-30T17:31")
    await assigned.expect("handling_overdue", unit="housing", at="2026-11-30T17:30:00+08:00")


async def test_rg_12(lives: Lives) -> None:
    """Unclosed: process, plan and expected date reported; not overdue at the limit, tracked until done."""
    life = await at_work(lives)
    await life.at("2026-11-27T10:00")
    listing = {"text": "已勘查，需更换电缆", "plan": "电缆到货后三日内施工", "expected_at": "2026-12-18"}
    for left_out in listing:
        body = {name: value for name, value in listing.items() if name != left_out}
        await turned_down(life, "list_unclosed", "missing_field", "RG-12", unit="housing", **body)
    past = listing | {"expected_at": "2026-11-26"}
    await turned_down(life, "list_unclosed", "invalid", "RG-12", unit="housing", **past)
    await life.do("unit_clerk", "list_unclosed", unit="housing", **listing)
    await life.expect("unclosed_listed", unit="housing", expected_at="2026-12-18T17:30:00+08:00")
    await life.expect("notice_issued", template="citizen_update", to_role="citizen", clause="RG-12")
    await life.expect("deadline_set", clock="progress", due_at="2026-12-18T17:30:00+08:00", clause="RG-12")
    await turned_down(life, "list_unclosed", "already_done", "RG-12", unit="housing", **listing)
    await life.at("2026-12-10T10:00")
    await life.never("handling_overdue")
    view = await view_of(life)
    assert (view.overdue, view.light, view.facts["unclosed"]) == (False, "green", True)
    assert [(one.role, one.unit, one.what) for one in view.waiting] == [("unit_clerk", "housing", "submit_reply")]

    await life.do("unit_clerk", "report_progress", unit="housing", text="电缆已到货，正在布设")
    await life.at("2026-12-18T17:31")
    await life.expect("milestone_missed", clock="progress", unit="housing", at="2026-12-18T17:30:00+08:00")
    await life.do("unit_clerk", "report_progress", unit="housing", text="雨天停工两日", expected_at="2026-12-22")
    await life.expect("deadline_set", clock="progress", due_at="2026-12-22T17:30:00+08:00", clause="RG-12")
    await life.reply("housing", resolution="partial")
    await life.decide("reviewer", "review", "reject")
    await life.at("2026-12-22T17:31")
    await life.expect("milestone_missed", clock="progress", unit="housing", at="2026-12-22T17:30:00+08:00")
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    await life.never("handling_overdue")
    await life.expect("order_closed", outcome="satisfied")


async def test_rg_13(lives: Lives) -> None:
    """Return within 1 wd with reason, basis, proposed unit, deputy leader's signature; late, it counts as overdue."""
    life = await lives("rugao", start="2026-09-18T16:00")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="return", due_at="2026-09-20T17:30:00+08:00", clause="RG-13")
    lacking = {
        "reason": "missing_field",
        "basis": "missing_field",
        "proposed_unit": "missing_field",
        "signed_by": "missing_signature",
        "attachments": "missing_attachment",
    }
    for left_out, code in lacking.items():
        body = {name: value for name, value in RETURNING.items() if name != left_out}
        await turned_down(life, "request_return", code, "RG-13", unit="housing", **body)
    wrong_leader = RETURNING | {"signed_by": ["unit_section_head"]}
    await turned_down(life, "request_return", "missing_signature", "RG-13", unit="housing", **wrong_leader)
    await life.at("2026-09-20T17:29")
    await life.do("unit_clerk", "request_return", unit="housing", **RETURNING)
    await life.expect("approval_opened", kind="return", by_role="dispatcher", proposed_unit="urban_management")
    await life.decide("dispatcher", "return")
    await life.expect("return_granted", unit="housing", to_unit="urban_management")
    await life.never("handling_overdue")

    await life.expect("deadline_set", clock="return", unit="urban_management", due_at="2026-09-21T17:30:00+08:00")
    await life.at("2026-09-21T17:31")
    back = RETURNING | {"proposed_unit": "power"}
    await life.do("unit_clerk", "request_return", unit="urban_management", **back)
    late = await life.expect("handling_overdue", reason="late_return")
    assert (late["unit"], late["due_at"]) == ("urban_management", "2026-09-21T17:30:00+08:00")
    view = await view_of(life)
    assert (view.overdue, view.facts["on_time"]) == (True, False)
    await life.decide("dispatcher", "return", "reject")
    await life.expect("return_refused", unit="urban_management")
    await life.never("return_barred")


async def test_rg_14(lives: Lives) -> None:
    """Reply approved by the deputy leader; assigned from above or major, by the principal leader."""
    deputy, principal = ["unit_deputy_leader"], ["unit_principal_leader"]
    normal = await at_work(lives)
    unsigned = REPLY | {"signed_by": []}
    await turned_down(normal, "submit_reply", "missing_signature", "RG-14", unit="housing", **unsigned)
    await normal.reply("housing", signed_by=deputy)
    await normal.expect("reply_submitted", signed_by=deputy)
    for mark in ("province_assigned", "city_assigned", "wide_impact"):
        raised = await at_work(lives, marks=[mark])
        too_low = REPLY | {"signed_by": deputy}
        await turned_down(raised, "submit_reply", "missing_signature", "RG-14", unit="housing", **too_low)
        await raised.reply("housing", signed_by=principal)
        await raised.expect("reply_submitted", signed_by=principal)


async def test_rg_15(lives: Lives) -> None:
    """Reply has investigation, resolution and contact, each with something in it, and evidence."""
    life = await at_work(lives)
    for part, text in REPLY["sections"].items():
        rest = {name: words for name, words in REPLY["sections"].items() if words != text}
        for sections in (rest, rest | {part: "　。"}):
            body = REPLY | {"sections": sections}
            await turned_down(life, "submit_reply", "missing_section", "RG-15", unit="housing", **body)
    bare = REPLY | {"attachments": []}
    await turned_down(life, "submit_reply", "missing_attachment", "RG-15", unit="housing", **bare)
    await life.never("reply_submitted")
    await life.reply("housing", resolution="partial", citizen_satisfied=True)
    await life.expect("reply_submitted", resolution="partial", citizen_satisfied=True, attachments=["photo-1"])


async def test_rg_16(lives: Lives) -> None:
    """Platform review: what fails the three checks goes back to the unit within the same limit, before any callback."""
    life = await at_work(lives)
    await life.at("2026-11-27T10:00")
    await life.reply("housing")
    await life.expect("approval_opened", kind="review", stage="hotline", by_role="reviewer")
    await life.decide("unit_deputy_leader", "review")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("reviewer", "review", "reject", comment="佐证照片与答复不对应，后续措施不明确")
    sent_back = await life.expect("reply_sent_back", unit="housing", desk="hotline", by_role="reviewer")
    await life.expect("approval_decided", kind="review", decision="reject", comment={"length": 17})
    await life.never("callback_due")
    assert len(await life.events("deadline_set", clock="handling")) == 1
    await life.at("2026-11-30T17:31")
    await life.expect("handling_overdue", unit="housing", at="2026-11-30T17:30:00+08:00")
    await life.accepted("housing")
    due = await life.expect("callback_due", round=0)
    assert due["seq"] > sent_back["seq"]


async def test_rg_17(lives: Lives) -> None:
    """Joint handling: the centre names lead and assisting units; the lead merges the answers."""
    life = await lives("rugao", grade="complex", realm="precedents")
    for parts in (("assist", "assist"), ("lead", "lead")):
        units = [{"unit": unit, "part": part} for unit, part in zip(("housing", "water"), parts, strict=True)]
        unclear = await life.refused("dispatcher", "dispatch", units=units, mode="joint")
        assert (unclear.code, unclear.clause) == ("invalid", "RG-17")
    await life.dispatch("housing", "water", "gas", mode="joint")
    parts_given = [{"unit": "housing", "part": "lead"}, {"unit": "water", "part": "assist"}]
    await life.expect("order_dispatched", mode="joint", units=[*parts_given, {"unit": "gas", "part": "assist"}])
    for unit in ("housing", "water", "gas"):
        await life.sign(unit)
    await life.reply("water")
    await life.expect("reply_submitted", unit="water", part="assist")
    await life.never("approval_opened")
    await life.reply("housing")
    await life.expect("approval_opened", kind="review", unit="housing")
    await life.decide("reviewer", "review")
    assert len(await life.events("callback_due")) == 1
    assert (await view_of(life)).units == ("housing", "water")

    like = await lives("rugao", realm="precedents")
    unknown = await like.refused("dispatcher", "dispatch", units=[{"unit": "housing"}], precedent="T-none")
    assert unknown.code == "unknown_order"
    strange = await like.refused("dispatcher", "dispatch", units=[{"unit": "market"}], precedent=life.no)
    assert (strange.code, strange.clause) == ("invalid", "RG-17")
    await like.dispatch("housing", "water", precedent=life.no)
    await like.expect("order_dispatched", precedent=life.no)
    for unit in ("housing", "water"):
        await turned_down(like, "request_return", "return_barred", "RG-17", unit=unit, **RETURNING)


async def test_rg_18(lives: Lives) -> None:
    """Double supervision with the inspection office: overdue raises the level; struck off unit by unit."""
    life = await lives("rugao")
    units = [{"unit": unit, "part": "lead"} for unit in ("housing", "water")]
    await life.do("dispatcher", "dispatch", units=units, mode="dual")
    for unit in ("housing", "water"):
        await life.sign(unit)
    await life.at("2026-11-30T17:29")
    await life.never("supervision_opened")
    await life.at("2026-11-30T17:31")
    for unit in ("housing", "water"):
        overdue = {"unit": unit, "at": "2026-11-30T17:30:00+08:00", "clause": "RG-18"}
        await life.expect("supervision_opened", level="joint", reason="overdue", **overdue)
        await life.expect("escalated", to_role="inspection", reason="overdue", **overdue)
        await life.expect("notice_issued", template="supervision", to_role="unit_deputy_leader", unit=unit)
    assert {row["supervision"] for row in await life.events("supervision_opened")} == {"S1", "S2"}
    await life.do("unit_clerk", "answer_supervision", unit="housing", text="已约施工队，明日完工")
    await life.expect("supervision_answered", unit="housing")
    await life.never("supervision_answered", unit="water")
    done = await life.refused("unit_clerk", "answer_supervision", unit="housing", text="已报")
    assert done.code == "wrong_stage"
    await life.do("inspection", "open_supervision", unit="housing", level="leader", reason="群众反复反映")
    await life.expect("supervision_opened", level="leader", unit="housing", reason="inspection")
    await life.reply("water")
    await life.expect("supervision_answered", unit="water")


async def test_rg_18_by_hand(lives: Lives) -> None:
    """A joint supervision that the hotline opens is the inspection's too; a telephone call is not."""
    life = await at_work(lives)
    await life.do("supervisor", "open_supervision", level="phone", reason="请尽快反馈")
    await life.never("escalated")
    await life.do("supervisor", "open_supervision", level="joint", reason="督办未果，群众反复反映")
    await life.expect("escalated", to_role="inspection", unit="housing", reason="double_supervision", clause="RG-18")


async def test_rg_18_rework(lives: Lives) -> None:
    """What is sent back by the citizen again and again is supervised by both, from the second time on."""
    life = await at_work(lives)
    for times in (0, 1):
        assert len(await life.events("rework_opened")) == times
        await life.never("supervision_opened")
        await life.accepted("housing")
        await life.called("dissatisfied")
    await life.expect("supervision_opened", level="joint", unit="housing", reason="repeated_rework", clause="RG-18")
    await life.expect("escalated", to_role="inspection", reason="repeated_rework", clause="RG-18")
