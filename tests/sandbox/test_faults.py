"""Every fault of the gateway, as the client sees it."""

from collections.abc import Callable, Iterator
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import httpx
import pytest
import requests
from twilio.base.exceptions import TwilioException, TwilioRestException  # type: ignore[import-untyped]

from tests.sandbox.words import ACCOUNT, HOTLINE, PATIENCE, TOKEN, Listener, Peer, client, until

CITIZEN = "+8613800000001"


@pytest.fixture
def faults(gateway: str) -> Iterator[str]:
    """The URL that sets faults; they are removed after the test."""
    url = f"{gateway}/sandbox/faults"
    yield url
    httpx.delete(url).raise_for_status()


def let(faults: str, **fault: Any) -> None:
    """Set this fault as the only one."""
    httpx.put(faults, json=[fault]).raise_for_status()


def send(
    gateway: str, to: str = CITIZEN, body: str = "x", callback: str | None = None, timeout: float = PATIENCE
) -> Any:
    optional = {"status_callback": callback} if callback else {}
    return client(gateway, timeout=timeout).messages.create(to=to, from_=HOTLINE, body=body, **optional)


def bodies(gateway: str, to: str = CITIZEN) -> list[str]:
    return [message.body for message in client(gateway).messages.list(to=to)]


def strikes(faults: str) -> list[int]:
    return [fault["struck"] for fault in httpx.get(faults).json()]


@pytest.mark.parametrize("processed", [False, True])
def test_a_request_that_is_never_answered_may_have_been_processed(gateway: str, faults: str, processed: bool) -> None:
    body = f"timeout {processed}"
    let(faults, kind="timeout", on="messages", processed=processed, times=1)
    with pytest.raises(requests.Timeout):
        send(gateway, body=body, timeout=0.2)
    until(lambda: strikes(faults) == [1])
    if processed:
        until(lambda: body in bodies(gateway))
    send(gateway, body="afterwards")
    found = bodies(gateway)
    assert ("afterwards" in found, body in found) == (True, processed)


def test_a_line_that_is_held_does_not_delay_the_end_of_the_gateway(peer: Peer, tmp_path: Path) -> None:
    base, process = peer("gateway", "--data", str(tmp_path))
    faults = f"{base}/sandbox/faults"
    let(faults, kind="timeout", on="lookups")
    with closing(HTTPConnection(base.removeprefix("http://"))) as line:
        line.request("GET", f"/2010-04-01/Accounts/{ACCOUNT}/Messages.json")
        until(lambda: strikes(faults) == [1])
        process.stop()
    assert "graceful shutdown exceeded" not in process.tail()


@pytest.mark.parametrize("processed", [False, True])
def test_a_connection_may_be_reset(gateway: str, faults: str, processed: bool) -> None:
    body = f"reset {processed}"
    let(faults, kind="reset", on="messages", processed=processed)
    with pytest.raises(requests.ConnectionError) as broken:
        send(gateway, body=body)
    assert "reset by peer" in str(broken.value)
    assert (body in bodies(gateway)) is processed


@pytest.mark.parametrize("processed", [False, True])
def test_an_answer_may_be_rubbish(gateway: str, faults: str, processed: bool) -> None:
    body = f"garbage {processed}"
    let(faults, kind="garbage", on="messages", processed=processed)
    with pytest.raises(ValueError, match="Expecting value"):
        send(gateway, body=body)
    assert (body in bodies(gateway)) is processed


@pytest.mark.parametrize(("status", "processed"), [(500, True), (503, False)])
def test_the_provider_may_be_broken(gateway: str, faults: str, status: int, processed: bool) -> None:
    body = f"{status}"
    let(faults, kind="500", on="messages", status=status, processed=processed)
    with pytest.raises(TwilioRestException) as broken:
        send(gateway, body=body)
    assert (broken.value.status, broken.value.code) == (status, 20500)
    assert (body in bodies(gateway)) is processed


def test_too_many_requests_are_told_when_to_come_again(gateway: str, faults: str) -> None:
    let(faults, kind="429", retry_after=7, times=1)
    url = f"{gateway}/2010-04-01/Accounts/{ACCOUNT}/Messages.json"
    form = {"To": CITIZEN, "From": HOTLINE, "Body": "429"}
    refused = httpx.post(url, data=form, auth=(ACCOUNT, TOKEN))
    assert (refused.status_code, refused.headers["Retry-After"], refused.json()["code"]) == (429, "7", 20429)
    assert "429" not in bodies(gateway)


@pytest.mark.parametrize(
    ("code", "says"),
    [(21211, "Invalid 'To' Phone Number"), (21610, "unsubscribed recipient"), (21614, "not a valid mobile number")],
)
def test_a_number_may_be_refused_for_good(gateway: str, faults: str, code: int, says: str) -> None:
    let(faults, kind="refuse", code=code)
    creates: tuple[Callable[[], Any], ...] = (
        lambda: send(gateway),
        lambda: client(gateway).calls.create(to=CITIZEN, from_=HOTLINE, twiml="<Response/>"),
    )
    for create in creates:
        with pytest.raises(TwilioRestException) as refused:
            create()
        assert (refused.value.status, refused.value.code) == (400, code)
        assert says in refused.value.msg


def test_a_slow_provider_answers_all_the_same(gateway: str, faults: str) -> None:
    let(faults, kind="slow", on="messages", seconds=0.5, times=2)
    with pytest.raises(requests.Timeout):
        send(gateway, body="too slow for you", timeout=0.1)
    assert send(gateway, body="slow").status == "queued"
    until(lambda: "too slow for you" in bodies(gateway))


