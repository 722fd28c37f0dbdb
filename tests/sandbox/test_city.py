"""The sandbox city platform (docs/city-platform.md): signed requests, one answer per message, outbox, staff page."""

import json
import re
import time
from typing import Any

import httpx
import pytest

from sandbox.city.signature import headers
from tests.city.examples import examples
from tests.sandbox.words import Peer

SECRET = "secret-of-the-test"  # noqa: S105


@pytest.fixture(scope="module")
def city(peer: Peer) -> str:
    return peer("city", "--secret", SECRET)[0]


def post(city: str, key: str, content: object, kind: str = "results", secret: str = SECRET) -> httpx.Response:
    body = json.dumps(content).encode()
    return httpx.post(f"{city}/city/v1/{kind}", content=body, headers=headers(secret, key, body))


def outbox(city: str, after: str = "", limit: int = 100) -> httpx.Response:
    query = f"after={after}&limit={limit}"
    signed = headers(SECRET, "poll", query.encode())
    return httpx.get(f"{city}/city/v1/outbox?{query}", headers=signed)


def shape(value: Any) -> Any:
    """The keys of a JSON value, all the way down."""
    return {key: shape(below) for key, below in value.items()} if isinstance(value, dict) else None


def test_the_same_key_and_body_give_the_same_answer_once(city: str) -> None:
    first = post(city, "order-1-result", {"order": 1})
    again = post(city, "order-1-result", {"order": 1})
    assert (first.status_code, again.status_code) == (200, 200)
    assert first.json()["id"] == again.json()["id"]
    received = httpx.get(f"{city}/city/v1/received").json()
    came = [(item["kind"], item["body"]) for item in received if item["key"] == "order-1-result"]
    assert came == [("results", {"order": 1})]


@pytest.mark.parametrize(("content", "kind"), [({"order": 2}, "results"), ({"order": 1}, "appeals")])
def test_a_key_used_for_something_else_is_a_conflict(city: str, content: object, kind: str) -> None:
    post(city, "key", {"order": 1})
    assert post(city, "key", content, kind).status_code == 409


def test_a_wrong_signature_an_old_one_and_an_unknown_kind_are_refused(city: str) -> None:
    assert post(city, "refused", {}, secret="wrong").status_code == 401  # noqa: S106
    assert post(city, "refused", {}, kind="rumours").status_code == 422
    assert httpx.post(f"{city}/city/v1/results", content=b"{}").status_code == 401
    assert httpx.get(f"{city}/city/v1/outbox").status_code == 401
    old = headers(SECRET, "refused", b"{}") | {"X-City-Timestamp": str(int(time.time()) - 400)}
    assert httpx.post(f"{city}/city/v1/results", content=b"{}", headers=old).status_code == 401
    assert "refused" not in {item["key"] for item in httpx.get(f"{city}/city/v1/received").json()}


@pytest.mark.parametrize("post_", examples("posts", no="20261123-000777", city_no="SZ-777"), ids=lambda p: p["path"])
def test_what_a_county_sends_is_taken_and_answered_with_the_number(city: str, post_: dict[str, Any]) -> None:
    answer = post(city, post_["key"], post_["body"], post_["path"])
    assert answer.status_code == 200, answer.text
    if post_["path"] != "receipts":
        assert answer.json()["city_no"] == post_["body"]["city_no"] or answer.json()["city_no"].startswith("SB")


def test_the_outbox_gives_every_message_once_in_pages(city: str) -> None:
    start = outbox(city).json()["next"]
    for number in range(5):
        message = {"type": "urge", "area": "1", "id": f"u-{number}", "data": {"order_no": "x"}}
        for _ in range(2):
            assert httpx.post(f"{city}/sandbox/messages", json=message).status_code == 202
    found, after, more = [], start or "", True
    while more:
        page = outbox(city, after, 2).json()
        found += [each["id"] for each in page["messages"]]
        after, more = page["next"], page["more"]
    assert found == [f"u-{number}" for number in range(5)]
    assert outbox(city, after).json() == {"messages": [], "next": after, "more": False}
    for strange in ("elsewhere-3", "nonsense"):
        assert outbox(city, strange).status_code == 410


