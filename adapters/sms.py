"""Text messages through Twilio, or through whatever speaks its HTTP at `TWILIO_BASE_URL`.

The SDK takes a second to import, so that waits until a message is to be sent. It blocks, so it runs in
threads. What it raises quotes telephone numbers; what is raised here does not.
"""

import asyncio
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from adapters.settings import Settings

if TYPE_CHECKING:
    from twilio.rest import Client  # type: ignore[import-untyped]

T = TypeVar("T")

PAGE = 100  # messages
TOO_MANY_REQUESTS = 429
_CHINA = "+86"
_MOBILE_DIGITS = 11


class SmsUnavailable(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The provider was out of reach, busy or broken: nobody knows what became of the request."""


class Sending(NamedTuple):
    """The message's id at the provider, or the code with which it was refused for good."""

    sid: str | None
    refused: str | None = None


class _Refused(Exception):  # noqa: N818
    """A 4xx that no repetition changes."""


def e164(phone: str) -> str:
    """The number as the provider keeps it: `+`, country, digits; a mobile number without a country is China's."""
    digits = "".join(character for character in phone if character.isdecimal())
    if phone.strip().startswith("+"):
        return f"+{digits}"
    return f"{_CHINA}{digits}" if len(digits) == _MOBILE_DIGITS and digits.startswith("1") else digits


class TwilioSms:
    """Sends and finds messages; each request ends within 10 s to connect and 10 s to be answered.

    `status_callback` is the URL to which the provider shall report what becomes of a message.
    """

    def __init__(self, settings: Settings, status_callback: str | None = None) -> None:
        self._settings = settings
        self._status_callback = status_callback
        self._lock = Lock()
        self._made: Client | None = None

    async def send(self, to: str, body: str) -> Sending:
        """Hand a message over.

        Nothing is repeated here and the provider has no idempotency key: after SmsUnavailable, `find` tells
        whether the message went out. A 429 was not processed, a refusal for good is returned.
        """
        optional = {"status_callback": self._status_callback} if self._status_callback else {}
        try:
            message = await self._call(
                lambda client: client.messages.create(
                    to=e164(to), from_=self._settings.twilio_from, body=body, **optional
                )
            )
        except _Refused as refused:
            return Sending(None, str(refused))
        return Sending(message.sid)

    async def find(self, to: str, body: str, since: datetime) -> list[str]:
        """The ids of messages to this number with this text, created since then, the newest first.

        It may be repeated. Raises SmsUnavailable.
        """

        def search(client: Any) -> list[str]:
            found = []
            # Not filtered by DateSent, which a message that is still queued does not have.
            for message in client.messages.stream(to=e164(to), from_=self._settings.twilio_from, page_size=PAGE):
                if message.date_created < since:
                    break
                if message.body == body:
                    found.append(message.sid)
            return found

        try:
            return await self._call(search)
        except _Refused as refused:
            raise SmsUnavailable(str(refused)) from None

    async def _call(self, ask: Callable[[Any], T]) -> T:
        return await asyncio.to_thread(self._blocking, ask)

    def _blocking(self, ask: Callable[[Any], T]) -> T:
        from requests import RequestException  # noqa: PLC0415
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped] # noqa: PLC0415

        try:
            return ask(self._client())
        except (RequestException, TwilioException, ValueError) as error:
            status: int | None = getattr(error, "status", None)
            if status is None:
                raise SmsUnavailable(type(error).__name__) from None
            if 400 <= status < 500 and status != TOO_MANY_REQUESTS:
                raise _Refused(f"twilio_{getattr(error, 'code', None) or status}") from None
            raise SmsUnavailable(f"HTTP {status}") from None

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                from twilio.rest import Client  # noqa: PLC0415

                from adapters.twilio_http import RebasedHttpClient  # noqa: PLC0415

                chosen = self._settings
                self._made = Client(
                    chosen.twilio_account_sid,
                    chosen.twilio_auth_token,
                    http_client=RebasedHttpClient(chosen.twilio_base_url),
                )
            return self._made
