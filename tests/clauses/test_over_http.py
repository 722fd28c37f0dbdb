"""Clauses about units and emergency lines, each through the API as a clerk's screen would call it."""

from datetime import datetime, timedelta
from typing import Any

from domain.units import StoredContact
from tests.api.callers import problem
from tests.api.evidence import brought
from tests.stage import REPLIES
from tests.telephone.exchange import Exchange


def clerk_of(unit: str, regime: str) -> str:
    """The name by which the clerk of a county's unit signs in."""
    return f"clerk-{unit}@{regime}"


def at_work(exchange: Exchange, regime: str, unit: str = "housing", **demand: Any) -> tuple[str, str]:
    """An order that a unit has signed, and the unit's clerk."""
    no = exchange.caller("agent").open(policy=regime, **demand)
    exchange.do("dispatcher", no, "dispatch", units=[{"unit": unit}])
    exchange.do(clerk_of(unit, regime), no, "sign")
    return no, clerk_of(unit, regime)


def due(exchange: Exchange, no: str, clock: str) -> timedelta:
    """The time from start to end of a clock of the order."""
    rows = exchange.caller("admin").get(f"/work-orders/{no}/deadlines").json()
    row = next(each for each in rows if each["clock"] == clock)
    return datetime.fromisoformat(row["due_at"]) - datetime.fromisoformat(row["started_at"])


def test_gt_03_handed_over_and_confirmed(exchange: Exchange) -> None:
    """An order handed to an emergency line is archived once the line has confirmed; one from a line is taken in."""
    no = exchange.caller("agent").open(policy="gaotai")
    exchange.do("agent", no, "transfer_out", line="119", reason="楼道起火")
    assert due(exchange, no, "acknowledgement") == timedelta(minutes=10)
    exchange.happens(no, "order_closed", outcome="transferred")
    assert not exchange.events(no, "order_archived")
    exchange.do("dispatcher", no, "acknowledge_transfer", reference="119-2026-77")
    exchange.happens(no, "transfer_acknowledged", line="119", reference="119-2026-77")
    exchange.happens(no, "order_archived")
    taken_in = exchange.caller("agent").open(policy="gaotai", source="119")
    exchange.happens(taken_in, "order_opened", source="119")


def test_hj_03_evidence_with_every_result(exchange: Exchange) -> None:
    """A result without evidence is refused; with an uploaded picture it is taken, and the picture is the order's."""
    no, clerk = at_work(exchange, "huojia", grade="normal")
    bare = exchange.caller(clerk).do(no, "submit_reply", **(REPLIES["huojia"] | {"attachments": []}))
    assert problem(bare, 422, "missing_attachment")["clause"] == "HJ-11"
    photo = brought(exchange.caller(clerk), phase="result")["id"]
    exchange.do(clerk, no, "submit_reply", **(REPLIES["huojia"] | {"attachments": [photo]}))
    mine = exchange.caller(clerk).get("/attachments", order=no).json()["items"]
    assert [each["id"] for each in mine] == [photo]


async def test_hj_13_the_leader_is_texted(exchange: Exchange) -> None:
    """At dispatch the unit's principal leader has a text with order, kind and limit on their telephone."""
    phone = exchange.phone()
    card = StoredContact(regime="huojia", unit="traffic", role="unit_principal_leader", name="局长", phone=phone)
    await exchange.services.catalogue.put_contacts([card])
    no = exchange.caller("agent").open(policy="huojia", grade="normal")
    exchange.do("dispatcher", no, "dispatch", units=[{"unit": "traffic"}])
    notice = exchange.happens(no, "notice_issued", template="dispatch", to_role="unit_principal_leader")
    exchange.happens(no, "notice_sent", notice=notice["notice"])
    text = exchange.inbox(phone)[0]
    assert no in text and "投诉" in text and "前办结答复" in text


