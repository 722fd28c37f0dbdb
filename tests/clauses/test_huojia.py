"""The clauses of huojia (docs/clauses.md), each seen in the running system."""

from typing import Any

import httpx
import pytest

from adapters.phone_numbers import e164
from tests.stage import REPLIES, Life, Lives

HANDED_BACK = {
    "unit": "housing",
    "reason": "路灯归交通部门管理",
    "basis": "三定方案第四条",
    "signed_by": ["unit_principal_leader"],
}
MORE_TIME = {
    "unit": "housing",
    "reason": "配件需外购",
    "until": "2026-12-01T17:30:00+08:00",
    "signed_by": ["unit_principal_leader"],
}


async def dispatched(lives: Lives, **demand: Any) -> Life:
    """An order that was dispatched to the housing office on Monday 2026-11-23 09:00."""
    life = await lives("huojia", **demand)
    await life.dispatch("housing")
    return life


async def from_the_city(lives: Lives, **demand: Any) -> Life:
    """The same for an order of the city platform."""
    return await dispatched(lives, source="city_platform", city_no="XX-2026-7", **demand)


async def at_the_city(life: Life) -> list[dict[str, Any]]:
    """The messages about an order that the city platform has received, in order of arrival."""
    await life.timeline()  # returns once all effects are done
    url = f"{life.rehearsal.services.settings.city_base_url}/city/v1/received"
    async with httpx.AsyncClient() as http:
        received = (await http.get(url)).raise_for_status().json()
    return [each for each in received if each["body"]["no"] == life.no]


async def texts(life: Life, role: str, unit: str | None = "housing") -> list[str]:
    """The text messages about an order that reached a telephone, oldest first."""
    await life.timeline()
    services = life.rehearsal.services
    contact = await services.catalogue.contact(role, regime="huojia", unit=unit, realm=life.rehearsal.realm)
    assert contact is not None
    account = services.settings.twilio_account_sid
    url = f"{services.settings.twilio_base_url}/2010-04-01/Accounts/{account}/Messages.json"
    async with httpx.AsyncClient(auth=(account, services.settings.twilio_auth_token)) as http:
        answer = await http.get(url, params={"To": e164(contact.phone), "PageSize": 1000})
    messages = answer.raise_for_status().json()["messages"]
    return [message["body"] for message in reversed(messages) if life.no in message["body"]]


async def test_hj_01(lives: Lives) -> None:
    """Orders come from the city platform; extensions, results and reviews go back up to it."""
    life = await from_the_city(lives, grade="normal")
    await life.expect("order_opened", source="city_platform", at="2026-11-23T09:00:00+08:00")
    await life.do("unit_clerk", "request_extension", **MORE_TIME)
    await life.expect("sent_to_city", what="extension", unit="housing")
    await life.decide("city_platform", "extension")
    await life.reply("housing")
    await life.never("sent_to_city", what="result")
    await life.decide("reviewer", "review")
    await life.expect("sent_to_city", what="result", unit="housing")
    await life.decide("city_platform", "city_review", "reject")
    await life.expect("reply_sent_back", by_role="city_platform", desk="city")
    await life.accepted("housing")
    await life.expect("reply_accepted", unit="housing")

    posted = [(each["kind"], each["body"]["what"]) for each in await at_the_city(life)]
    assert sorted(posted) == [
        ("extensions", "extension"),
        *[("reports", "city_review")] * 2,
        *[("results", "result")] * 2,
    ]
    bodies = {each["kind"]: each["body"] for each in await at_the_city(life)}
    assert {body["city_no"] for body in bodies.values()} == {"XX-2026-7"}
    assert bodies["extensions"]["content"]["reason"] == "配件需外购"
    assert bodies["results"]["content"]["sections"] == REPLIES["huojia"]["sections"]
    await life.called("satisfied")
    await life.archived()


async def test_hj_01_of_the_county(lives: Lives) -> None:
    """An order of the county's own stays in the county: the hotline decides, the city hears nothing."""
    life = await dispatched(lives, grade="normal")
    await life.do("unit_clerk", "request_extension", **MORE_TIME)
    await life.expect("approval_opened", kind="extension", stage="hotline", by_role="supervisor")
    await life.decide("supervisor", "extension")
    await life.expect("extension_granted")
    await life.accepted("housing")
    await life.expect("reply_accepted", unit="housing")
    await life.never("sent_to_city")
    assert await at_the_city(life) == []


