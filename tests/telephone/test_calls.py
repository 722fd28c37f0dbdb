"""The automatic call: two questions, answered by keys or speech, through the provider's TwiML."""

from itertools import count
from typing import Any

import httpx
import pytest

from adapters.twilio.client import TwilioClient
from adapters.twilio.voice import TwilioVoice
from domain.citizen.outbound_records import NewCall
from tests.api.callers import eventually, problem
from tests.telephone.exchange import HOOKS, Exchange

_calls = count(1)


class Ringing:
    """A call to a citizen, with the citizen's actions."""

    def __init__(self, exchange: Exchange, phone: str, no: str, id_: str) -> None:
        self.exchange, self.phone, self.no, self.id = exchange, phone, no, id_

    @property
    def state(self) -> dict[str, Any]:
        """The telephone's state of the call."""
        found: dict[str, Any] = self.exchange.telephone(self.phone)["calls"][-1]
        return found

    @property
    def heard(self) -> str:
        """All words spoken so far."""
        return "\n".join(str(line) for line in self.state["heard"])

    def answers(self) -> None:
        """Pick up."""
        self._does("answer")

    def presses(self, digits: str) -> None:
        """Press keys once the call waits for them."""
        eventually(lambda: self.state["awaits_keys"] or None)
        self._does("keys", digits=digits)

    def says(self, text: str) -> None:
        """Speak once the call waits for speech."""
        eventually(lambda: self.state["awaits_speech"] or None)
        self._does("speak", text=text)

    def hangs_up(self) -> None:
        """Hang up once a question has been asked."""
        eventually(lambda: self.state["awaits_keys"] or None)
        self._does("hangup")

    def ends(self) -> str:
        """Wait for the end; returns the last spoken words."""
        eventually(lambda: self.state["status"] == "completed" or None)
        return str(self.state["heard"][-1])

    def _does(self, what: str, **form: str) -> None:
        url = f"{self.exchange.gateway}/phone/{self.phone}/calls/{self.state['sid']}/{what}"
        done = httpx.post(url, data=form, timeout=60)
        assert "problem=&" in f"{done.headers['Location']}&", done.headers["Location"]


async def ring(exchange: Exchange) -> Ringing:
    """Call the citizen of an order that waits for an answer."""
    phone = exchange.phone()
    no = exchange.surveyed(phone)
    settings, hooks = exchange.services.settings, exchange.base + HOOKS
    call = await exchange.services.calls.claim(NewCall(f"{no}:call:{next(_calls)}", no, 0, no, 1, phone))
    voice = TwilioVoice(TwilioClient(settings), f"{hooks}/voice", f"{hooks}/voice/status")
    placed = await voice.place(phone, call.id)
    assert placed.sid is not None
    await exchange.services.calls.placed(call.key, placed.sid)
    return Ringing(exchange, phone, no, call.id)


async def test_two_questions_by_keys(exchange: Exchange) -> None:
    call = await ring(exchange)
    call.answers()
    call.presses("4")
    call.presses("5")
    assert "评价已经记下" in call.ends()
    said = exchange.happens(call.no, "callback_recorded", via="call")
    assert (said["result"], said["handling_rating"], said["intake_rating"]) == ("satisfied", 4, 5)
    exchange.happens(call.no, "order_closed", outcome="satisfied")
    shown = eventually(
        lambda: [c for c in exchange.conversation(call.no)["calls"] if c["status"] == "completed"] or None
    )
    assert (shown[0]["handling_rating"], shown[0]["intake_rating"]) == (4, 5)
    assert not exchange.events(call.no, "refused"), "the end of the call says nothing new"


async def test_who_speaks_and_hangs_up_has_been_heard(exchange: Exchange) -> None:
    call = await ring(exchange)
    call.answers()
    call.says("不满意，三天了没人来")
    call.hangs_up()
    said = exchange.happens(call.no, "callback_recorded", result="dissatisfied", handling_rating=2, via="call")
    assert "intake_rating" not in said and said["comment"]["length"] == len("三天了没人来")
    exchange.happens(call.no, "rework_opened")


async def test_each_question_is_asked_twice_at_most(exchange: Exchange) -> None:
    call = await ring(exchange)
    call.answers()
    call.says("你们是哪里")
    call.presses("9")
    assert "没有听清您的评价" in call.ends()
    assert not exchange.events(call.no, "callback_recorded")
    silent = await ring(exchange)
    silent.answers()
    silent.says("给四星")
    silent.presses("0")
    silent.presses("8")
    assert "评价已经记下" in silent.ends()
    assert "intake_rating" not in exchange.happens(silent.no, "callback_recorded", handling_rating=4)


async def test_who_has_answered_already_is_not_asked(exchange: Exchange) -> None:
    call = await ring(exchange)
    exchange.text(call.phone, "5")
    call.answers()
    assert "已经收到" in call.ends()
    assert len(exchange.events(call.no, "callback_recorded")) == 1


async def test_a_machine_or_a_stranger_hears_nothing(exchange: Exchange) -> None:
    call = await ring(exchange)
    for id_, form in ((call.id, {"CallSid": "CA1", "AnsweredBy": "machine_start"}), ("unknown", {"CallSid": "CA1"})):
        answer = exchange.post(f"/voice?call={id_}", form)
        assert answer.text.endswith("<Response><Hangup /></Response>"), answer.text
    asked = exchange.post(f"/voice?call={call.id}", {"CallSid": "CA1", "AnsweredBy": "human"}).text
    assert 'language="zh-CN"' in asked and call.no not in asked and call.phone not in asked
    assert exchange.post("/voice/answer?call=unknown&question=handling&try=1", {"Digits": "5"}).status_code == 200
    assert exchange.post("/voice/status?call=unknown", {"CallStatus": "completed"}).status_code == 204


@pytest.mark.parametrize(
    "path", ["/voice?call=a", "/voice/answer?call=a&question=handling&try=1", "/voice/status?call=a"]
)
def test_a_forged_post_is_refused(exchange: Exchange, path: str) -> None:
    form = {"CallSid": "CA1", "CallStatus": "completed", "Digits": "5"}
    problem(exchange.post(path, form, signature="x"), 403, "bad_signature")
    problem(exchange.post(path, form, signed_path=path.replace("call=a", "call=b")), 403, "bad_signature")


def test_a_question_that_does_not_exist_is_a_problem(exchange: Exchange) -> None:
    for query in ("call=a&question=weather&try=1", "call=a&question=handling&try=9", "call=%00&question=handling"):
        problem(exchange.post(f"/voice/answer?{query}", {"Digits": "5"}), 422, "invalid")
    problem(exchange.post("/voice/answer", {"Digits": "5"}), 422, "missing_field")
