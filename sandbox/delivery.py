"""How messages, answers and calls travel: delivery in the background, signed callbacks to the customer."""

import asyncio
import re
import secrets
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from html import unescape

import httpx
from fastapi import FastAPI

from sandbox.phone_store import Call, Message, PhoneStore
from sandbox.twilio_shapes import API, sign

CALLBACK_TIMEOUT = 10.0  # seconds
CALLBACK_TRIES = 3
DELIVERY_PAUSE = 0.05  # seconds between queued, sent and delivered


@dataclass(frozen=True)
class Account:
    """The one customer of this company; `number` is what citizens answer to."""

    sid: str
    token: str
    number: str
    inbound_url: str


class Gateway:
    """Delivers messages and posts signed callbacks; each delivery is a task of its own."""

    def __init__(self, account: Account, store: PhoneStore) -> None:
        self.account = account
        self.store = store
        self._http = httpx.AsyncClient(timeout=CALLBACK_TIMEOUT, trust_env=False)
        self._tasks: set[asyncio.Task[None]] = set()

    @asynccontextmanager
    async def lifespan(self, _: FastAPI) -> AsyncIterator[None]:
        """Takes up what the last stop interrupted."""
        for message in self.store.unfinished():
            self.deliver(message)
        yield
        for task in self._tasks:
            task.cancel()
        await self._http.aclose()

    def deliver(self, message: Message) -> None:
        """Move a message to delivered in the background."""
        task = asyncio.get_running_loop().create_task(self._deliver(message))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _deliver(self, message: Message) -> None:
        for status in ("sent", "delivered"):
            await asyncio.sleep(DELIVERY_PAUSE)
            self.store.message_status(message.sid, status, time.time())
            if message.callback:
                form = self._form(message, MessageStatus=status, SmsStatus=status)
                await self.post(message.callback, form)

    async def receive(self, number: str, body: str) -> str:
        """A citizen's SMS arrives and is passed on; returns why it could not be, or nothing."""
        now = time.time()
        message = Message(new_sid("SM"), "inbound", number, self.account.number, body, "", now, "received", now, now)
        self.store.add(message)
        form = self._form(message, Body=body, NumMedia="0", NumSegments="1", SmsStatus="received")
        return await self.post(self.account.inbound_url, form)

    async def press(self, call: Call, digits: str) -> str:
        """A citizen answers a call with keys, which ends it; returns the problem, or nothing."""
        gather = re.search(r"<Gather[^>]*\baction=[\"']([^\"']+)", call.twiml)
        form = {
            "CallSid": call.sid,
            "AccountSid": self.account.sid,
            "ApiVersion": API,
            "Direction": "outbound-api",
            "From": call.sender,
            "To": call.receiver,
        }
        url = unescape(gather[1]) if gather else call.url
        problem = await self.post(url, form | {"CallStatus": "in-progress", "Digits": digits})
        if not problem:
            self.store.call_status(call.sid, "completed", time.time())
            if call.callback:
                problem = await self.post(call.callback, form | {"CallStatus": "completed"})
        return problem

    async def post(self, url: str, form: Mapping[str, str]) -> str:
        """Post a signed form, again if the line fails or on a 5xx; receivers know it by its sid."""
        headers = {"X-Twilio-Signature": sign(self.account.token, url, form)}
        problem = ""
        for attempt in range(CALLBACK_TRIES):
            await asyncio.sleep(attempt * 0.5)
            try:
                answer = await self._http.post(url, data=form, headers=headers)
            except (httpx.HTTPError, httpx.InvalidURL) as error:
                problem = f"对方系统没有应答：{type(error).__name__}"
            else:
                problem = "" if answer.is_success else f"对方系统拒绝了（{answer.status_code}）"
                if answer.status_code < 500:
                    break
        return problem

    def _form(self, message: Message, **more: str) -> dict[str, str]:
        return {
            "AccountSid": self.account.sid,
            "ApiVersion": API,
            "From": message.sender,
            "MessageSid": message.sid,
            "SmsSid": message.sid,
            "To": message.receiver,
            **more,
        }


def new_sid(prefix: str) -> str:
    """`SM` or `CA` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
