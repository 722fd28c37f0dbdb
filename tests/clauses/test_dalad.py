"""The clauses of dalad (shared rules: docs/clauses.md), each seen in the running system."""

from typing import Any

import httpx

from adapters.database.orders.orders import OrderFilter
from adapters.database.telephone.callbacks import Callbacks
from domain.order.read_model import OrderView
from tests.stage import REPLIES, Life, Lives

SECTIONS = REPLIES["dalad"]["sections"]
ANEW = {
    "facts": "复查属实，西侧仍有一盏不亮",
    "process": "次日上午再次派员更换镇流器",
    "result": "当晚回看全部亮灯",
    "satisfaction": "来电人确认已恢复照明",
}


async def view_of(life: Life) -> OrderView:
    """The order in the read model, once everything is recorded."""
    await life.timeline()
    view = await life.rehearsal.services.orders.view(life.no)
    assert view is not None
    return view


async def at_the_city(life: Life) -> list[dict[str, Any]]:
    """The messages about the order that the city platform has received."""
    await life.timeline()
    async with httpx.AsyncClient(base_url=life.rehearsal.services.settings.city_base_url) as http:
        received = (await http.get("/city/v1/received")).json()
    return [{"kind": each["kind"], **each["body"]} for each in received if each["body"]["no"] == life.no]


async def at_work(lives: Lives, **demand: Any) -> Life:
    """An order that housing has signed."""
    life = await lives("dalad", **demand)
    await life.dispatch("housing")
    await life.sign("housing")
    return life


async def test_dl_02(lives: Lives) -> None:
    """Sign-off within 20 h of dispatch, by the clock and not by working time."""
    prompt = await lives("dalad", start="2026-09-18T16:00")
    await prompt.dispatch("housing")
    await prompt.expect("deadline_set", clock="sign_off", due_at="2026-09-19T12:00:00+08:00", clause="DL-02")
    early = await prompt.refused("unit_clerk", "submit_reply", unit="housing", **REPLIES["dalad"])
    assert (early.code, early.clause) == ("wrong_stage", "DL-02")
    await prompt.at("2026-09-19T11:59")
    await prompt.sign("housing")
    again = await prompt.refused("unit_clerk", "sign", unit="housing")
    assert (again.code, again.clause) == ("already_done", "DL-02")
    await prompt.at("2026-09-19T12:30")
    await prompt.expect("order_signed", unit="housing", late=False)
    await prompt.never("sign_off_missed")

    slow = await lives("dalad")
    await slow.dispatch("housing")
    await slow.at("2026-11-24T05:01")
    await slow.expect("sign_off_missed", unit="housing", at="2026-11-24T05:00:00+08:00")
    await slow.expect("notice_issued", template="sign_off_missed", to_role="unit_deputy_leader", clause="DL-02")
    await slow.expect("supervision_opened", level="phone", unit="housing", reason="not_signed", clause="DL-02")
    await slow.sign("housing")
    await slow.expect("order_signed", unit="housing", late=True)


async def test_dl_03(lives: Lives) -> None:
    """Return within 20 h of dispatch with the reason in detail; refused, it may be asked for again."""
    life = await lives("dalad")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="return", due_at="2026-11-24T05:00:00+08:00", clause="DL-03")
    for reason in ({}, {"reason": " 。"}):
        bare = await life.refused("unit_clerk", "request_return", unit="housing", **reason)
        assert (bare.code, bare.clause) == ("missing_field", "DL-03")
    await life.do("unit_clerk", "request_return", unit="housing", reason="停水管线由水利局运行维护")
    await life.decide("dispatcher", "return", "reject")
    await life.expect("return_refused", unit="housing")
    await life.never("return_barred")
    await life.at("2026-11-24T04:59")
    await life.do(
        "unit_clerk", "request_return", unit="housing", reason="管线权属证明已附，应由水利局办理", proposed_unit="water"
    )
    await life.decide("dispatcher", "return")
    await life.expect("return_granted", unit="housing", to_unit="water")
    await life.expect("deadline_set", clock="return", unit="water", due_at="2026-11-25T00:59:00+08:00")
    await life.at("2026-11-25T01:00")
    late = await life.refused("unit_clerk", "request_return", unit="water", reason="属于小区内部管线")
    assert (late.code, late.clause) == ("too_late", "DL-03")