@pytest.mark.parametrize(
    ("kind", "code", "steps"),
    [
        ("undelivered", 30005, ["sent", "undelivered"]),
        ("undelivered", None, ["sent", "undelivered"]),
        ("failed", None, ["failed"]),
    ],
)
def test_an_accepted_message_may_not_arrive(
    gateway: str, faults: str, listener: Listener, kind: str, code: int | None, steps: list[str]
) -> None:
    let(faults, kind=kind, code=code)
    expected = code or {"undelivered": 30003, "failed": 30008}[kind]
    sent = send(gateway, callback=f"{listener.url}/lost")
    assert sent.error_code is None
    posted = [listener.take("/lost").form for _ in steps]
    assert [form["MessageStatus"] for form in posted] == steps
    assert [form.get("ErrorCode") for form in posted][-1] == str(expected)
    found = client(gateway).messages(sent.sid).fetch()
    assert (found.status, found.error_code, bool(found.error_message)) == (steps[-1], expected, True)
    assert (found.date_sent is None) is (kind == "failed")
    assert f"（{expected}）" in httpx.get(f"{gateway}/phone/{CITIZEN}").text


def test_webhooks_may_come_several_times_with_one_token(gateway: str, faults: str, listener: Listener) -> None:
    let(faults, kind="duplicate", copies=3, times=1)
    send(gateway, callback=f"{listener.url}/twice")
    posted = [listener.take("/twice") for _ in range(4)]
    assert [report.form["MessageStatus"] for report in posted] == ["sent"] * 3 + ["delivered"]
    assert len({report.token for report in posted}) == 2


def test_webhooks_may_come_in_the_wrong_order(gateway: str, faults: str, listener: Listener) -> None:
    let(faults, kind="reorder")
    send(gateway, callback=f"{listener.url}/backwards")
    assert [listener.take("/backwards").form["MessageStatus"] for _ in range(2)] == ["delivered", "sent"]


def test_webhooks_may_be_lost_and_come_late(gateway: str, faults: str, listener: Listener) -> None:
    lost = {"kind": "drop", "times": 1}
    late = {"kind": "slow", "on": "webhooks", "seconds": 0.2}
    httpx.put(faults, json=[lost, late]).raise_for_status()
    send(gateway, callback=f"{listener.url}/late")
    assert listener.take("/late").form["MessageStatus"] == "delivered"
    assert strikes(faults) == [1, 1]
    let(faults, kind="drop", to=CITIZEN)
    page = httpx.post(f"{gateway}/phone/{CITIZEN}/reply", data={"body": "lost"}, follow_redirects=True)
    assert "lost" in page.text, "the citizen has written it"
    assert strikes(faults) == [1], "and the hotline does not hear of it"


def test_a_fault_may_concern_a_pattern_of_numbers_and_lookups(gateway: str, faults: str) -> None:
    let(faults, kind="500", to="+86139*")
    assert send(gateway).sid
    with pytest.raises(TwilioRestException):
        send(gateway, to="+8613900000001")
    assert bodies(gateway, "+8613900000001") == [], "a lookup is hit only if it is named"
    let(faults, kind="500", on="lookups")
    assert send(gateway).sid
    with pytest.raises(TwilioException, match="HTTP 500"):
        bodies(gateway)


def test_a_call_may_fail_at_once(gateway: str, faults: str, listener: Listener) -> None:
    let(faults, kind="failed", on="calls")
    callback = f"{listener.url}/call-failed"
    call = client(gateway).calls.create(to=CITIZEN, from_=HOTLINE, twiml="<Response/>", status_callback=callback)
    assert listener.take("/call-failed").form["CallStatus"] == "failed"
    assert client(gateway).calls(call.sid).fetch().status == "failed"


def test_faults_are_told_and_cleared(faults: str) -> None:
    given = [{"kind": "drop", "times": 2}, {"kind": "slow", "on": "calls", "seconds": 1.5}]
    assert [fault["kind"] for fault in httpx.put(faults, json=given).json()] == ["drop", "slow"]
    standing = httpx.get(faults).json()
    assert (standing[0]["times"], standing[1]["on"], standing[1]["seconds"]) == (2, "calls", 1.5)
    assert httpx.put(faults, json=standing).json() == standing
    assert httpx.delete(faults).status_code == 204
    assert httpx.get(faults).json() == []


@pytest.mark.parametrize(
    ("content", "says"),
    [
        ([{"kind": "rumour"}], "0.kind：不认识的值"),
        ([{"kind": "drop", "on": "messages"}], "drop 只能作用于 webhooks"),
        ([{"kind": "drop", "often": 1}], "0.often：没有这一项"),
        ([{"kind": "slow", "seconds": 0}], "0.seconds：取值不对"),
        ({}, "应为列表"),
    ],
)
def test_a_fault_that_is_none_is_refused_and_the_others_stand(faults: str, content: Any, says: str) -> None:
    let(faults, kind="reorder")
    refused = httpx.put(faults, json=content)
    assert (refused.status_code, refused.headers["Content-Type"]) == (422, "application/problem+json")
    assert says in refused.json()["detail"]
    assert strikes(faults) == [0]


def test_faults_are_set_by_the_form_of_the_first_page(gateway: str, faults: str) -> None:
    form = {"kind": "timeout", "on": "messages", "to": "*", "times": "2", "processed": "true", "seconds": ""}
    page = httpx.post(f"{gateway}/faults", data=form, follow_redirects=True)
    assert "超时不应答" in page.text
    assert "共 2 次" in page.text
    fault = httpx.get(faults).json()[0]
    assert (fault["kind"], fault["on"], fault["times"], fault["processed"]) == ("timeout", "messages", 2, True)
    wrong = httpx.post(f"{gateway}/faults", data=form | {"times": "no"}, follow_redirects=True)
    assert "times：取值不对" in wrong.text
    assert "一切正常" in httpx.post(f"{gateway}/faults/clear", follow_redirects=True).text
