"""The gateway, seen through Twilio's own client and a browser's requests."""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from queue import Queue

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException
from twilio.request_validator import RequestValidator
from twilio.rest import Client

from adapters.twilio_http import RebasedHttpClient
from tests.sandbox.words import ACCOUNT, TOKEN, Peer, Posted

HOTLINE, CITIZEN = "+8612345", "+8613800000001"


@pytest.fixture(scope="module")
def gateway(peer: Peer, tmp_path_factory: pytest.TempPathFactory, listener: tuple[str, Queue[Posted]]) -> str:
    """One gateway for tests that use telephone numbers of their own."""
    data = str(tmp_path_factory.mktemp("gateway"))
    return peer("gateway", "--data", data, "--inbound-url", f"{listener[0]}/webhooks/sms")[0]


def client(base: str, token: str = TOKEN) -> Client:
    return Client(ACCOUNT, token, http_client=RebasedHttpClient(base))


def wait_for_delivery(twilio: Client, sid: str) -> None:
    deadline = time.monotonic() + 10
    while (status := twilio.messages(sid).fetch().status) != "delivered":
        assert time.monotonic() < deadline, status
        time.sleep(0.02)


def test_a_message_is_created_delivered_fetched_and_listed(gateway: str) -> None:
    twilio = client(gateway)
    sent = twilio.messages.create(to=CITIZEN, from_=HOTLINE, body="您的工单已派单。" * 10)
    assert (sent.sid[:2], sent.status, sent.num_segments, sent.direction) == (
        "SM",
        "queued",
        "2",
        "outbound-api",
    )
    assert abs(sent.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    wait_for_delivery(twilio, sent.sid)
    twilio.messages.create(to="+8613900000002", from_=HOTLINE, body="other")

    assert [message.sid for message in twilio.messages.list(to=CITIZEN)] == [sent.sid]
    assert twilio.messages.list(to=CITIZEN, from_="+8600000") == []
    now = datetime.now(UTC)
    assert twilio.messages.list(to=CITIZEN, date_sent_after=now - timedelta(minutes=5))
    assert not twilio.messages.list(to=CITIZEN, date_sent_after=now + timedelta(minutes=5))
    assert not twilio.messages.list(to=CITIZEN, date_sent_before=now - timedelta(minutes=5))
    assert twilio.messages.list(to=CITIZEN, date_sent=sent.date_created.date())


def test_a_long_list_comes_in_pages_newest_first(gateway: str) -> None:
    twilio = client(gateway)
    sids = [twilio.messages.create(to="+8613800000007", from_=HOTLINE, body=str(n)).sid for n in range(7)]
    assert [message.sid for message in twilio.messages.list(to="+8613800000007", page_size=3)] == sids[::-1]


def test_messages_survive_a_restart(peer: Peer, tmp_path: Path) -> None:
    base, process = peer("gateway", "--data", str(tmp_path))
    sid = client(base).messages.create(to=CITIZEN, from_=HOTLINE, body="before").sid
    process.process.kill()
    process.process.wait()
    base, _ = peer("gateway", "--data", str(tmp_path))
    wait_for_delivery(client(base), sid)


@pytest.mark.parametrize(
    ("message", "status", "code"),
    [
        ({"to": "", "from_": HOTLINE, "body": "x"}, 400, 21604),
        ({"to": "abc", "from_": HOTLINE, "body": "x"}, 400, 21211),
        ({"to": CITIZEN, "body": "x"}, 400, 21603),
        ({"to": CITIZEN, "from_": HOTLINE, "body": ""}, 400, 21602),
        ({"to": CITIZEN, "from_": HOTLINE, "body": "x" * 1601}, 400, 21617),
    ],
)
def test_bad_messages_are_refused_as_twilio_refuses_them(
    gateway: str, message: dict[str, str], status: int, code: int
) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(gateway).messages.create(**message)
    assert (refused.value.status, refused.value.code) == (status, code)


def test_a_wrong_token_and_an_unknown_message_are_refused(gateway: str) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(gateway, "wrong").messages.create(to=CITIZEN, from_=HOTLINE, body="x")
    assert (refused.value.status, refused.value.code) == (401, 20003)
    with pytest.raises(TwilioRestException) as missing:
        client(gateway).messages("SM" + "0" * 32).fetch()
    assert (missing.value.status, missing.value.code) == (404, 20404)


def test_status_callbacks_come_in_order_and_signed(gateway: str, listener: tuple[str, Queue[Posted]]) -> None:
    url, posted = listener
    sent = client(gateway).messages.create(to=CITIZEN, from_=HOTLINE, body="x", status_callback=f"{url}/status?order=1")
    for status in ("sent", "delivered"):
        path, form, signature = posted.get(timeout=10)
        assert (form["MessageSid"], form["MessageStatus"]) == (sent.sid, status)
        assert RequestValidator(TOKEN).validate(url + path, form, signature)


def test_a_citizen_answers_from_the_phone_page(gateway: str, listener: tuple[str, Queue[Posted]]) -> None:
    url, posted = listener
    client(gateway).messages.create(to=CITIZEN, from_=HOTLINE, body="请回复 <1> 满意")
    assert CITIZEN in httpx.get(f"{gateway}/phone").text
    page = httpx.get(f"{gateway}/phone/{CITIZEN}").text
    assert "请回复 &lt;1&gt; 满意" in page

    answer = httpx.post(f"{gateway}/phone/{CITIZEN}/reply", data={"body": "1 满意"}, follow_redirects=True)
    path, form, signature = posted.get(timeout=10)
    assert (path, form["From"], form["To"], form["Body"]) == ("/webhooks/sms", CITIZEN, HOTLINE, "1 满意")
    assert RequestValidator(TOKEN).validate(url + path, form, signature)
    assert "1 满意" in answer.text
    assert 'role="alert"' not in answer.text


def test_the_phone_page_says_when_nobody_takes_the_answer(peer: Peer, tmp_path: Path) -> None:
    base, _ = peer("gateway", "--data", str(tmp_path), "--inbound-url", "http://127.0.0.1:9/nobody")
    page = httpx.post(f"{base}/phone/{CITIZEN}/reply", data={"body": "1"}, follow_redirects=True, timeout=30)
    assert "对方系统没有应答" in page.text


def test_a_call_rings_and_is_answered_with_keys(gateway: str, listener: tuple[str, Queue[Posted]]) -> None:
    url, posted = listener
    twilio = client(gateway)
    gather = f'<Gather numDigits="1" action="{url}/voice?a=1&amp;b=2"><Say>满意请按一</Say></Gather>'
    twiml = f"<Response>{gather}</Response>"
    call = twilio.calls.create(to=CITIZEN, from_=HOTLINE, twiml=twiml, status_callback=f"{url}/ended")
    assert (call.sid[:2], twilio.calls(call.sid).fetch().status) == ("CA", "ringing")
    assert "按键" in httpx.get(f"{gateway}/phone/{CITIZEN}").text
    httpx.post(f"{gateway}/phone/{CITIZEN}/calls/{call.sid}", data={"digits": "1"})
    path, form, signature = posted.get(timeout=10)
    assert (path, form["CallSid"], form["Digits"]) == ("/voice?a=1&b=2", call.sid, "1")
    assert RequestValidator(TOKEN).validate(url + path, form, signature)
    assert posted.get(timeout=10)[0] == "/ended"
    assert twilio.calls(call.sid).fetch().status == "completed"