async def test_dl_04(lives: Lives) -> None:
    """Urgent, mayor's and director's orders stand first in every queue: orders, decisions, callbacks."""
    realm = "queues"
    plain = await at_work(lives, realm=realm)
    noted = await at_work(lives, realm=realm, marks=["repeated"])
    marks = ("urgent_mark", "mayor_line", "director_line")
    first = [await at_work(lives, realm=realm, start=f"2026-11-{24 + n}T09:00", marks=[m]) for n, m in enumerate(marks)]
    wanted = [life.no for life in (*first, noted, plain)]  # the earlier a limit, the further down it would be
    services = plain.rehearsal.services
    for life in (plain, noted, *first):
        await life.timeline()
    for which in (OrderFilter(realm=realm), OrderFilter(realm=realm, unit="housing")):
        assert [item.view.no for item in (await services.orders.list(which)).items] == wanted

    for life in (plain, first[0]):
        await life.reply("housing", sections={name: f"{text}（{life.no}）" for name, text in SECTIONS.items()})
        await life.timeline()
    wanted = [first[0].no, plain.no]
    page = await services.approvals.waiting(["reviewer"], realm=realm, limit=1)
    rest = await services.approvals.waiting(["reviewer"], realm=realm, cursor=page.next)
    assert [row.order_no for row in (*page.items, *rest.items)] == wanted
    for life in (plain, first[0]):
        await life.decide("reviewer", "review")
        await life.after(days=3)  # neither a text nor a call was answered: it is for people now
        await life.timeline()
    callbacks = Callbacks(services.database)
    calls = await callbacks.waiting(realm=realm, limit=1)
    others = await callbacks.waiting(realm=realm, cursor=calls.next)
    assert [call.order_no for call in (*calls.items, *others.items)] == wanted


async def test_dl_05_empty(lives: Lives) -> None:
    """Empty phrases are no answer, in whichever part they stand."""
    life = await at_work(lives)
    for empty in ("协调处理中", "已办理。", "已答复", "正在 办理中！", "已处理，已办结。"):
        for part in ("process", "result"):
            sections = SECTIONS | {part: empty}
            vague = await life.refused(
                "unit_clerk", "submit_reply", unit="housing", **(REPLIES["dalad"] | {"sections": sections})
            )
            assert (vague.code, vague.clause) == ("vague_reply", "DL-05") and part in vague.reason
    await life.never("reply_submitted")


async def test_dl_05(lives: Lives) -> None:
    """Reply says whether the facts hold, what was done, the result, the caller's word, with before/after photos."""
    life = await at_work(lives)
    for part in SECTIONS:
        rest = {name: text for name, text in SECTIONS.items() if name != part}
        short = await life.refused(
            "unit_clerk", "submit_reply", unit="housing", **(REPLIES["dalad"] | {"sections": rest})
        )
        assert (short.code, short.clause) == ("missing_section", "DL-05") and part in short.reason
    for photos in ([], ["before-1"], ["before-1", "before-1"]):
        dark = await life.refused(
            "unit_clerk", "submit_reply", unit="housing", **(REPLIES["dalad"] | {"attachments": photos})
        )
        assert (dark.code, dark.clause) == ("missing_attachment", "DL-05")
    await life.never("reply_submitted")
    concrete = SECTIONS | {"result": "已处理：更换灯具三盏，路灯恢复照明"}
    await life.reply("housing", sections=concrete, citizen_satisfied=True)
    await life.expect("reply_submitted", unit="housing", facts_hold=True, citizen_satisfied=True)
    await life.expect("approval_opened", kind="review", by_role="reviewer")