async def test_hj_03(lives: Lives) -> None:
    """Every result comes with evidence, and says how the unit got in touch with the citizen."""
    life = await dispatched(lives)
    bare = await life.refused("unit_clerk", "submit_reply", unit="housing", **(REPLIES["huojia"] | {"attachments": []}))
    assert (bare.code, bare.clause) == ("missing_attachment", "HJ-11")
    sections = {name: text for name, text in REPLIES["huojia"]["sections"].items() if name != "contact"}
    silent = await life.refused(
        "unit_clerk", "submit_reply", unit="housing", **(REPLIES["huojia"] | {"sections": sections})
    )
    assert (silent.code, silent.clause) == ("missing_section", "HJ-10")
    await life.do("unit_clerk", "record_visit", unit="housing", purpose="explain", text="上门说明维修安排")
    await life.expect("visit_recorded", unit="housing", purpose="explain")
    await life.reply("housing")
    await life.expect("reply_submitted", unit="housing", attachments=["photo-1"])
    await life.decide("reviewer", "review")
    await life.called("dissatisfied")
    again = await life.refused(
        "unit_clerk", "submit_reply", unit="housing", **(REPLIES["huojia"] | {"attachments": []})
    )
    assert (again.code, again.clause) == ("missing_attachment", "HJ-11")


async def test_hj_04(lives: Lives) -> None:
    """The unit dispatched to is responsible; of several the first leads, and its answer is the order's."""
    alone = await dispatched(lives)
    await alone.expect("order_dispatched", mode="single", units=[{"unit": "housing", "part": "lead"}])
    life = await lives("huojia")
    leads = [{"unit": unit, "part": "lead"} for unit in ("housing", "traffic")]
    two_heads = await life.refused("dispatcher", "dispatch", units=leads)
    assert (two_heads.code, two_heads.clause) == ("invalid", "HJ-04")
    await life.dispatch("housing", "traffic")
    parts = [{"unit": "housing", "part": "lead"}, {"unit": "traffic", "part": "assist"}]
    await life.expect("order_dispatched", mode="joint", units=parts)
    await life.reply("traffic")
    await life.never("approval_opened", kind="review")
    await life.reply("housing")
    await life.expect("approval_opened", kind="review", unit="housing")
    await life.decide("reviewer", "review")
    await life.expect("callback_due")


async def test_hj_05(lives: Lives) -> None:
    """Return within 1 h of dispatch with reason, basis and the principal leader's signature; once refused, never."""
    life = await dispatched(lives)
    await life.expect("deadline_set", clock="return", due_at="2026-11-23T10:00:00+08:00", clause="HJ-05")
    for without, code in (("reason", "missing_field"), ("basis", "missing_field"), ("signed_by", "missing_signature")):
        form = {name: value for name, value in HANDED_BACK.items() if name != without}
        lacking = await life.refused("unit_clerk", "request_return", **form)
        assert (lacking.code, lacking.clause) == (code, "HJ-05")
    await life.at("2026-11-23T09:58")
    await life.do("unit_clerk", "request_return", **HANDED_BACK)
    await life.decide("dispatcher", "return", "reject")
    await life.expect("return_refused", unit="housing")
    await life.expect("return_barred", unit="housing")
    again = await life.refused("unit_clerk", "request_return", **HANDED_BACK)
    assert (again.code, again.clause) == ("return_barred", "HJ-05")
    await life.accepted("housing")
    await life.expect("reply_accepted", unit="housing")


async def test_hj_05_too_late(lives: Lives) -> None:
    """After the hour the unit keeps the order."""
    life = await dispatched(lives)
    await life.at("2026-11-23T10:01")
    late = await life.refused("unit_clerk", "request_return", **HANDED_BACK)
    assert (late.code, late.clause) == ("too_late", "HJ-05")
    await life.never("approval_opened", kind="return")


