"""Delivery of messages: to telephones in the background, with status reports, and from telephones to the hotline."""

import asyncio
import time
from collections.abc import Iterable

from sandbox.telephone import twiml
from sandbox.telephone.account import Account, new_sid
from sandbox.telephone.faults import FaultBook, Kind, Target
from sandbox.telephone.phone_store import Message, PhoneStore
from sandbox.telephone.twilio_formats import API, segments
from sandbox.telephone.webhooks import Answer, Webhooks

MAX_BODY = 1600  # characters
PAUSE = 0.05  # seconds between queued, sent and delivered


class Delivery:
    """Delivers each message in its own task, which does not wait for the customer to accept its reports."""

    def __init__(self, account: Account, store: PhoneStore, book: FaultBook, webhooks: Webhooks) -> None:
        self._account = account
        self._store = store
        self._book = book
        self._webhooks = webhooks
        self._tasks: set[asyncio.Task[None]] = set()

    def resume(self) -> None:
        """Resume deliveries that the last stop interrupted."""
        for message in self._store.undelivered():
            self._deliver(message)

    async def stop(self) -> None:
        """Cancel deliveries; the next start resumes them."""
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def send(self, sender: str, to: str, body: str, callback: str, direction: str = "outbound-api") -> Message:
        """Accept a message of the hotline for delivery."""
        now = time.time()
        message = Message(new_sid("SM"), direction, sender, to, body, callback, now, "queued", now, None)
        self._store.add(message)
        self._deliver(message)
        return message

    async def receive(self, number: str, body: str) -> str:
        """Receive a citizen's SMS and post it to the hotline; returns a problem or an empty string."""
        now, hotline = time.time(), self._account.number
        message = Message(new_sid("SM"), "inbound", number, hotline, body, "", now, "received", now, now)
        self._store.add(message)
        if self._book.strike(Target.WEBHOOKS, number, Kind.DROP):
            return ""
        more = {"Body": body, "NumMedia": "0", "NumSegments": str(segments(body)), "SmsStatus": "received"}
        form = self._form(message) | more | {"SmsMessageSid": message.sid, "FromCountry": "CN", "ToCountry": "CN"}
        answer = await self._webhooks.ask(number, self._account.inbound_url, form)
        return answer.problem or self._write_back(message, answer)

    def _write_back(self, message: Message, answer: Answer) -> str:
        """Send the replies of the hotline's answer; returns a problem or an empty string."""
        try:
            for reply in _replies(answer):
                self._send_reply(message, reply)
        except twiml.BadTwiml as bad:
            return str(bad)
        return ""

    def _send_reply(self, message: Message, reply: twiml.Reply) -> None:
        if not reply.body:
            raise twiml.BadTwiml("TwiML 中的 <Message> 没有内容")
        if len(reply.body) > MAX_BODY:
            raise twiml.BadTwiml(f"TwiML 中的 <Message> 超过 {MAX_BODY} 字")
        self.send(
            reply.sender or message.receiver,
            reply.to or message.sender,
            reply.body,
            twiml.absolute(self._account.inbound_url, reply.callback) if reply.callback else "",
            "outbound-reply",
        )

    def _deliver(self, message: Message) -> None:
        task = asyncio.create_task(self._travel(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _travel(self, message: Message) -> None:
        number = message.receiver
        fault = self._book.strike(Target.MESSAGES, number, Kind.UNDELIVERED, Kind.FAILED)
        steps = ["sent", "delivered"]
        if fault:
            steps = ["failed"] if fault.kind is Kind.FAILED else ["sent", "undelivered"]
        error = fault.provider_code if fault else None
        backwards = bool(message.callback and self._book.strike(Target.WEBHOOKS, number, Kind.REORDER))
        for status in steps:
            await asyncio.sleep(PAUSE)
            last = status == steps[-1]
            self._store.message_status(message.sid, status, time.time(), error if last else None)
            if not backwards:
                self._report(message, [status], error)
        if backwards:
            self._report(message, reversed(steps), error)

    def _report(self, message: Message, statuses: Iterable[str], error: int | None) -> None:
        if not message.callback:
            return
        for status in statuses:
            form = self._form(message) | {"MessageStatus": status, "SmsStatus": status}
            if error and status in {"undelivered", "failed"}:
                form["ErrorCode"] = str(error)
            self._webhooks.report(message.sid, message.receiver, message.callback, form)

    def _form(self, message: Message) -> dict[str, str]:
        return {
            "AccountSid": self._account.sid,
            "ApiVersion": API,
            "From": message.sender,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "To": message.receiver,
        }


def _replies(answer: Answer) -> list[twiml.Reply]:
    """The messages of an answer; plain text is one message, as with Twilio. Raises BadTwiml."""
    if not answer.text.strip():
        return []
    if answer.media_type == "text/plain":
        return [twiml.Reply(answer.text.strip(), "", "", "")]
    if answer.media_type not in twiml.MEDIA_TYPES:
        raise twiml.BadTwiml(twiml.NOT_TWIML.format(answer.media_type or "没有内容类型"))
    return twiml.replies(answer.text)
