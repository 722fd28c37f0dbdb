"""Calls at the gateway: whole dialogues through Twilio's client, the forms of the pages, and TwiML documents."""

from collections.abc import Callable
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from twilio.base.exceptions import TwilioRestException  # type: ignore[import-untyped]

from tests.sandbox.words import HOTLINE, Answer, Listener, Peer, client, until

NUMBERS = count(13700000001)
EVENTS = ["initiated", "ringing", "answered", "completed"]
SATISFIED = (
    '<Response><Say language="zh-CN">您好，这里是热线回访。</Say>'
    '<Gather input="dtmf speech" numDigits="1" timeout="9" action="asked?step=1&amp;order=R1" language="zh-CN">'
    "<Say>满意请按一，</Say><Pause length='1'/><Say>不满意请按二。</Say></Gather>"
    "<Say>没有听到您的选择，再见。</Say></Response>"
)
WHY = '<Response><Gather input="speech" timeout="9" action="/voice/why"><Say>请说出原因。</Say></Gather></Response>'
THANKS = "<Response><Say>谢谢，再见。</Say><Hangup/><Say>听不到</Say></Response>"


class Phone:
    """A person's telephone, through the forms of its page."""

    def __init__(self, gateway: str, number: str) -> None:
        self._gateway = gateway
        self.number = number

    def act(self, sid: str, act: str, **form: str) -> str:
        """Do something about a call and return the page that follows."""
        url = f"{self._gateway}/phone/{self.number}/calls/{sid}/{act}"
        return httpx.post(url, data=form, follow_redirects=True, timeout=30).raise_for_status().text

    def call(self, sid: str) -> dict[str, Any]:
        """The telephone's state of a call."""
        calls = httpx.get(f"{self._gateway}/sandbox/phones/{self.number}").raise_for_status().json()["calls"]
        return next(call for call in calls if call["sid"] == sid)

    def heard(self, sid: str) -> list[tuple[str, str]]:
        return [(line["who"], line["text"]) for line in self.call(sid)["heard"]]


@pytest.fixture
def phone(gateway: str) -> Phone:
    """A telephone with a new number."""
    return Phone(gateway, f"+86{next(NUMBERS)}")


@pytest.fixture
def ring(gateway: str, phone: Phone, listener: Listener) -> Callable[..., str]:
    """A function that makes the hotline call with a document or further parameters; returns the call's sid."""

    def start(document: str | None = None, **more: Any) -> str:
        if document is not None:
            listener.answers["/voice/start"] = [Answer(document)]
        if "twiml" not in more:
            more["url"] = f"{listener.url}/voice/start"
        sid: str = client(gateway).calls.create(to=phone.number, from_=HOTLINE, **more).sid
        return sid

    return start


def test_a_dialogue_of_two_questions(gateway: str, phone: Phone, ring: Callable[..., str], listener: Listener) -> None:
    listener.answers["/voice/asked"], listener.answers["/voice/why"] = [Answer(WHY)], [Answer(THANKS)]
    callback = f"{listener.url}/voice/status"
    sid = ring(SATISFIED, status_callback=callback, status_callback_event=EVENTS)
    twilio = client(gateway)
    assert (sid[:2], twilio.calls(sid).fetch().status) == ("CA", "ringing")
    assert "接听" in httpx.get(f"{gateway}/phone/{phone.number}").text

    page = phone.act(sid, "answer")
    asked = listener.take("/voice/start").form
    assert (asked["CallSid"], asked["CallStatus"], asked["To"], asked["Direction"]) == (
        sid,
        "in-progress",
        phone.number,
        "outbound-api",
    )
    assert "满意请按一" in page
    assert "等待：按键、说话" in page
    assert twilio.calls(sid).fetch().status == "in-progress"

    page = phone.act(sid, "keys", digits="2")
    answered = listener.take("/voice/asked")
    assert (answered.path, answered.form["Digits"], answered.form["CallSid"]) == (
        "/voice/asked?step=1&order=R1",
        "2",
        sid,
    )
    assert "请说出原因" in page

    page = phone.act(sid, "speak", text="井盖还是坏的")
    said = listener.take("/voice/why").form
    assert (said["SpeechResult"], float(said["Confidence"]) > 0, "Digits" in said) == ("井盖还是坏的", True, False)
    assert "谢谢，再见。" in page
    assert "已结束" in page

    assert phone.heard(sid) == [
        ("hotline", "您好，这里是热线回访。"),
        ("hotline", "满意请按一，"),
        ("hotline", "不满意请按二。"),
        ("person", "按键 2"),
        ("hotline", "请说出原因。"),
        ("person", "说：井盖还是坏的"),
        ("hotline", "谢谢，再见。"),
    ]
    reports = [listener.take("/voice/status").form for _ in EVENTS]
    assert [form["CallStatus"] for form in reports] == ["initiated", "ringing", "in-progress", "completed"]
    assert [form["SequenceNumber"] for form in reports] == ["0", "1", "2", "3"]
    ended = twilio.calls(sid).fetch()
    assert (ended.status, int(ended.duration) >= 1, float(ended.price) < 0) == ("completed", True, True)
    assert [form.get("CallDuration") for form in reports] == [None, None, None, ended.duration]