async def test_hj_06(lives: Lives) -> None:
    """An unjustified return is put into the county bulletin and brought before the county leader."""
    life = await dispatched(lives)
    await life.do("unit_clerk", "request_return", **HANDED_BACK)
    await life.never("accountability_recorded")
    await life.decide("dispatcher", "return", "reject")
    await life.expect("accountability_recorded", kind="county_bulletin", unit="housing", clause="HJ-06")
    await life.expect("escalated", to_role="county_leader", unit="housing", reason="unjustified_return", clause="HJ-06")

    justified = await dispatched(lives)
    await justified.do("unit_clerk", "request_return", proposed_unit="traffic", **HANDED_BACK)
    await justified.decide("dispatcher", "return")
    await justified.expect("return_granted", unit="housing", to_unit="traffic")
    await justified.expect("deadline_set", clock="handling", unit="traffic", due_at="2026-11-27T00:00:00+08:00")
    await justified.never("accountability_recorded")
    await justified.never("escalated")


@pytest.mark.parametrize(
    ("grade", "due_at"),
    [
        ("critical", "2026-09-30T18:00"),
        ("urgent", "2026-10-01T17:00"),
        ("normal", "2026-10-04T00:00"),
        ("difficult", "2026-10-06T00:00"),
    ],
)
async def test_hj_07(lives: Lives, grade: str, due_at: str) -> None:
    """Limits run over nights and holidays: 1 h, 24 h, three and five calendar days."""
    life = await lives("huojia", grade=grade, start="2026-09-30T17:00")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="handling", due_at=due_at, clause="HJ-07")
    await life.at(due_at)
    await life.never("handling_overdue")
    await life.after(minutes=1)
    await life.expect("handling_overdue", unit="housing", reason="limit_passed", at=due_at)
    await life.expect("light_changed", unit="housing", light="red", at=due_at)


async def test_hj_08(lives: Lives) -> None:
    """Asked a day ahead with reason, date and signature, at most 3 wd; the city decides, the citizen hears that day."""
    life = await from_the_city(lives, grade="normal")
    await life.expect("deadline_set", clock="handling", due_at="2026-11-27T00:00:00+08:00")
    await life.at("2026-11-25T23:50")
    for without, code in (("reason", "missing_field"), ("until", "missing_field"), ("signed_by", "missing_signature")):
        form = {name: value for name, value in MORE_TIME.items() if name != without}
        lacking = await life.refused("unit_clerk", "request_extension", **form)
        assert (lacking.code, lacking.clause) == (code, "HJ-08")
    too_long = MORE_TIME | {"until": "2026-12-01T17:31:00+08:00"}
    refusal = await life.refused("unit_clerk", "request_extension", **too_long)
    assert (refusal.code, refusal.clause) == ("exceeds_maximum", "HJ-08")
    await life.do("unit_clerk", "request_extension", **MORE_TIME)
    await life.expect("approval_opened", kind="extension", stage="city", by_role="city_platform")
    await life.decide("supervisor", "extension")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.never("extension_granted")
    told = len(await texts(life, "unit_clerk"))
    await life.decide("city_platform", "extension")
    await life.expect("extension_granted", until="2026-12-01T17:30:00+08:00", at="2026-11-25T23:50:00+08:00")
    await life.expect("notice_issued", template="citizen_update", to_role="citizen", at="2026-11-25T23:50:00+08:00")
    assert len(await texts(life, "unit_clerk")) == told + 1
    await life.expect("deadline_set", clock="handling", due_at="2026-12-01T17:30:00+08:00", clause="HJ-08")
    await life.expect("deadline_set", clock="result", due_at="2026-11-30T17:30:00+08:00", clause="HJ-12")
    await life.at("2026-12-01T17:30")
    await life.never("handling_overdue")
    await life.after(minutes=1)
    await life.expect("handling_overdue", unit="housing", at="2026-12-01T17:30:00+08:00")


async def test_hj_08_refused(lives: Lives) -> None:
    """Refused, the old limit stands; on the last day nobody may ask any more."""
    life = await from_the_city(lives, grade="normal")
    await life.do("unit_clerk", "request_extension", **MORE_TIME)
    await life.decide("city_platform", "extension", "reject")
    await life.expect("extension_refused", unit="housing")
    await life.at("2026-11-26T00:01")
    late = await life.refused("unit_clerk", "request_extension", **MORE_TIME)
    assert (late.code, late.clause) == ("too_late", "HJ-08")
    await life.at("2026-11-27T00:01")
    await life.expect("handling_overdue", unit="housing", at="2026-11-27T00:00:00+08:00")


@pytest.mark.parametrize("grade", ["critical", "urgent"])
async def test_hj_08_never(lives: Lives, grade: str) -> None:
    """Critical and urgent orders are never extended."""
    life = await from_the_city(lives, grade=grade)
    never = await life.refused("unit_clerk", "request_extension", **MORE_TIME)
    assert (never.code, never.clause) == ("not_allowed", "HJ-08")