def test_dl_05_before_and_after(exchange: Exchange) -> None:
    """Pictures of before and after go with the reply, and stand side by side afterwards; empty phrases are refused."""
    no, clerk = at_work(exchange, "dalad", grade="difficult")
    sections = {name: f"{text}（{no}）" for name, text in REPLIES["dalad"]["sections"].items()}
    before, after = (brought(exchange.caller(clerk), phase=phase)["id"] for phase in ("before", "after"))
    reply = REPLIES["dalad"] | {"sections": sections, "attachments": [before, after]}
    vague = exchange.caller(clerk).do(no, "submit_reply", **(reply | {"sections": sections | {"result": "已办理"}}))
    assert problem(vague, 422, "vague_reply")["clause"] == "DL-05"
    one = exchange.caller(clerk).do(no, "submit_reply", **(reply | {"attachments": [before]}))
    assert problem(one, 422, "missing_attachment")["clause"] == "DL-05"
    exchange.do(clerk, no, "submit_reply", **reply)
    pairs = exchange.caller(clerk).get("/attachments", order=no).json()["pairs"]
    assert [(pair["before"], pair["after"]) for pair in pairs] == [(before, after)]


def test_dl_09_visits(exchange: Exchange) -> None:
    """Each kind of visit is recorded: to solve, to explain, to discuss; another kind is refused."""
    no, clerk = at_work(exchange, "dalad")
    for purpose in ("solve", "explain", "discuss"):
        exchange.do(clerk, no, "record_visit", purpose=purpose, text="入户面谈，当场说明办理进展")
        exchange.happens(no, "visit_recorded", purpose=purpose, unit="housing")
    problem(exchange.caller(clerk).do(no, "record_visit", purpose="tea"), 422, "invalid")


def test_rg_03_both_ways_with_110(exchange: Exchange) -> None:
    """To 110 and back: handed over with a reason and confirmed, and taken in under its number as source."""
    out = exchange.caller("agent").open(policy="rugao", category="report")
    exchange.do("dispatcher", out, "transfer_out", line="110", reason="现场有人斗殴")
    exchange.do("dispatcher", out, "acknowledge_transfer", reference="110-1")
    exchange.happens(out, "order_archived")
    back = exchange.caller("agent").open(policy="rugao", source="110")
    exchange.do("dispatcher", back, "dispatch", units=[{"unit": "police"}])
    exchange.happens(back, "order_opened", source="110")


def test_rg_04_levels(exchange: Exchange) -> None:
    """What 110 hands over is accepted by the clock at levels 1 and 2 and in working time at 3; level 1 is on site."""
    for unit, level in (("police", 1), ("education", 2), ("agriculture", 3)):
        no = exchange.caller("agent").open(policy="rugao", source="110")
        exchange.do("dispatcher", no, "dispatch", units=[{"unit": unit}])
        sign_off = due(exchange, no, "sign_off")
        assert sign_off == timedelta(hours=2) if level < 3 else sign_off >= timedelta(hours=2)
        clocks = {each["clock"] for each in exchange.events(no, "deadline_set")}
        assert ("on_site" in clocks) == (level == 1)
        if level == 1:
            assert due(exchange, no, "on_site") == timedelta(minutes=30)
            exchange.do(clerk_of(unit, "rugao"), no, "arrive_on_site")
            exchange.happens(no, "arrived_on_site", unit=unit)


def test_hk_07_three_parts(exchange: Exchange) -> None:
    """A result without one of its three parts is refused and names it; with all it goes to the review."""
    no, clerk = at_work(exchange, "hukou")
    for lacking in REPLIES["hukou"]["sections"]:
        sections = {name: text for name, text in REPLIES["hukou"]["sections"].items() if name != lacking}
        refused = problem(exchange.caller(clerk).do(no, "submit_reply", sections=sections), 422, "missing_section")
        assert refused["clause"] == "HK-07" and lacking in refused["detail"]
    exchange.do(clerk, no, "submit_reply", **REPLIES["hukou"])
    exchange.happens(no, "approval_opened", kind="review", stage="hotline")