def test_the_desk_sends_what_the_contract_describes(city: str) -> None:
    wanted = {entry["message"]["type"]: entry["message"] for entry in reversed(examples("messages", city_no="SZ-1"))}
    start = outbox(city).json()["next"]
    form = {"area": "410724", "title": "路灯<b>不亮", "content": "已一周", "category": "03", "phone": "13912345678"}
    httpx.post(f"{city}/desk/orders", data=form)
    (order,) = outbox(city, start).json()["messages"]
    assert set(shape(order)) == set(wanted["order"])
    assert set(order["data"]) <= set(wanted["order"]["data"])
    city_no = order["data"]["order_no"]

    asked = examples("posts", no="20261123-000555", city_no=city_no)[1]
    post(city, asked["key"], asked["body"], asked["path"])
    page = httpx.get(city).text
    assert "县编号 20261123-000555" in page and city_no in page and "配件需外购" in page
    assert "<b>" not in page and "路灯&lt;b&gt;不亮" in page
    assert re.search(f'value="{asked["key"]}"', page)
    answer = {"key": asked["key"], "result": "同意", "opinion": "可"}
    assert httpx.post(f"{city}/desk/decisions", data=answer).status_code == 303
    assert httpx.post(f"{city}/desk/decisions", data=answer).status_code == 409
    httpx.post(f"{city}/desk/urges", data={"city_no": city_no, "opinion": "请尽快"})
    decision, urge = outbox(city, start).json()["messages"][1:]
    assert (decision["type"], decision["area"], urge["type"]) == ("decision", "410724", "urge")
    assert decision["data"]["apply_id"] == "A1"
    assert set(urge["data"]) >= set(wanted["urge"]["data"])
    assert "已答复：同意" in httpx.get(city).text


def test_it_misbehaves_as_told(city: str) -> None:
    def fault(**faults: Any) -> None:
        assert httpx.put(f"{city}/sandbox/faults", json=faults).status_code == 200

    fault(answers="error", times=1)
    assert [post(city, "f-1", {}).status_code for _ in range(2)] == [500, 200]
    fault(answers="lost", times=1)
    assert [post(city, "f-2", {"a": 1}).status_code for _ in range(2)] == [500, 200]
    assert [each["key"] for each in httpx.get(f"{city}/city/v1/received").json()].count("f-2") == 1
    fault(answers="busy", seconds=7, times=1)
    busy = post(city, "f-3", {})
    assert (busy.status_code, busy.headers["Retry-After"]) == (429, "7")
    fault(answers="refuse", about="f-4")
    assert [post(city, "f-4", {"a": about}).status_code for about in ("f-4", "f-5")] == [422, 200]
    fault(answers="garbage", times=1)
    with pytest.raises(ValueError):
        outbox(city).json()
    fault(answers="timeout")
    with pytest.raises(httpx.TimeoutException):
        httpx.post(f"{city}/city/v1/results", timeout=0.2)
    fault()
    assert httpx.put(f"{city}/sandbox/faults", json={"answers": "nonsense"}).status_code == 422


def test_a_platform_that_keeps_its_data_knows_its_outbox_again(peer: Peer, tmp_path: Any) -> None:
    options = ("--secret", SECRET, "--data", str(tmp_path))
    base, process = peer("city", *options)
    httpx.post(f"{base}/sandbox/messages", json={"type": "order", "area": "1", "data": {"order_no": "SZ-9"}})
    cursor = outbox(base).json()["next"]
    process.stop()
    again, _ = peer("city", *options)
    assert outbox(again, cursor).json()["messages"] == []
    assert [each["id"] for each in outbox(again).json()["messages"]] == ["order-SZ-9"]