async def test_hj_09(lives: Lives) -> None:
    """Not solved in the extension either: the citizen is told progress and plan, and the order is tracked."""
    life = await from_the_city(lives, grade="normal")
    await life.do("unit_clerk", "request_extension", **MORE_TIME)
    await life.decide("city_platform", "extension")
    second = await life.refused(
        "unit_clerk", "request_extension", **(MORE_TIME | {"until": "2026-12-03T17:30:00+08:00"})
    )
    assert (second.code, second.clause) == ("limit_reached", "HJ-08")
    await life.at("2026-11-30T10:00")
    await life.do("unit_clerk", "report_progress", unit="housing", text="配件已发货，预计三日内到货")
    await life.expect(
        "notice_issued", template="citizen_update", to_role="citizen", at="2026-11-30T10:00:00+08:00", clause="HJ-09"
    )
    later = {"text": "配件缺货，已另行订购", "expected_at": "2026-12-10T17:30:00+08:00"}
    planless = await life.refused("unit_clerk", "list_unclosed", unit="housing", **later)
    assert planless.code == "missing_field"
    await life.do("unit_clerk", "list_unclosed", unit="housing", plan="到货当日更换", **later)
    await life.expect("unclosed_listed", unit="housing", expected_at="2026-12-10T17:30:00+08:00")
    assert len(await life.events("notice_issued", to_role="citizen", clause="HJ-09")) == 2
    await life.at("2026-12-10T17:31")
    await life.never("handling_overdue")
    await life.expect("milestone_missed", clock="progress", unit="housing", at="2026-12-10T17:30:00+08:00")
    await life.expect("notice_issued", template="supervision", to_role="unit_principal_leader", clause="HJ-09")
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()


@pytest.mark.parametrize("missing", ["contact", "handling", "follow_up"])
async def test_hj_10(lives: Lives, missing: str) -> None:
    """A reply has three parts: contact with the citizen, handling, follow-up measures."""
    life = await dispatched(lives)
    for text in (None, "  "):
        sections = {name: said for name, said in REPLIES["huojia"]["sections"].items() if name != missing}
        sections |= {} if text is None else {missing: text}
        answer = REPLIES["huojia"] | {"sections": sections}
        refusal = await life.refused("unit_clerk", "submit_reply", unit="housing", **answer)
        assert (refusal.code, refusal.clause) == ("missing_section", "HJ-10")
    await life.reply("housing")
    await life.expect("reply_submitted", unit="housing")


async def test_hj_11(lives: Lives) -> None:
    """A reply is signed by clerk, section head and principal leader, with photos attached."""
    life = await dispatched(lives)
    for role in ("unit_section_head", "unit_principal_leader"):
        signed = [each for each in REPLIES["huojia"]["signed_by"] if each != role]
        answer = REPLIES["huojia"] | {"signed_by": signed}
        refusal = await life.refused("unit_clerk", "submit_reply", unit="housing", **answer)
        assert (refusal.code, refusal.clause) == ("missing_signature", "HJ-11")
    bare = REPLIES["huojia"] | {"attachments": []}
    refusal = await life.refused("unit_clerk", "submit_reply", unit="housing", **bare)
    assert (refusal.code, refusal.clause) == ("missing_attachment", "HJ-11")
    await life.never("reply_submitted")
    await life.reply("housing", attachments=["before", "after"])
    await life.expect("reply_submitted", signed_by=REPLIES["huojia"]["signed_by"], attachments=["before", "after"])


@pytest.mark.parametrize(("grade", "day"), [("normal", 26), ("difficult", 28)])
async def test_hj_12(lives: Lives, grade: str, day: int) -> None:
    """Results are due at the county office a day before the limit; a late one is asked for."""
    life = await dispatched(lives, grade=grade)
    await life.expect("deadline_set", clock="result", due_at=f"2026-11-{day}T00:00:00+08:00", clause="HJ-12")
    await life.at(f"2026-11-{day}T00:00")
    await life.never("milestone_missed")
    await life.after(minutes=1)
    await life.expect("milestone_missed", clock="result", unit="housing", at=f"2026-11-{day}T00:00:00+08:00")
    await life.expect("notice_issued", template="supervision", to_role="unit_principal_leader", clause="HJ-12")
    await life.never("handling_overdue")