async def test_dl_06(lives: Lives) -> None:
    """Extension: only difficult orders, a day before the limit at least; station first, city platform second."""
    life = await at_work(lives, grade="difficult", source="city_platform")
    await life.expect("deadline_set", clock="handling", due_at="2026-11-30T17:30:00+08:00")
    asking: dict[str, Any] = {"unit": "housing", "reason": "需更换整段电缆，采购周期较长", "until": "2026-12-04"}
    for left_out in ("reason", "until"):
        body = {name: value for name, value in asking.items() if name != left_out}
        missing = await life.refused("unit_clerk", "request_extension", **body)
        assert (missing.code, missing.clause) == ("missing_field", "DL-06")
    too_long = await life.refused("unit_clerk", "request_extension", **(asking | {"until": "2026-12-08"}))
    assert (too_long.code, too_long.clause) == ("exceeds_maximum", "DL-06")
    await life.at("2026-11-29T17:29")
    await life.do("unit_clerk", "request_extension", **asking)
    await life.expect("approval_opened", kind="extension", stage="hotline", by_role="supervisor")
    await life.never("sent_to_city", what="extension")
    await life.decide("supervisor", "extension")
    await life.expect("approval_opened", kind="extension", stage="city", by_role="city_platform")
    await life.never("extension_granted")
    assert [(each["kind"], each["what"]) for each in await at_the_city(life)] == [("extensions", "extension")]
    await life.decide("city_platform", "extension")
    await life.expect("extension_granted", unit="housing", until="2026-12-04T17:30:00+08:00")
    await life.expect("deadline_set", clock="handling", due_at="2026-12-04T17:30:00+08:00", clause="DL-06")
    await life.expect("deadline_set", clock="result", due_at="2026-12-04T16:30:00+08:00")
    once_more = await life.refused("unit_clerk", "request_extension", **(asking | {"until": "2026-12-07"}))
    assert (once_more.code, once_more.clause) == ("limit_reached", "DL-06")
    await life.at("2026-12-04T17:29")
    await life.never("handling_overdue")


async def test_dl_06_too_late(lives: Lives) -> None:
    """Not within the last day, never once overdue, never for a normal order; the city's no leaves the old limit."""
    asking = {"unit": "housing", "reason": "需更换整段电缆，采购周期较长", "until": "2026-12-02"}
    normal = await at_work(lives)
    refusal = await normal.refused("unit_clerk", "request_extension", **asking)
    assert (refusal.code, refusal.clause) == ("not_allowed", "DL-06")

    life = await at_work(lives, grade="difficult", source="city_platform")
    await life.do("unit_clerk", "request_extension", **asking)
    await life.decide("supervisor", "extension")
    await life.decide("city_platform", "extension", "reject")
    await life.expect("extension_refused", unit="housing")
    for moment in ("2026-11-29T17:31", "2026-11-30T17:31"):
        await life.at(moment)
        late = await life.refused("unit_clerk", "request_extension", **asking)
        assert (late.code, late.clause) == ("too_late", "DL-06")
    await life.expect("handling_overdue", unit="housing", at="2026-11-30T17:30:00+08:00", reason="limit_passed")


async def test_dl_07(lives: Lives) -> None:
    """Result due at the station 1 h before the limit that was set from above, for its review."""
    prompt = await at_work(lives, required_by="2026-11-25T12:00:00+08:00", source="city_platform")
    await prompt.expect("deadline_set", clock="handling", due_at="2026-11-25T12:00:00+08:00", clause="DL-07")
    await prompt.expect("deadline_set", clock="result", due_at="2026-11-25T11:00:00+08:00", clause="DL-07")
    await prompt.at("2026-11-25T10:59")
    await prompt.accepted("housing")
    await prompt.at("2026-11-25T13:00")
    await prompt.never("milestone_missed")
    await prompt.never("handling_overdue")
    assert ("results", "result") in [(each["kind"], each["what"]) for each in await at_the_city(prompt)]

    slow = await at_work(lives, required_by="2026-11-25T12:00:00+08:00")
    await slow.at("2026-11-25T11:01")
    await slow.expect("milestone_missed", clock="result", unit="housing", at="2026-11-25T11:00:00+08:00")
    await slow.expect("notice_issued", template="supervision", to_role="unit_clerk", clause="DL-07")
    await slow.reply("housing")
    await slow.decide("reviewer", "review", "reject")
    await slow.expect("reply_sent_back", unit="housing", desk="hotline")
    await slow.at("2026-11-25T12:01")
    await slow.expect("handling_overdue", unit="housing", at="2026-11-25T12:00:00+08:00")


