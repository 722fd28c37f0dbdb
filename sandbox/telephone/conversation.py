"""An answered call: fetches and executes TwiML documents; questions wait for keys or speech.

Speaking takes no time, so that programs need not wait. But the timeout of a question starts only after the time that
its words would take, so that a person who reads them has as much time as a listener.
"""

import asyncio
from collections.abc import Callable, Mapping

from sandbox.telephone.phone_store import Call
from sandbox.telephone.twiml import (
    MEDIA_TYPES,
    NOT_TWIML,
    BadTwiml,
    Gather,
    Hangup,
    Pause,
    Play,
    Redirect,
    Say,
    Unknown,
    Verb,
    absolute,
    verbs,
)
from sandbox.telephone.webhooks import Webhooks

MOST_DOCUMENTS = 50  # in a row without input from the person
SETTLE = 20.0  # seconds that an action of the person waits for its effect

Document = tuple[str, list[Verb]]  # its URL, empty if it came with the call, and its verbs


class Conversation:
    """One call from answer to end. `hear(who, text)` stores what is said; `rate` is characters per second."""

    def __init__(
        self, call: Call, form: Mapping[str, str], webhooks: Webhooks, hear: Callable[[str, str], None], rate: float
    ) -> None:
        self.question: Gather | None = None
        self.settled = asyncio.Event()
        """Set while the call waits for the person, and when it is over."""
        self._call = call
        self._form = dict(form)
        self._webhooks = webhooks
        self._hear = hear
        self._rate = rate
        self._given: asyncio.Queue[dict[str, str]] = asyncio.Queue()
        self._keys = ""
        self._spoken = 0.0  # seconds that the words since the last answer would take
        self._fetched = 0
        self._turn = asyncio.Lock()

    async def talk(self) -> str:
        """Execute the documents to the end; returns the final status of the call."""
        call = self._call
        try:
            document: Document | None
            document = ("", verbs(call.twiml)) if call.twiml else await self._fetch("", call.url, call.method, {})
            while document:
                document = await self._follow(*document)
        except BadTwiml as bad:
            self._hear("problem", str(bad))
            return "failed"
        return "completed"

    async def press(self, keys: str) -> str:
        """The person presses keys; returns a problem or an empty string. Waits for the effect."""
        async with self._turn:
            question = self.question
            if not (question and question.keys):
                return "现在没有在等按键"
            used = _used(question, self._keys, keys)
            self._hear("person", f"按键 {used}")
            problem = await self._give({"Digits": used})
            return problem or (f"多按的键没有用上：{keys[len(used) :]}" if used != keys else "")

    async def speak(self, text: str) -> str:
        """The person says something; returns a problem or an empty string. Waits for the effect."""
        async with self._turn:
            if not (self.question and self.question.speech):
                return "现在没有在等人说话"
            self._hear("person", f"说：{text}")
            return await self._give({"SpeechResult": text, "Confidence": "0.9"})

    async def _give(self, answer: dict[str, str]) -> str:
        self.settled.clear()
        self._given.put_nowait(answer)
        return await self.settle()

    async def settle(self) -> str:
        """Wait for the person's turn or the end; returns a problem if that takes too long, or an empty string."""
        try:
            async with asyncio.timeout(SETTLE):
                await self.settled.wait()
        except TimeoutError:
            return "对方系统还没有应答，请稍后刷新"
        return ""

    async def _follow(self, url: str, document: list[Verb]) -> Document | None:
        """Execute a document; returns the next one, or None at the end of the call."""
        for verb in document:
            match verb:
                case Say() | Play() | Pause():
                    self._utter(verb)
                case Gather():
                    answer = await self._ask(verb)
                    if answer is not None:
                        return await self._fetch(url, verb.action, verb.method, answer)
                case Redirect():
                    return await self._fetch(url, verb.url, verb.method, {})
                case Hangup():
                    return None
                case Unknown():
                    self._hear("problem", f"模拟网关不会执行 <{verb.name}>，已跳过")
        return None

    def _utter(self, verb: Say | Play | Pause) -> None:
        match verb:
            case Say():
                self._hear("hotline", verb.text)
                self._spoken += len(verb.text) / self._rate
            case Play():
                self._hear("hotline", "（一段录音）")
            case Pause():
                self._spoken += verb.seconds

    async def _ask(self, question: Gather) -> dict[str, str] | None:
        """Ask a question; returns the form for its action, or None if the document continues."""
        for prompt in question.prompts:
            self._utter(prompt)
        patience = self._spoken + question.timeout
        self.question, self._keys, self._spoken = question, "", 0.0
        try:
            while True:
                self.settled.set()
                try:
                    given = await asyncio.wait_for(self._given.get(), patience)
                except TimeoutError:
                    return self._silence(question)
                self._fetched = 0
                if "SpeechResult" in given:
                    return given
                self._keys += given["Digits"]
                if self._keys.endswith(question.finish_on) and question.finish_on:
                    self._keys = self._keys[:-1]
                    return self._silence(question, question.finish_on)
                if len(self._keys) == question.digits:
                    return self._pressed("")
                patience = question.timeout
        finally:
            self.question = None
            self.settled.clear()

    def _silence(self, question: Gather, ended_by: str = "") -> dict[str, str] | None:
        if self._keys:
            return self._pressed(ended_by)
        return self._pressed(ended_by) if question.on_silence else None

    def _pressed(self, ended_by: str) -> dict[str, str]:
        return {"Digits": self._keys, "FinishedOnKey": ended_by, "msg": "Gather End"}

    async def _fetch(self, base: str, url: str, method: str, more: Mapping[str, str]) -> Document:
        """Fetch the next document; an empty URL is that of the present one. Raises BadTwiml, also if it fails."""
        self._fetched += 1
        if self._fetched > MOST_DOCUMENTS:
            raise BadTwiml(f"没有人应答，通话却已换了 {MOST_DOCUMENTS} 份指令")
        target = absolute(base, url)
        answer = await self._webhooks.ask(self._call.receiver, target, self._form | dict(more), method)
        if answer.problem:
            raise BadTwiml(answer.problem)
        if answer.media_type == "text/plain":
            return target, [Say(answer.text.strip())]
        if answer.text.strip() and answer.media_type not in MEDIA_TYPES:
            raise BadTwiml(NOT_TWIML.format(answer.media_type or "没有内容类型"))
        return target, verbs(answer.text)


def _used(question: Gather, before: str, keys: str) -> str:
    """The keys that the question accepts."""
    for count, key in enumerate(keys, 1):
        if key == question.finish_on or len(before) + count == question.digits:
            return keys[:count]
    return keys