async def test_hj_12_review(lives: Lives) -> None:
    """A clear answer goes up to the city, an unclear one back to the unit with the same limit."""
    life = await from_the_city(lives, grade="normal")
    await life.at("2026-11-25T23:50")
    await life.reply("housing")
    await life.decide("reviewer", "review", "reject")
    await life.expect("reply_sent_back", unit="housing", by_role="reviewer", desk="hotline")
    await life.never("sent_to_city")
    await life.at("2026-11-26T10:00")
    await life.never("milestone_missed")
    await life.reply("housing")
    await life.decide("reviewer", "review")
    await life.expect("sent_to_city", what="result", unit="housing")
    await life.decide("city_platform", "city_review", "reject")
    await life.at("2026-11-27T00:01")
    assert len(await life.events("deadline_set", clock="handling")) == 1
    await life.expect("handling_overdue", unit="housing", at="2026-11-27T00:00:00+08:00")


@pytest.mark.parametrize("grade", ["critical", "urgent"])
async def test_hj_12_short_grades(lives: Lives, grade: str) -> None:
    """Critical and urgent results are not due ahead of the limit."""
    life = await dispatched(lives, grade=grade)
    await life.never("deadline_set", clock="result")


async def test_hj_13(lives: Lives) -> None:
    """The principal leader gets a text at dispatch with matter and limit, and another a day before the limit."""
    life = await dispatched(lives, grade="normal")
    at_dispatch = f"【12345热线】工单{life.no}已派至县住建局，事项类别：投诉，请于2026年11月26日24:00前办结答复。"
    assert await texts(life, "unit_principal_leader") == [at_dispatch]
    await life.at("2026-11-25T23:58")
    assert len(await texts(life, "unit_principal_leader")) == 1
    await life.at("2026-11-26T00:01")
    await life.expect("notice_issued", template="pre_expiry", at="2026-11-26T00:00:00+08:00", clause="HJ-13")
    warning = f"【12345热线】工单{life.no}将于2026年11月26日24:00到期，请抓紧办理。"
    assert warning in await texts(life, "unit_principal_leader")
    sent = {row["notice"] for row in await life.events("notice_sent")}
    issued = {row["notice"] for row in await life.events("notice_issued")}
    assert sent == issued


@pytest.mark.parametrize(("grade", "at"), [("critical", "2026-11-23T09:45"), ("urgent", "2026-11-24T05:00")])
async def test_hj_13_short_grades(lives: Lives, grade: str, at: str) -> None:
    """Orders of hours are warned of a quarter of an hour and four hours ahead."""
    life = await dispatched(lives, grade=grade)
    await life.at(at)
    await life.after(minutes=1)
    await life.expect("notice_issued", template="pre_expiry", to_role="unit_principal_leader", at=at)
    await life.expect("light_changed", light="yellow", at=at)


async def test_hj_14(lives: Lives) -> None:
    """The principal leader is texted on repeated urging, on a failed review and on a rework that the city orders."""
    life = await from_the_city(lives)

    async def supervised() -> int:
        return len(await life.events("notice_issued", template="supervision", to_role="unit_principal_leader"))

    await life.do("supervisor", "urge", unit="housing")
    assert await supervised() == 0
    await life.do("supervisor", "urge", unit="housing", comment="诉求人再次来电")
    assert await supervised() == 1
    await life.reply("housing")
    await life.decide("reviewer", "review", "reject")
    assert await supervised() == 2
    await life.reply("housing")
    await life.decide("reviewer", "review")
    await life.decide("city_platform", "city_review", "reject")
    assert await supervised() == 3
    await life.accepted("housing")
    await life.called("dissatisfied")
    await life.expect("rework_opened", unit="housing")
    assert await supervised() == 4
    clauses = [row["clause"] for row in await life.events("notice_issued", template="supervision")]
    assert clauses == ["HJ-14"] * 3 + ["HJ-16"], "a rework opens a joint supervision, whose text is the one it gets"
    supervision = f"【12345热线】工单{life.no}已列入督办，请尽快反馈办理情况。"
    assert (await texts(life, "unit_principal_leader")).count(supervision) == 4


