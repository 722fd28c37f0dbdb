"""Messages from the city platform: processed once, by either way and however often they come, and never lost."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import httpx
import psycopg
import pytest

from adapters.city.signature import MESSAGE, SIGNATURE, SKEW, TIMESTAMP, signature, signed
from tests.api.callers import DEMAND, eventually, new_key, problem
from tests.city.examples import examples
from tests.city.town import AREAS, SECRET, Town


def order(city_no: str, data: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"id": f"order-{city_no}", "type": "order", "area": AREAS["huojia"], "data": data} | more


@pytest.fixture(scope="module")
def example_no() -> str:
    return f"EX-{time.time_ns()}"


@pytest.mark.parametrize("number", range(len(examples("messages"))), ids=[e["about"] for e in examples("messages")])
def test_every_example_of_the_contract_is_answered_as_it_says(town: Town, example_no: str, number: int) -> None:
    entry = examples("messages", city_no=example_no)[number]
    first, again = town.say(entry["message"]), town.say(entry["message"])
    assert first.status_code == again.status_code == entry["status"], first.text
    assert first.json() == again.json()
    kept = town.message(entry["message"]["id"])
    assert json.loads(kept["body"]) == entry["message"]
    if "code" in entry:
        problem(first, entry["status"], entry["code"])
        assert (kept["state"], kept["code"], kept["reason"]) == ("refused", entry["code"], first.json()["detail"])
    else:
        assert first.json()["state"] == kept["state"] == ("taken" if first.status_code == 200 else "waiting")
        assert first.json()["no"] == kept["no"]


def test_an_order_of_the_city_is_an_order_here(town: Town) -> None:
    city_no, data = town.demand(
        caller={"name": "欧阳测试", "phone": "13912345678"}, level_code="3", flags=["mg"], street="城关镇"
    )
    answer = town.say(order(city_no, data)).json()
    shown = town.caller("agent").get(f"/work-orders/{answer['no']}").json()
    assert (shown["city_no"], shown["source"], shown["regime"]) == (city_no, "city_platform", "huojia")
    assert (shown["category"], shown["grade"], shown["marks"]) == ("complaint", "urgent", ["sensitive"])
    assert (shown["area"], shown["citizen"]["phone"]) == ("城关镇", "139****5678")
    assert town.happens(answer["no"], "order_opened")["actor"] == "city_platform"
    assert [each["no"] for each in town.found(city_no)] == [answer["no"]]


def test_one_order_comes_of_many_messages_at_once(town: Town) -> None:
    city_no, data = town.demand()
    same = [order(city_no, data)] * 4 + [order(city_no, data, id=f"order-{city_no}-{number}") for number in range(4)]
    with ThreadPoolExecutor(8) as at_once:
        answers = list(at_once.map(town.say, same))
    assert {answer.status_code for answer in answers} <= {200, 202}
    no = town.arrived(city_no)
    assert {answer.json()["no"] for answer in answers} <= {no, None}
    assert all(eventually(partial(order_of, town, each["id"])) == no for each in same)
    assert len(town.events(no, "order_opened")) == 1
    # Intake by hand is refused as a duplicate; intake by the platform returns the same order.
    by_hand = DEMAND | {"policy": "huojia", "grade": "normal", "city_no": city_no}
    problem(town.caller("agent").post("/work-orders", by_hand, Idempotency_Key=new_key()), 409, "already_done")
    assert town.caller("city_platform").post("/work-orders", by_hand).json()["no"] == no


def test_a_refused_change_belongs_to_its_order_and_so_is_erased_with_it(town: Town) -> None:
    city_no, data = town.demand()
    no = town.say(order(city_no, data)).json()["no"]
    change = order(city_no, {"order_no": city_no, "caller": {"phone": "13912345678"}}, type="order_changed")
    cases: list[tuple[dict[str, Any], tuple[str | None, str | None]]] = [
        (change | {"id": f"change-{city_no}"}, (no, city_no)),
        (
            change | {"id": f"strange-{city_no}", "data": {"order_no": f"{city_no}-strange"}},
            (None, f"{city_no}-strange"),
        ),
        (change | {"id": f"nameless-{city_no}", "data": {}}, (None, None)),
    ]
    for message, of in cases:
        problem(town.say(message), 422, "not_allowed")
        kept = town.message(message["id"])
        assert (kept["no"], kept["city_no"]) == of


@pytest.mark.parametrize("why", ["forged", "altered", "too old", "from the future", "unsigned", "replayed as another"])
def test_what_the_city_did_not_say_now_is_not_kept(town: Town, why: str) -> None:
    city_no, data = town.demand()
    message = order(city_no, data)
    body = json.dumps(message).encode()
    headers = signed(SECRET, message["id"], body, time.time())
    now = int(time.time())
    moment = {"too old": str(now - SKEW - 60), "from the future": str(now + SKEW + 60)}.get(why, headers[TIMESTAMP])
    headers |= {TIMESTAMP: moment, SIGNATURE: signature(SECRET, moment, message["id"], body)}
    changes = {
        "forged": {SIGNATURE: signature("another secret", moment, message["id"], body)},
        "replayed as another": {MESSAGE: "order-other"},
        "unsigned": {SIGNATURE: ""},
    }.get(why, {})
    sent = body.replace("路灯".encode("unicode-escape"), "路牌".encode("unicode-escape")) if why == "altered" else body
    assert (sent != body) == (why == "altered")
    url = f"{town.base}/api/v1/webhooks/city"
    problem(httpx.post(url, content=sent, headers=headers | changes), 401, "not_authenticated")
    assert town.caller("hotline_director").get(f"/city/messages/{message['id']}").status_code == 404
    assert town.found(city_no) == []


def test_a_captured_message_said_again_changes_nothing(town: Town) -> None:
    city_no, data = town.demand()
    message = order(city_no, data)
    body = json.dumps(message).encode()
    headers = signed(SECRET, message["id"], body, time.time())
    url = f"{town.base}/api/v1/webhooks/city"
    first, again = (httpx.post(url, content=body, headers=headers, timeout=40) for _ in range(2))
    assert first.json() == again.json() and first.json()["state"] == "taken"
    assert town.message(message["id"])["attempts"] == 1
    problem(town.say(order(city_no, data | {"title": "另一件"})), 409, "already_done")


GARBAGE = [
    b"",
    b"{",
    b"\xff\xfe",
    b"[" * 100_000,
    b"null",
    b"[]",
    b'{"id": "x"}',
    b'"\\ud800"',
    b'{"data": NaN}',
    b'{"type": []}',
]
NO_DATA: tuple[object, ...] = ("x", [], None)
GARBAGE += [json.dumps({"type": "order", "area": AREAS["huojia"], "data": each}).encode() for each in NO_DATA]
GARBAGE += [b'{"id":"%s","type":"order","area":"410724","data":{"order_no":"a\\u0000b","content":"\\ud800"}}']


@pytest.mark.parametrize("number", range(len(GARBAGE)))
def test_garbage_that_is_signed_is_kept_and_refused(town: Town, number: int) -> None:
    id_ = f"garbage-{time.time_ns()}"
    answer = town.say(GARBAGE[number].replace(b"%s", id_.encode()), id_)
    assert answer.status_code == 422, answer.text
    problem(answer, 422, answer.json()["code"])
    assert town.message(id_)["state"] == "refused"


def test_a_decision_that_comes_before_its_order_waits_for_it(town: Town) -> None:
    city_no, data = town.demand()
    decision = {"order_no": city_no, "apply_type": "延期", "result": "同意"}
    early: dict[str, Any] = {"id": f"decision-{city_no}", "type": "decision", "area": AREAS["huojia"], "data": decision}
    assert town.say(early).status_code == 202
    no = town.say(order(city_no, data)).json()["no"]
    eventually(lambda: town.message(early["id"])["code"] == "wrong_stage" or None)  # the order exists, no request yet
    extension = asked_for_more_time(town, no)
    eventually(lambda: town.message(early["id"])["state"] == "taken" or None)
    assert town.happens(no, "extension_granted", until=extension)["actor"] == "city_platform"
    assert town.say(early).json() == {"message": early["id"], "state": "taken", "no": no, "city_no": city_no}
    late = early | {"id": f"late-{city_no}"}
    problem(town.say(late), 409, "already_done")
    assert len(town.events(no, "extension_granted")) == 1 and not town.events(no, "signal_ignored")


def test_what_has_waited_for_a_day_in_vain_is_refused_and_told(town: Town) -> None:
    city_no, _ = town.demand()
    decision = {"order_no": city_no, "apply_type": "延期", "result": "同意"}
    vain: dict[str, Any] = {"id": f"vain-{city_no}", "type": "decision", "area": AREAS["huojia"], "data": decision}
    assert town.say(vain).status_code == 202
    with psycopg.connect(town.values["DATABASE_URL"]) as connection:
        connection.execute(
            "UPDATE city_messages SET received_at = received_at - interval '25 hours' WHERE id = %s", [vain["id"]]
        )
    eventually(lambda: town.message(vain["id"])["state"] == "refused" or None)
    problem(town.say(vain), 404, "unknown_order")


def test_what_a_fault_of_ours_keeps_from_its_order_for_a_day_is_refused_and_shown(town: Town) -> None:
    city_no, no = town.opened("huojia")
    decision = {"county_no": no, "order_no": city_no, "apply_type": "延期", "result": "同意"}
    fault: dict[str, Any] = {"id": f"fault-{city_no}", "type": "decision", "area": AREAS["huojia"], "data": decision}
    assert town.say(fault).status_code == 202
    with psycopg.connect(town.values["DATABASE_URL"], autocommit=True) as connection:
        # The message refers to an unknown approval, which only a bug could cause.
        connection.execute("UPDATE city_messages SET approval = 'A99' WHERE id = %s", [fault["id"]])
        eventually(lambda: town.message(fault["id"])["code"] == "internal" or None)
        assert town.message(fault["id"])["state"] == "waiting"
        day = "UPDATE city_messages SET received_at = received_at - interval '25 hours' WHERE id = %s"
        connection.execute(day, [fault["id"]])
    eventually(lambda: town.message(fault["id"])["state"] == "refused" or None)
    director = town.caller("hotline_director")
    refused = director.get("/city/messages", state="refused", no=no).json()["items"]
    assert [(each["id"], each["code"]) for each in refused] == [(fault["id"], "internal")]
    problem(town.say(fault), 500, "internal")
    assert eventually(lambda: town.message(fault["id"])["told"]), "the platform hears of it with the receipts"


def test_an_outbox_with_a_message_without_an_id_is_read_on(town: Town) -> None:
    town.let_the_city_send("order", AREAS["huojia"], {"order_no": "x"}, f"no id {time.time_ns()}")
    town.mood(webhooks="off")
    town.opened("huojia")
    refused = town.caller("hotline_director").get("/city/messages", state="refused").json()["items"]
    assert any(each["id"].startswith("unnamed-") and each["via"] == "outbox" for each in refused)


def test_a_decision_beyond_the_rules_is_refused_and_changes_nothing(town: Town) -> None:
    _, no = town.opened("huojia", level_code="1")
    asked_for_more_time(town, no)
    data = {"county_no": no, "apply_type": "延期", "result": "同意", "deadline": "2099-01-01"}
    message: dict[str, Any] = {"id": f"far-{no}", "type": "decision", "area": AREAS["huojia"], "data": data}
    eventually(lambda: town.received(no, "extensions") or None)
    refused = problem(town.say(message), 422, "exceeds_maximum")
    assert refused["clause"] == "HJ-08"
    elsewhere = message | {"id": f"elsewhere-{no}", "area": AREAS["hukou"]}
    problem(town.say(elsewhere), 404, "unknown_order")
    mixed = message | {"id": f"mixed-{no}", "data": data | {"order_no": "another"}}
    problem(town.say(mixed), 422, "invalid")
    assert not town.events(no, "approval_decided") and not town.events(no, "signal_ignored")


def test_the_hotline_sees_what_was_refused_and_tries_it_again(town: Town) -> None:
    city_no, data = town.demand()
    urge: dict[str, Any] = {
        "id": f"urge-{city_no}",
        "type": "urge",
        "area": AREAS["huojia"],
        "data": {"order_no": city_no},
    }
    no = town.say(order(city_no, data)).json()["no"]
    problem(town.say(urge), 409, "wrong_stage")
    director, unit = town.caller("hotline_director"), town.caller("clerk-housing@huojia")
    refused = director.get("/city/messages", state="refused", no=no).json()["items"]
    assert [each["id"] for each in refused] == [urge["id"]]
    assert "body" not in refused[0]
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    done = director.post(f"/city/messages/{urge['id']}/retry")
    assert (done.status_code, done.json()["state"], done.json()["attempts"]) == (200, "taken", 2)
    assert town.happens(no, "order_urged")["actor"] == "city_platform"
    problem(director.post(f"/city/messages/{urge['id']}/retry"), 409, "already_done")
    problem(director.get("/city/messages/%00"), 404, "not_found")
    problem(unit.get("/city/messages"), 403, "not_permitted")
    problem(unit.post(f"/city/messages/{urge['id']}/retry"), 403, "not_permitted")
    problem(town.caller("admin").get(f"/city/messages/{urge['id']}"), 403, "not_permitted")
    problem(town.caller("").get("/city/messages"), 401, "not_authenticated")


def order_of(town: Town, message: str) -> str | None:
    """The order that a message is about, once that is known."""
    no: str | None = town.message(message)["no"]
    return no


def asked_for_more_time(town: Town, no: str) -> str:
    """The unit signs and requests an extension from the city; returns the new date."""
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    deadlines = town.caller("admin").get(f"/work-orders/{no}/deadlines").json()
    limit = next(each["due_at"] for each in deadlines if each["clock"] == "handling")
    until = f"{limit[:10]}T23:59:59+08:00" if "T00:00:00" not in limit else f"{limit[:10]}T12:00:00+08:00"
    body = {"unit": "housing", "reason": "配件需外购", "until": until, "signed_by": ["unit_principal_leader"]}
    town.do("clerk-housing@huojia", no, "request_extension", **body)
    return until
