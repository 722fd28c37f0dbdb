"""Clauses about the city platform, over HTTP: its messages, and the county's requests and results."""

from datetime import datetime, timedelta
from typing import Any

from tests.api.callers import eventually
from tests.api.evidence import brought
from tests.city.examples import examples
from tests.city.town import Town
from tests.stage import REPLIES


def with_housing(town: Town, regime: str, **demand: Any) -> tuple[str, str, str]:
    """An order of the city that housing works on; returns both numbers and the office's clerk."""
    city_no, no = town.opened(regime, **demand)
    clerk = f"clerk-housing@{regime}"
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    town.do(clerk, no, "sign")
    return city_no, no, clerk


def limit_of(town: Town, no: str) -> datetime:
    """The due moment of the order."""
    deadlines = town.caller("admin").get(f"/work-orders/{no}/deadlines").json()
    return datetime.fromisoformat(next(each["due_at"] for each in deadlines if each["clock"] == "handling"))


def reply(town: Town, clerk: str, no: str, regime: str, **more: Any) -> None:
    """The office replies, in unique words, with a picture from before and one from after."""
    words = {name: f"{text}（{no}）" for name, text in REPLIES[regime]["sections"].items()}
    photos = [brought(town.caller(clerk), phase=phase)["id"] for phase in ("before", "after")]
    said = REPLIES[regime] | {"sections": words, "attachments": photos} | more
    town.do(clerk, no, "submit_reply", unit="housing", **said)


def test_hj_01_arrives_by_webhook(town: Town) -> None:
    """An order of the city is here as soon as it is pushed, in our words, and the city knows our number."""
    town.mood(answers="error", of="outbox")  # nobody can fetch it before it is pushed
    city_no, no = town.opened("huojia", level_code="3", flags=["mg"], deadline="2099-01-01")
    assert town.message(f"order-{city_no}")["via"] == "webhook"
    opened = town.happens(no, "order_opened")
    assert (opened["actor"], opened["source"], opened["grade"]) == ("city_platform", "city_platform", "urgent")
    eventually(lambda: (town.at_the_city(city_no) or {})["county_no"] == no or None)


def test_hj_01_goes_up_and_comes_back(town: Town) -> None:
    """Extension and result go up under both numbers; the city's decisions come back and are carried out."""
    city_no, no, clerk = with_housing(town, "huojia", level_code="1")
    until = (limit_of(town, no) + timedelta(hours=12)).isoformat()
    more_time = {"reason": "配件需外购", "until": until, "signed_by": ["unit_principal_leader"]}
    town.do(clerk, no, "request_extension", unit="housing", **more_time)
    asked = town.comes_up(no, "extensions", "extension")
    assert (asked["city_no"], asked["area"], asked["data"]["unit_code"]) == (city_no, "410724", "410724-ZJ")
    example = next(each["body"] for each in examples("posts") if each["path"] == "extensions")
    assert (set(asked), set(asked["data"])) == (set(example), set(example["data"]))
    assert (asked["data"]["apply_reason"], asked["data"]["apply_deadline"]) == ("配件需外购", until)
    town.decide(no, "extensions", "extension", "同意", opinion="同意延期")
    town.happens(no, "extension_granted", until=until)

    reply(town, clerk, no, "huojia")
    town.approve("reviewer", no, "review")
    result = town.comes_up(no, "results", "result")
    assert result["data"]["reply"]["contact"].startswith("已电话联系诉求人")
    town.decide(no, "reports", "city_review", "重办", opinion="请补充照片")
    town.happens(no, "reply_sent_back", desk="city")


def test_dl_06_station_first_city_second(town: Town) -> None:
    """The city's word on an extension counts after the station's; one that comes earlier waits for it."""
    city_no, no, clerk = with_housing(town, "dalad", level_code="2")
    until = (limit_of(town, no) + timedelta(days=1)).isoformat()
    town.do(clerk, no, "request_extension", unit="housing", reason="需更换整段电缆", until=until)
    town.happens(no, "approval_opened", kind="extension", stage="hotline")
    early = {"order_no": city_no, "apply_type": "延期", "result": "同意"}
    message = {"id": f"early-{no}", "type": "decision", "area": "150621", "data": early}
    assert town.say(message).status_code == 202
    assert not town.events(no, "extension_granted")
    town.approve("supervisor", no, "extension")
    town.happens(no, "approval_opened", kind="extension", stage="city")
    town.happens(no, "extension_granted", until=until)
    decided = town.events(no, "approval_decided")
    assert [each["by_role"] for each in decided] == ["supervisor", "city_platform"]


def test_dl_13_reported_in_the_words_of_the_city(town: Town) -> None:
    """What is unreasonable goes up to the city centre, named as the city names it, under both numbers."""
    city_no, no, clerk = with_housing(town, "dalad", level_code="1")
    reply(town, clerk, no, "dalad", resolution="unreasonable")
    report = town.comes_up(no, "reports", "unreasonable")
    data = report["data"]
    assert (data["county_no"], data["order_no"], data["unit_code"]) == (no, city_no, "150621-01")
    assert (data["apply_type"], data["resolution"]) == ("不合理诉求", "诉求不合理")


def test_hk_01_the_centre_signs_off_what_the_city_sends(town: Town) -> None:
    """An order of the city starts the centre's 24 h; one whose kind is not clear is held up before it starts."""
    city_no, no = town.opened("hukou")
    promised = town.happens(no, "deadline_set", clock="sign_off")
    begun, due = (datetime.fromisoformat(promised[name]) for name in ("at", "due_at"))
    assert (promised["clause"], due - begun) == ("HK-01", timedelta(hours=24))
    unclear, data = town.demand(type_code="77")
    town.let_the_city_send("order", "360429", data, f"order-{unclear}")
    refused = eventually(lambda: (kept := town.message(f"order-{unclear}"))["code"] and kept)
    assert (refused["code"], refused["state"]) == ("invalid", "refused")
    assert town.found(unclear) == [] and town.found(city_no)[0]["no"] == no