@pytest.mark.parametrize("demand", [{"grade": "difficult"}, {"marks": ["clustered"]}, {"marks": ["wide_impact"]}])
async def test_hj_15(lives: Lives, demand: dict[str, Any]) -> None:
    """Hard, clustered and wide-impact orders are escalated to the principal leader as they are dispatched."""
    life = await lives("huojia", **demand)
    await life.never("escalated")
    await life.dispatch("housing")
    moment = "2026-11-23T09:00:00+08:00"
    await life.expect("escalated", to_role="unit_principal_leader", unit="housing", at=moment, clause="HJ-15")
    assert any("专题报分管县领导" in text for text in await texts(life, "unit_principal_leader"))


async def test_hj_15_ordinary(lives: Lives) -> None:
    """An ordinary order escalates to nobody."""
    life = await dispatched(lives, grade="normal", marks=["urgent_mark"])
    await life.never("escalated")
    await life.never("notice_issued", template="escalation")


async def test_hj_16_stuck(lives: Lives) -> None:
    """An order that stays stuck in spite of urging comes under joint supervision, and the leader gets the sheet."""
    life = await dispatched(lives)
    for _ in range(2):
        await life.do("supervisor", "urge", unit="housing")
    await life.never("supervision_opened")
    await life.do("supervisor", "urge", unit="housing")
    await life.expect("supervision_opened", level="joint", unit="housing", reason="stuck", clause="HJ-16")
    await life.expect("notice_issued", template="supervision", to_role="unit_principal_leader", clause="HJ-16")
    await life.do("unit_clerk", "answer_supervision", unit="housing", text="今日组织力量抢修")
    await life.expect("supervision_answered", unit="housing")


async def test_hj_16_reworked(lives: Lives) -> None:
    """An order that is reworked comes under joint supervision, and the leader gets the sheet."""
    life = await dispatched(lives)
    await life.accepted("housing")
    await life.never("supervision_opened")
    await life.called("dissatisfied")
    await life.expect("deadline_set", clock="rework", due_at="2026-11-24T09:00:00+08:00")
    await life.expect("supervision_opened", level="joint", unit="housing", reason="reworked", clause="HJ-16")
    await life.expect("notice_issued", template="supervision", to_role="unit_principal_leader", clause="HJ-16")


async def test_hj_16_clustered(lives: Lives) -> None:
    """A clustered order that runs over its limit comes under joint supervision; another one does not."""
    for marks, joint in ((["clustered"], 1), ([], 0)):
        life = await dispatched(lives, grade="critical", marks=marks)
        await life.at("2026-11-23T10:01")
        await life.expect("handling_overdue", unit="housing")
        assert len(await life.events("supervision_opened", level="joint", reason="clustered_overdue")) == joint


async def test_hj_16(lives: Lives) -> None:
    """The inspection office may open a joint supervision itself, with a reason; a clerk may not."""
    life = await dispatched(lives)
    ask = {"unit": "housing", "level": "joint"}
    assert (await life.refused("inspection", "open_supervision", **ask)).code == "missing_field"
    clerk = await life.refused("unit_clerk", "open_supervision", reason="多次交办未果", **ask)
    assert clerk.code == "not_permitted"
    await life.do("inspection", "open_supervision", reason="多次交办未果", **ask)
    await life.expect("supervision_opened", level="joint", unit="housing", reason="inspection", actor="inspection")
    await life.expect("notice_issued", template="supervision", to_role="unit_principal_leader", clause="HJ-16")


@pytest.mark.parametrize(("grade", "due_at"), [("critical", "2026-11-23T10:00"), ("normal", "2026-11-27T00:00")])
async def test_hj_17(lives: Lives, grade: str, due_at: str) -> None:
    """An overdue order leaves an accountability record that names the handler, with a copy to the office."""
    life = await dispatched(lives, grade=grade)
    await life.sign("housing")
    await life.at(due_at)
    await life.never("accountability_recorded")
    await life.after(minutes=1)
    await life.expect(
        "accountability_recorded",
        kind="handler",
        unit="housing",
        handler="rehearsal",
        reason="overdue",
        at=due_at,
        clause="HJ-17",
    )
    await life.expect("notice_issued", template="overdue", to_role="unit_principal_leader", clause="HJ-17")
    await life.expect("notice_issued", template="overdue", to_role="hotline_director", clause="HJ-17")
    assert any("已超过办理时限" in text for text in await texts(life, "hotline_director", unit=None))


