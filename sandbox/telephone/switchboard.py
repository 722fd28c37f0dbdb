"""Active calls: they ring, are answered or not, and report their status, as Twilio's do."""

import asyncio
import math
import time
from contextlib import suppress
from dataclasses import dataclass, field, replace

from sandbox.telephone.account import Account
from sandbox.telephone.conversation import Conversation
from sandbox.telephone.faults import FaultBook, Kind, Target
from sandbox.telephone.phone_store import Call, Heard, PhoneStore
from sandbox.telephone.twilio_formats import API, duration, rfc2822
from sandbox.telephone.webhooks import Webhooks

EVENTS = ("initiated", "ringing", "answered", "completed")
NO_CALL = "这通电话已经结束"
NOT_RINGING = "电话没有在响铃"


@dataclass
class Line:
    """An active call. `picked_up` is the person's reaction to the ringing: `answer`, or a final status."""

    call: Call
    conversation: Conversation
    picked_up: asyncio.Future[str]
    hung_up: asyncio.Event = field(default_factory=asyncio.Event)
    over: asyncio.Event = field(default_factory=asyncio.Event)
    reports: int = 0


class Switchboard:
    """Runs each call as a task; person and customer act on it by its sid. `rate`: characters spoken per second."""

    def __init__(self, account: Account, store: PhoneStore, book: FaultBook, webhooks: Webhooks, rate: float) -> None:
        self._account = account
        self._store = store
        self._book = book
        self._webhooks = webhooks
        self._rate = rate
        self._lines: dict[str, Line] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Mark calls that the last stop interrupted as failed."""
        for call in self._store.cut_off():
            self._end(self._line(call), "failed", "模拟网关重启，通话中断")

    async def stop(self) -> None:
        """Cancel all calls."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def start(self, call: Call) -> None:
        """Start a call: it rings."""
        self._store.add(call)
        task = asyncio.create_task(self._live(self._line(call)))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def waiting_for(self, sid: str) -> tuple[bool, bool]:
        """Whether the call waits for keys, and whether for speech."""
        line = self._lines.get(sid)
        question = line.conversation.question if line else None
        return bool(question and question.keys), bool(question and question.speech)

    async def answer(self, sid: str) -> str:
        """The person answers the call; returns a problem or an empty string. Waits until it is their turn."""
        line = self._lines.get(sid)
        if not line or line.picked_up.done():
            return NOT_RINGING if line else NO_CALL
        line.picked_up.set_result("answer")
        return await line.conversation.settle()

    async def press(self, sid: str, keys: str) -> str:
        """The person presses keys; returns a problem or an empty string."""
        line = self._lines.get(sid)
        return _not_talking(line) or await self._lines[sid].conversation.press(keys)

    async def speak(self, sid: str, text: str) -> str:
        """The person says something; returns a problem or an empty string."""
        line = self._lines.get(sid)
        return _not_talking(line) or await self._lines[sid].conversation.speak(text)

    async def hang_up(self, sid: str) -> str:
        """The person ends the call; returns a problem or an empty string."""
        line = self._lines.get(sid)
        if problem := _not_talking(line):
            return problem
        await self._finish(self._lines[sid], "person")
        return ""

    async def leave(self, sid: str, status: str) -> str:
        """The person rejects the call (`busy`) or ignores it (`no-answer`); returns a problem or an empty string."""
        line = self._lines.get(sid)
        if not line or line.picked_up.done():
            return NOT_RINGING if line else NO_CALL
        line.picked_up.set_result(status)
        await line.over.wait()
        return ""

    async def end(self, sid: str, *, even_if_answered: bool) -> bool:
        """The customer ends the call; returns whether it was active."""
        if not (line := self._lines.get(sid)):
            return False
        if not line.picked_up.done():
            line.picked_up.set_result("canceled")
            await line.over.wait()
        elif even_if_answered:
            await self._finish(line, "hotline")
        return True

    async def _finish(self, line: Line, who: str) -> None:
        self._store.hear(line.call.sid, Heard(who, "挂断", time.time()))
        line.hung_up.set()
        await line.over.wait()

    def _line(self, call: Call) -> Line:
        def hear(who: str, text: str) -> None:
            self._store.hear(call.sid, Heard(who, text, time.time()))

        form = self._form(call, "in-progress")
        conversation = Conversation(call, form, self._webhooks, hear, self._rate)
        line = Line(call, conversation, asyncio.get_running_loop().create_future())
        self._lines[call.sid] = line
        return line

    async def _live(self, line: Line) -> None:
        call = line.call
        if self._book.strike(Target.CALLS, call.receiver, Kind.FAILED):
            self._end(line, "failed", "")
            return
        self._report(line, "initiated", "initiated")
        self._move(line, "ringing")
        self._report(line, "ringing", "ringing")
        with suppress(TimeoutError):
            async with asyncio.timeout(call.timeout):
                await asyncio.wait([line.picked_up])
        if not line.picked_up.done():
            line.picked_up.set_result("no-answer")
        if (chosen := line.picked_up.result()) != "answer":
            self._end(line, chosen, "")
            return
        self._move(line, "in-progress", answered=time.time())
        self._report(line, "answered", "in-progress")
        self._end(line, await self._talk(line), "")

    async def _talk(self, line: Line) -> str:
        """Run the conversation until it ends or somebody hangs up; returns the final status."""
        talking = asyncio.create_task(line.conversation.talk())
        hanging_up = asyncio.create_task(line.hung_up.wait())
        try:
            await asyncio.wait([talking, hanging_up], return_when=asyncio.FIRST_COMPLETED)
            return talking.result() if talking.done() else "completed"
        finally:
            talking.cancel()
            hanging_up.cancel()

    def _end(self, line: Line, status: str, problem: str) -> None:
        if problem:
            self._store.hear(line.call.sid, Heard("problem", problem, time.time()))
        self._move(line, status, ended=time.time())
        self._report(line, "completed", status)
        del self._lines[line.call.sid]
        line.over.set()
        line.conversation.settled.set()

    def _move(self, line: Line, status: str, answered: float | None = None, ended: float | None = None) -> None:
        call = line.call
        line.call = replace(
            call, status=status, updated=time.time(), answered=answered or call.answered, ended=ended or call.ended
        )
        self._store.call_status(line.call)

    def _report(self, line: Line, event: str, status: str) -> None:
        call = line.call
        if not call.callback or event not in call.callback_events.split():
            return
        form = self._form(call, status) | {
            "CallbackSource": "call-progress-events",
            "SequenceNumber": str(line.reports),
            "Timestamp": rfc2822(call.updated) or "",
        }
        if (seconds := duration(call)) is not None:
            form |= {"CallDuration": str(seconds), "Duration": str(math.ceil(seconds / 60))}
        line.reports += 1
        self._webhooks.report(call.sid, call.receiver, call.callback, form, call.callback_method)

    def _form(self, call: Call, status: str) -> dict[str, str]:
        return {
            "AccountSid": self._account.sid,
            "ApiVersion": API,
            "CallSid": call.sid,
            "CallStatus": status,
            "Called": call.receiver,
            "Caller": call.sender,
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.receiver,
        }


def _not_talking(line: Line | None) -> str:
    """The reason why nobody can speak in this call, or an empty string."""
    if not line:
        return NO_CALL
    return "" if line.call.answered else "电话还没有接听"