async def test_dl_08(lives: Lives) -> None:
    """Not solvable in time: latest progress reported and the caller told; "in progress" alone is refused."""
    life = await at_work(lives)
    bare = await life.refused("unit_clerk", "report_progress", unit="housing")
    assert (bare.code, bare.clause) == ("missing_field", "DL-08")
    for text in ("正在办理中", "正在协调处理中。"):
        vague = await life.refused("unit_clerk", "report_progress", unit="housing", text=text)
        assert (vague.code, vague.clause) == ("vague_reply", "DL-08")
    listing = {"plan": "到货后更换", "expected_at": "2026-12-10T12:00:00+08:00"}
    vague = await life.refused("unit_clerk", "list_unclosed", unit="housing", text="正在办理中", **listing)
    assert (vague.code, vague.clause) == ("vague_reply", "DL-08")
    await life.never("notice_issued", template="citizen_update", clause="DL-08")
    await life.do("unit_clerk", "report_progress", unit="housing", text="正在办理：电缆已订货，预计周五到货安装")
    await life.expect("progress_reported", unit="housing", stage="progress")
    told = await life.expect("notice_issued", template="citizen_update", to_role="citizen", clause="DL-08")
    await life.expect("notice_sent", notice=told["notice"])


async def test_dl_09(lives: Lives) -> None:
    """Face-to-face visits are recorded: solved on site, explained, or discussed."""
    life = await lives("dalad")
    nobody = await life.refused("unit_clerk", "record_visit", purpose="solve", text="入户查看")
    assert nobody.code == "wrong_stage"
    await life.dispatch("housing")
    await life.sign("housing")
    idle = await life.refused("unit_clerk", "record_visit", unit="housing", purpose="chat", text="顺路聊聊")
    assert idle.code == "invalid"
    aimless = await life.refused("unit_clerk", "record_visit", unit="housing", text="顺路聊聊")
    assert aimless.code == "missing_field"
    for purpose in ("solve", "explain", "discuss"):
        await life.do("unit_clerk", "record_visit", unit="housing", purpose=purpose, text="上门与诉求人当面沟通")
    visits = await life.events("visit_recorded", unit="housing", actor="unit_clerk")
    assert [visit["purpose"] for visit in visits] == ["solve", "explain", "discuss"]
    assert all(visit["text"]["length"] == 10 for visit in visits)


async def test_dl_10(lives: Lives) -> None:
    """The same words on several orders, or again on the same order, are caught; other counties are not looked at."""
    first = await at_work(lives, realm="copies")
    await first.accepted("housing")
    second = await at_work(lives, realm="copies")
    spaced = {name: f" {text}。" for name, text in SECTIONS.items()}
    for copied in (SECTIONS, spaced):
        caught = await second.refused(
            "unit_clerk", "submit_reply", unit="housing", **(REPLIES["dalad"] | {"sections": copied})
        )
        assert (caught.code, caught.clause) == ("duplicate_reply", "DL-10") and first.no in caught.reason
    await second.never("reply_submitted")
    await second.expect("refused", do="submit_reply", code="duplicate_reply")
    await second.reply("housing", sections=ANEW)

    await first.called("dissatisfied")
    await first.expect("deadline_set", clock="rework", due_at="2026-11-24T09:00:00+08:00", clause="DL-10")
    again = await first.refused("unit_clerk", "submit_reply", unit="housing", **REPLIES["dalad"])
    assert (again.code, again.clause) == ("duplicate_reply", "DL-10")
    elsewhere = await at_work(lives, realm="another")
    await elsewhere.reply("housing")


