"""Signed webhooks to the customer: status reports in the background, and requests whose answer is needed.

Each is tried three times with a timeout of 10 s. `I-Twilio-Idempotency-Token` is the same in every repetition.
Reports on one subject are sent in order, and at most 16 reports at a time.
"""

import asyncio
import secrets
from collections.abc import Mapping
from contextlib import nullcontext
from dataclasses import dataclass
from urllib.parse import urlencode

import httpx

from sandbox.telephone.account import Account
from sandbox.telephone.faults import FaultBook, Kind, Target
from sandbox.telephone.twilio_formats import sign

PATIENCE = 10.0  # seconds per try
TRIES = 3
AT_ONCE = 16
LARGEST = 64 * 1024  # bytes, Twilio's own limit of a document
TOO_LARGE = f"对方系统的应答超过 {LARGEST // 1024} KB"


@dataclass(frozen=True)
class Answer:
    """The answer of the customer's system; `problem` is empty if it accepted the post."""

    problem: str
    text: str = ""
    media_type: str = ""


class Webhooks:
    """Sends forms by POST, or by GET if the customer chose that; applies faults of `webhooks`."""

    def __init__(self, account: Account, book: FaultBook) -> None:
        self._account = account
        self._book = book
        # The semaphore limits the sockets of reports; requests for which a person waits do not queue behind them.
        self._http = httpx.AsyncClient(timeout=PATIENCE, trust_env=False, limits=httpx.Limits(max_connections=None))
        self._room = asyncio.Semaphore(AT_ONCE)
        self._latest: dict[str, asyncio.Task[None]] = {}

    async def stop(self) -> None:
        """Discard waiting reports and close."""
        tasks = list(self._latest.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._http.aclose()

    def report(self, subject: str, number: str, url: str, form: Mapping[str, str], method: str = "POST") -> None:
        """Send a report in the background, after earlier reports on the same subject."""
        task = asyncio.create_task(self._after(self._latest.get(subject), number, url, form, method))
        self._latest[subject] = task

        def forget(done: asyncio.Task[None]) -> None:
            if self._latest.get(subject) is done:
                del self._latest[subject]

        task.add_done_callback(forget)

    async def _after(
        self, earlier: asyncio.Task[None] | None, number: str, url: str, form: Mapping[str, str], method: str
    ) -> None:
        if earlier:
            await asyncio.wait([earlier])
        if self._book.strike(Target.WEBHOOKS, number, Kind.DROP):
            return
        await self.ask(number, url, form, method, room=self._room)

    async def ask(
        self,
        number: str,
        url: str,
        form: Mapping[str, str],
        method: str = "POST",
        *,
        room: asyncio.Semaphore | None = None,
    ) -> Answer:
        """Send a form and return the first answer, even if a fault repeats the form. Raises no exception."""
        if slow := self._book.strike(Target.WEBHOOKS, number, Kind.SLOW):
            await asyncio.sleep(slow.seconds)
        twice = self._book.strike(Target.WEBHOOKS, number, Kind.DUPLICATE)
        token = secrets.token_hex(16)
        answers = [await self._tried(url, form, method, token, room) for _ in range(twice.copies if twice else 1)]
        return answers[0]

    async def _tried(
        self, url: str, form: Mapping[str, str], method: str, token: str, room: asyncio.Semaphore | None
    ) -> Answer:
        for attempt in range(TRIES):
            await asyncio.sleep(attempt * 0.5)
            async with room or nullcontext():
                answer, final = await self._once(url, form, method, token)
            if final:
                break
        return answer

    async def _once(self, url: str, form: Mapping[str, str], method: str, token: str) -> tuple[Answer, bool]:
        """The answer of one try, and whether a retry makes sense."""
        if method == "GET":
            url += ("&" if "?" in url else "?") + urlencode(form)
            form = {}
        try:
            url = str(httpx.URL(url))  # in the form in which the receiver sees it
            headers = {"X-Twilio-Signature": sign(self._account.token, url, form), "I-Twilio-Idempotency-Token": token}
            async with self._http.stream(method, url, data=form or None, headers=headers) as response:
                content = b""
                async for piece in response.aiter_bytes():
                    content += piece
                    if len(content) > LARGEST:
                        return Answer(TOO_LARGE), True
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            return Answer(f"对方系统没有应答：{type(error).__name__}"), isinstance(error, httpx.UnsupportedProtocol)
        if not response.is_success:
            return Answer(f"对方系统拒绝了（{response.status_code}）"), response.status_code < 500
        media_type = response.headers.get("content-type", "").partition(";")[0].strip().lower()
        return Answer("", content.decode("utf-8", "replace"), media_type), True