async def test_hj_17_in_time(lives: Lives) -> None:
    """An answer in time leaves nothing behind."""
    life = await dispatched(lives, grade="critical")
    await life.at("2026-11-23T09:58")
    await life.accepted("housing")
    await life.after(hours=3)
    await life.never("handling_overdue")
    await life.never("accountability_recorded")


class Months:
    """Critical orders of one county, one an hour: the unit lets each lapse, or answers it."""

    def __init__(self, lives: Lives, realm: str) -> None:
        self.lives = lives
        self.realm = realm
        self.hour = 0

    async def order(self, unit: str, *, kept: bool = False) -> list[str]:
        """Handle the next order; returns the reasons for which it was escalated to the county."""
        start = f"2026-11-23T{self.hour:02}:00"
        self.hour += 1
        life = await self.lives("huojia", grade="critical", realm=self.realm, start=start)
        await life.dispatch(unit)
        if kept:
            await life.accepted(unit)
        else:
            await life.after(minutes=61)
            await life.expect("handling_overdue", unit=unit)
        return [
            row["reason"] for row in await life.events("escalated", to_role="county_leader", unit=unit, clause="HJ-18")
        ]


async def test_hj_18(lives: Lives) -> None:
    """The third order in a row that a unit lets lapse brings its principal leader before the county."""
    orders = Months(lives, "three-in-a-row")
    assert await orders.order("housing") == []
    assert await orders.order("housing") == []
    assert await orders.order("traffic") == []
    assert await orders.order("housing") == ["overdue_in_a_row"]
    assert await orders.order("traffic") == []


async def test_hj_18_in_total(lives: Lives) -> None:
    """So does the fifth in total, however many were answered in time between them."""
    orders = Months(lives, "five-in-total")
    for _ in range(2):
        assert await orders.order("housing") == []
        assert await orders.order("housing") == []
        assert await orders.order("housing", kept=True) == []
    assert await orders.order("housing") == ["overdue_in_total"]


async def test_hj_21(lives: Lives) -> None:
    """A return that is disputed after two others is decided by the hotline's director, and that is the end of it."""
    life = await dispatched(lives)
    for unit, proposed in (("housing", "traffic"), ("traffic", "environment")):
        await life.do("unit_clerk", "request_return", **(HANDED_BACK | {"unit": unit, "proposed_unit": proposed}))
        await life.decide("dispatcher", "return")
        await life.expect("return_granted", unit=unit, to_unit=proposed)
    await life.do("unit_clerk", "request_return", **(HANDED_BACK | {"unit": "environment"}))
    await life.expect("approval_opened", kind="redispatch", by_role="hotline_director", unit="environment")
    await life.decide("dispatcher", "redispatch")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("hotline_director", "redispatch", proposed_unit="housing")
    await life.expect("order_dispatched", mode="coordination", units=[{"unit": "housing", "part": "lead"}])
    again = await life.refused("unit_clerk", "request_return", **HANDED_BACK)
    assert again.code == "return_barred"


async def test_hj_21_unreasonable(lives: Lives) -> None:
    """An unreasonable repeated demand is ended by finding: asked for by the reviewer, decided by the director."""
    life = await dispatched(lives, marks=["repeated"])
    await life.do("reviewer", "request_termination", ground="unreasonable", text="诉求无政策依据，已三次答复")
    await life.decide("reviewer", "termination")
    await life.expect("signal_ignored", reason="not_permitted")
    await life.decide("hotline_director", "termination")
    await life.archived()
    await life.expect("order_terminated", ground="unreasonable")
    await life.expect("order_closed", outcome="terminated")


async def finally_answered(life: Life) -> None:
    """The unit answers for the last time, and the reviewer agrees."""
    await life.reply("housing", final=True, resolution="unreasonable")
    await life.decide("reviewer", "review")


async def test_hj_21_final_word(lives: Lives) -> None:
    """A final reply to an unreasonable demand needs no further rework: the director closes it or has it tried again."""
    life = await dispatched(lives, marks=["repeated"])
    await finally_answered(life)
    await life.called("dissatisfied")
    await life.never("rework_opened")
    await life.expect("approval_opened", kind="final_reply", by_role="hotline_director")
    await life.decide("hotline_director", "final_reply", "reject")
    await life.expect("rework_opened", unit="housing")
    await finally_answered(life)
    await life.called("dissatisfied")
    await life.decide("hotline_director", "final_reply")
    await life.archived()
    await life.expect("order_closed", outcome="dissatisfied_final")