async def test_dl_12(lives: Lives) -> None:
    """What the rates count stands in the read model: signed in time, resolution, satisfaction, rework."""
    good = await at_work(lives)
    await good.reply("housing", resolution="resolved")
    await good.decide("reviewer", "review")
    await good.called("satisfied", intake_rating=5, handling_rating=4)
    await good.archived()
    rates = {"signed_in_time": True, "on_time": True, "resolution": "resolved", "satisfied": True}
    facts = (await view_of(good)).facts
    assert rates.items() <= facts.items() and "reworks" not in facts
    assert (facts["intake_rating"], facts["handling_rating"]) == (5, 4)

    poor = await lives("dalad")
    await poor.dispatch("housing")
    await poor.at("2026-11-24T06:00")
    assert (await view_of(poor)).facts["signed_in_time"] is False  # counted before anybody signs
    await poor.sign("housing")
    await poor.at("2026-11-30T17:31")
    late = await view_of(poor)
    assert (late.overdue, late.facts["on_time"]) == (True, False)
    await poor.reply("housing", resolution="partial")
    await poor.decide("reviewer", "review")
    await poor.called("dissatisfied", handling_rating=1)
    facts = (await view_of(poor)).facts
    assert {"reworks": 1, "satisfied": False, "resolution": "partial"}.items() <= facts.items()
    await poor.reply("housing", resolution="resolved", sections=ANEW)
    await poor.decide("reviewer", "review")
    await poor.called("satisfied")
    await poor.archived()
    facts = (await view_of(poor)).facts
    rates = {"signed_in_time": False, "on_time": False, "resolution": "resolved", "satisfied": True, "reworks": 1}
    assert rates.items() <= facts.items()


async def test_dl_13(lives: Lives) -> None:
    """Unreasonable or not soon solvable: reported up to the city centre, with the words of the unit."""
    unclosed = await at_work(lives)
    await unclosed.do(
        "unit_clerk",
        "list_unclosed",
        unit="housing",
        text="电缆需整体更换",
        plan="列入明年改造计划",
        expected_at="2027-03-31",
    )
    await unclosed.expect("sent_to_city", what="not_soon_solvable", unit="housing")
    (report,) = await at_the_city(unclosed)
    assert (report["kind"], report["what"], report["unit"]) == ("reports", "not_soon_solvable", "housing")
    assert report["content"]["text"] == "电缆需整体更换"

    suspended = await at_work(lives)
    await suspended.do("unit_clerk", "request_suspension", unit="housing", reason="等待规划批复", plan="批复后施工")
    await suspended.never("sent_to_city")
    await suspended.decide("supervisor", "suspension")
    await suspended.expect("sent_to_city", what="not_soon_solvable")
    assert [report["what"] for report in await at_the_city(suspended)] == ["not_soon_solvable"]

    unreasonable = await at_work(lives)
    await unreasonable.reply("housing", resolution="unreasonable")
    await unreasonable.expect("sent_to_city", what="unreasonable", unit="housing")
    assert [report["what"] for report in await at_the_city(unreasonable)] == ["unreasonable"]

    solved = await at_work(lives)
    await solved.reply("housing", resolution="resolved")
    await solved.never("sent_to_city")
    assert await at_the_city(solved) == []


async def test_dl_13_termination(lives: Lives) -> None:
    """An order of the city that the station ends as unreasonable is reported up, to stop it circulating."""
    life = await at_work(lives, source="city_platform")
    await life.do("reviewer", "request_termination", ground="unreasonable", text="多次重复同一不合理诉求，建议终结")
    await life.decide("hotline_director", "termination")
    await life.archived()
    await life.expect("order_closed", outcome="terminated")
    assert [(report["kind"], report["what"]) for report in await at_the_city(life)] == [("reports", "termination")]