@pytest.mark.parametrize(("act", "status", "says"), [("busy", "busy", "已拒接"), ("ignore", "no-answer", "无人接听")])
def test_a_call_that_is_not_taken(
    gateway: str, phone: Phone, ring: Callable[..., str], listener: Listener, act: str, status: str, says: str
) -> None:
    sid = ring(twiml=THANKS, status_callback=f"{listener.url}/voice/{act}")
    assert says in phone.act(sid, act)
    report = listener.take(f"/voice/{act}").form
    assert (report["CallStatus"], report["CallDuration"]) == (status, "0")
    assert client(gateway).calls(sid).fetch().status == status
    assert "已经结束" in phone.act(sid, "answer")


def test_a_call_that_nobody_takes_rings_for_its_timeout(ring: Callable[..., str], listener: Listener) -> None:
    ring(twiml=THANKS, timeout=1, status_callback=f"{listener.url}/voice/unanswered")
    assert listener.take("/voice/unanswered").form["CallStatus"] == "no-answer"


def test_silence_goes_on_with_the_document_or_asks_the_action(
    phone: Phone, ring: Callable[..., str], listener: Listener
) -> None:
    question = '<Response><Gather timeout="0" {}><Say>请按键</Say></Gather><Say>再见</Say></Response>'
    sid = ring(question.format(""))
    phone.act(sid, "answer")
    until(lambda: phone.call(sid)["status"] == "completed")
    assert phone.heard(sid) == [("hotline", "请按键"), ("hotline", "再见")]

    listener.answers["/voice/silent"] = [Answer(THANKS)]
    sid = ring(question.format('action="silent" actionOnEmptyResult="true"'))
    phone.act(sid, "answer")
    assert listener.take("/voice/silent").form["Digits"] == ""


def test_keys_are_collected_until_enough_or_the_finishing_key_or_a_pause(
    phone: Phone, ring: Callable[..., str], listener: Listener
) -> None:
    listener.answers["/voice/pin"] = [
        Answer('<Response><Gather action="pin" timeout="1"><Pause length="9"/></Gather></Response>'),
        Answer('<Response><Gather action="pin" method="GET" finishOnKey="*" timeout="9"/></Response>'),
        Answer(THANKS),
    ]
    sid = ring('<Response><Gather action="pin" numDigits="3" timeout="9"/></Response>')
    phone.act(sid, "answer")
    phone.act(sid, "keys", digits="1")
    page = phone.act(sid, "keys", digits="234")
    assert "多按的键没有用上：4" in page
    first = listener.take("/voice/pin").form
    assert (first["Digits"], first["FinishedOnKey"]) == ("123", "")

    phone.act(sid, "keys", digits="45")
    assert listener.take("/voice/pin").form["Digits"] == "45", "after a second without another key"

    until(lambda: phone.call(sid)["awaits_keys"])
    phone.act(sid, "keys", digits="6#*")
    last = listener.take("/voice/pin")
    assert (last.method, last.form["Digits"], last.form["FinishedOnKey"]) == ("GET", "6#", "*")
    assert phone.call(sid)["status"] == "completed"


def test_what_is_not_awaited_is_refused_and_a_person_may_hang_up(
    phone: Phone, ring: Callable[..., str], listener: Listener
) -> None:
    sid = ring(twiml=f'<Response><Gather timeout="9" action="{listener.url}/never"/></Response>')
    assert "还没有接听" in phone.act(sid, "keys", digits="1")
    assert "没有在响铃" not in phone.act(sid, "answer")
    assert "没有在响铃" in phone.act(sid, "answer")
    assert "没有在等人说话" in phone.act(sid, "speak", text="喂")
    assert "只能按" in phone.act(sid, "keys", digits="x")
    assert "已结束" in phone.act(sid, "hangup")
    assert "已经结束" in phone.act(sid, "keys", digits="1")
    assert listener.nothing_more("/never", 0)


