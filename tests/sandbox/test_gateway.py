"""Messages at the gateway, seen through Twilio's own client and a browser's requests."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]
from twilio.rest import Client  # type: ignore[import-untyped]

from tests.sandbox.words import HOTLINE, Answer, Listener, Peer, client, until

CITIZEN = "+8613800000001"


def wait_for_delivery(twilio: Client, sid: str) -> None:
    until(lambda: twilio.messages(sid).fetch().status == "delivered")


def test_a_message_is_created_delivered_fetched_and_listed(gateway: str) -> None:
    twilio = client(gateway)
    sent = twilio.messages.create(to=CITIZEN, from_=HOTLINE, body="您的工单已派单。" * 10)
    assert (sent.sid[:2], sent.status, sent.num_segments, sent.direction, sent.price, sent.error_code) == (
        "SM",
        "queued",
        "2",
        "outbound-api",
        None,
        None,
    )
    assert abs(sent.date_created - datetime.now(UTC)) < timedelta(minutes=1)
    wait_for_delivery(twilio, sent.sid)
    assert float(twilio.messages(sent.sid).fetch().price) < 0
    twilio.messages.create(to="+8613900000002", from_=HOTLINE, body="other")

    assert [message.sid for message in twilio.messages.list(to=CITIZEN)] == [sent.sid]
    assert twilio.messages.list(to=CITIZEN, from_="+8600000") == []
    now = datetime.now(UTC)
    assert twilio.messages.list(to=CITIZEN, date_sent_after=now - timedelta(minutes=5))
    assert not twilio.messages.list(to=CITIZEN, date_sent_after=now + timedelta(minutes=5))
    assert not twilio.messages.list(to=CITIZEN, date_sent_before=now - timedelta(minutes=5))
    assert twilio.messages.list(to=CITIZEN, date_sent=sent.date_created.date())


def test_a_long_list_comes_in_pages_newest_first_and_keeps_its_place_while_others_arrive(gateway: str) -> None:
    twilio, to = client(gateway), "+8613800000007"
    sids = [twilio.messages.create(to=to, from_=HOTLINE, body=str(n)).sid for n in range(7)]
    first = twilio.messages.page(to=to, page_size=3)
    found = [message.sid for message in first]
    twilio.messages.create(to=to, from_=HOTLINE, body="one more")
    second = first.next_page()
    found += [message.sid for message in second]
    third = second.next_page()
    found += [message.sid for message in third]
    assert found == sids[::-1]
    assert third.next_page() is None
    assert len(twilio.messages.list(to=to, page_size=3)) == 8


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
        ({"to": CITIZEN, "from_": HOTLINE, "body": "x", "status_callback": "nowhere"}, 400, 21609),
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


def test_status_callbacks_come_in_order(gateway: str, listener: Listener) -> None:
    callback = f"{listener.url}/status?order=1"
    sent = client(gateway).messages.create(to=CITIZEN, from_=HOTLINE, body="x", status_callback=callback)
    for status in ("sent", "delivered"):
        posted = listener.take("/status")
        assert (posted.path, posted.form["MessageSid"], posted.form["MessageStatus"]) == (
            "/status?order=1",
            sent.sid,
            status,
        )


def test_a_slow_customer_does_not_hold_up_deliveries_nor_is_it_flooded(gateway: str, listener: Listener) -> None:
    gate = Event()
    listener.answers["/slow"] = [Answer(status=204, gate=gate)]
    twilio, to = client(gateway), "+8613800000009"
    for n in range(60):
        twilio.messages.create(to=to, from_=HOTLINE, body=str(n), status_callback=f"{listener.url}/slow")
    until(lambda: {message.status for message in twilio.messages.list(to=to)} == {"delivered"})
    gate.set()
    reports: set[tuple[str, str]] = set()
    while len(reports) < 120:  # on a very slow machine some come twice
        form = listener.take("/slow").form
        reports.add((form["MessageSid"], form["MessageStatus"]))
    assert {status for _, status in reports} == {"sent", "delivered"}
    assert len({sid for sid, _ in reports}) == 60
    assert listener.most_at_once <= 16


def test_a_citizen_writes_from_the_phone_page(gateway: str, listener: Listener) -> None:
    client(gateway).messages.create(to=CITIZEN, from_=HOTLINE, body="请回复 <1> 满意")
    assert CITIZEN in httpx.get(f"{gateway}/phone").text
    page = httpx.get(f"{gateway}/phone/{CITIZEN}").text
    assert "请回复 &lt;1&gt; 满意" in page

    answer = httpx.post(f"{gateway}/phone/{CITIZEN}/reply", data={"body": "1 满意"}, follow_redirects=True)
    form = listener.take("/webhooks/sms").form
    assert (form["From"], form["To"], form["Body"], form["NumMedia"]) == (CITIZEN, HOTLINE, "1 满意", "0")
    assert answer.text.index("请回复") < answer.text.index("1 满意"), "the newest comes last"
    assert 'role="alert"' not in answer.text


def test_a_long_conversation_comes_in_stretches(gateway: str) -> None:
    twilio, to = client(gateway), "+8613800000008"
    for n in range(105):
        twilio.messages.create(to=to, from_=HOTLINE, body=f"第{n}条")
    page = httpx.get(f"{gateway}/phone/{to}").text
    assert ("第104条" in page, "第5条" in page, "第4条" in page, "更早的" in page) == (True, True, False, True)
    older = httpx.get(f"{gateway}/phone/{to}", params={"page": 1}).text
    assert ("第4条" in older, "第5条" in older, "更早的" in older) == (True, False, False)


def test_a_telephone_that_nobody_wrote_to_can_be_opened_and_a_wrong_number_cannot_write(gateway: str) -> None:
    opened = httpx.get(f"{gateway}/phone", params={"number": "+8613800000099"}, follow_redirects=True)
    assert (opened.status_code, "手机 +8613800000099" in opened.text) == (200, True)
    refused = httpx.post(f"{gateway}/phone/nobody/reply", data={"body": "x"}, follow_redirects=True)
    assert "号码不正确" in refused.text


def test_the_phone_page_says_when_nobody_takes_the_answer(peer: Peer, tmp_path: Path) -> None:
    base, _ = peer("gateway", "--data", str(tmp_path), "--inbound-url", "http://127.0.0.1:9/nobody")
    page = httpx.post(f"{base}/phone/{CITIZEN}/reply", data={"body": "1"}, follow_redirects=True, timeout=30)
    assert "对方系统没有应答" in page.text


def write(gateway: str, number: str, body: str) -> str:
    """Write to the hotline and return the page that follows."""
    page = httpx.post(f"{gateway}/phone/{number}/reply", data={"body": body}, follow_redirects=True)
    return page.raise_for_status().text


@pytest.fixture(scope="module")
def talkative(peer: Peer, tmp_path_factory: pytest.TempPathFactory, listener: Listener) -> str:
    """A gateway whose hotline answers with replies."""
    data = str(tmp_path_factory.mktemp("talkative"))
    return peer("gateway", "--data", data, "--inbound-url", f"{listener.url}/in/sms")[0]


def test_the_answer_to_a_text_is_a_message_to_the_citizen(talkative: str, listener: Listener) -> None:
    first = '<Message action="../status">谢谢，已收到。\n编号 <![CDATA[1&2]]></Message>'
    document = f"<?xml version='1.0' encoding='UTF-8'?><Response>{first}<Message><Body>再见</Body></Message></Response>"
    listener.answers["/in/sms"] = [Answer(document)]
    assert 'role="alert"' not in write(talkative, CITIZEN, "查询")
    twilio = client(talkative)
    back = until(lambda: [m for m in twilio.messages.list(to=CITIZEN) if m.status == "delivered"][1:])[0]
    assert (back.from_, back.direction, back.body) == (HOTLINE, "outbound-reply", "谢谢，已收到。\n编号 1&2")
    assert [listener.take("/status").form["MessageStatus"] for _ in range(2)] == ["sent", "delivered"]


def test_plain_text_is_a_message_too_and_an_empty_response_is_none(talkative: str, listener: Listener) -> None:
    listener.answers["/in/sms"] = [Answer("收到", media_type="text/plain"), Answer("<Response/>")]
    number = "+8613800000031"
    for body in ("一", "二"):
        assert 'role="alert"' not in write(talkative, number, body)
    assert [m.body for m in client(talkative).messages.list(to=number)] == ["收到"]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("<Response><Message>x</Response>"), "不是有效的 XML"),
        (Answer("<Reply/>"), "应以 &lt;Response&gt; 开头"),
        (Answer("<!DOCTYPE x [<!ENTITY a 'b'>]><Response/>"), "不允许文档类型声明"),
        (Answer("<Response><Message/></Response>"), "没有内容"),
        (Answer('{"ok": true}', media_type="application/json"), "不是 TwiML：application/json"),
        (Answer("<Response>" + " " * 70000 + "</Response>"), "超过 64 KB"),
        (Answer("", 403), "拒绝了（403）"),
    ],
)
def test_an_answer_that_nobody_can_follow_is_shown(
    talkative: str, listener: Listener, answer: Answer, says: str
) -> None:
    listener.answers["/in/sms"] = [answer]
    assert says in write(talkative, "+8613800000032", "x")
    assert client(talkative).messages.list(to="+8613800000032") == []