def test_a_document_may_send_the_call_elsewhere(phone: Phone, ring: Callable[..., str], listener: Listener) -> None:
    listener.answers["/voice/next"] = [Answer(THANKS)]
    sid = ring("<Response><Play>x.mp3</Play><Record/><Redirect>next</Redirect><Say>听不到</Say></Response>")
    phone.act(sid, "answer")
    assert listener.take("/voice/next").form["CallSid"] == sid
    assert phone.heard(sid) == [
        ("hotline", "（一段录音）"),
        ("problem", "模拟网关不会执行 <Record>，已跳过"),
        ("hotline", "谢谢，再见。"),
    ]


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (Answer("<Response><Say>一半"), "不是有效的 XML"),
        (Answer(""), "不是有效的 XML"),
        (Answer("<Respond/>"), "应以 <Response> 开头"),
        (Answer("<Response><Gather numDigits='many'/></Response>"), "numDigits"),
        (Answer("<Response><Gather input='smell'/></Response>"), "input"),
        (Answer("<Response><Gather><Hangup/></Gather></Response>"), "<Gather> 里不能有 <Hangup>"),
        (Answer("<Response><Redirect>ftp://x</Redirect></Response>"), "没有可用的地址"),
        (Answer("<Response><Redirect>http://[x</Redirect></Response>"), "没有可用的地址"),
        (Answer("<Response><Redirect/></Response>"), "没有人应答"),
        (Answer("{}", media_type="application/json"), "不是 TwiML"),
        (Answer("no", 404), "拒绝了（404）"),
    ],
)
def test_a_document_that_nobody_can_follow_fails_the_call(
    phone: Phone, ring: Callable[..., str], listener: Listener, answer: Answer, says: str
) -> None:
    sid = ring("")
    listener.answers["/voice/start"] = [answer]
    page = phone.act(sid, "answer")
    assert "通话失败" in page
    assert [who for who, _ in phone.heard(sid)] == ["problem"]
    assert says in phone.heard(sid)[0][1]
    assert phone.call(sid)["status"] == "failed"


def test_the_customer_ends_calls(gateway: str, phone: Phone, ring: Callable[..., str], listener: Listener) -> None:
    twilio = client(gateway)
    question = f'<Response><Gather timeout="60" action="{listener.url}/never"/></Response>'
    ringing, answered = ring(twiml=question), ring(twiml=question)
    phone.act(answered, "answer")
    assert twilio.calls(ringing).update(status="canceled").status == "canceled"
    assert twilio.calls(answered).update(status="canceled").status == "in-progress"
    assert [call.sid for call in twilio.calls.list(to=phone.number, status="in-progress")] == [answered]
    assert twilio.calls(answered).update(status="completed").status == "completed"
    for code, status, sid in [(21220, "completed", answered), (21218, "dancing", ringing), (20404, "completed", "CA0")]:
        with pytest.raises(TwilioRestException) as refused:
            twilio.calls(sid).update(status=status)
        assert refused.value.code == code
    assert [call.sid for call in twilio.calls.list(to=phone.number, page_size=1)] == [answered, ringing]


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({}, 21205),
        ({"url": "nowhere"}, 21205),
        ({"url": "http://x", "method": "PUT"}, 20001),
        ({"url": "http://x", "status_callback_event": ["dialing"]}, 21626),
        ({"url": "http://x", "timeout": 0}, 20001),
    ],
)
def test_bad_calls_are_refused(gateway: str, more: dict[str, Any], code: int) -> None:
    with pytest.raises(TwilioRestException) as refused:
        client(gateway).calls.create(to="+8613700000000", from_=HOTLINE, **more)
    assert (refused.value.status, refused.value.code) == (400, code)


def test_a_call_that_a_restart_cuts_off_has_failed(peer: Peer, tmp_path: Path, listener: Listener) -> None:
    base, process = peer("gateway", "--data", str(tmp_path))
    callback = f"{listener.url}/cut-off"
    call = client(base).calls.create(to="+8613700000000", from_=HOTLINE, twiml=THANKS, status_callback=callback)
    process.process.kill()
    process.process.wait()
    base, _ = peer("gateway", "--data", str(tmp_path))
    assert listener.take("/cut-off").form["CallStatus"] == "failed"
    assert client(base).calls(call.sid).fetch().status == "failed"
