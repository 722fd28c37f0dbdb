"""Twilio SDK client, created at first use, with its errors translated.

Importing the SDK takes a second, so it is delayed until something is sent. It blocks, so it runs in
threads. Its errors quote telephone numbers; those raised here do not.
"""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.errors import SafeError
from adapters.settings.secret_sources import secrets_of
from adapters.settings.settings import Settings
from domain.citizen.outbound_records import ProviderAnswer

if TYPE_CHECKING:
    from twilio.rest import Client  # type: ignore[import-untyped]

T = TypeVar("T")

RETRYABLE_STATUSES = frozenset({401, 408, 429})
"""4xx statuses that say nothing against the number and may be retried: the credentials are not accepted, as while a
token is changed, or the request was too slow or one too many (RFC 9110, section 15.5.9; RFC 6585).
"""

UNSUBSCRIBED = "twilio_21610"
OPTED_OUT = "opted_out"


class ProviderUnavailable(SafeError):  # noqa: N818 (histories of Temporal hold the name)
    """The provider was out of reach, busy or broken: the request may or may not have been accepted."""


def taken(sid: object) -> ProviderAnswer:
    """The result of a 2xx answer, by its `sid`.

    Raises ProviderUnavailable for one without: the request may have been accepted, which only a look-up shows.
    """
    if not isinstance(sid, str) or not sid:
        raise ProviderUnavailable("an answer without an id")
    return ProviderAnswer(sid)


def error_code(number: object) -> str | None:
    """The provider's error number as a code; None for none.

    `opted_out`: the number's owner has opted out at the provider, which is no fault of the message.
    """
    code = f"twilio_{number}" if number else None
    return OPTED_OUT if code == UNSUBSCRIBED else code


class ProviderRefused(Exception):  # noqa: N818
    """A 4xx answer that a retry would not change; its text is a code."""


class TwilioClient:
    """One client for texts and calls; each request has 10 s to connect and 10 s for the answer."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = Lock()
        self._made: Client | None = None

    async def ask(self, request: Callable[[Any], T]) -> T:
        """Make one request, without retries. Raises ProviderRefused or ProviderUnavailable."""
        return await asyncio.to_thread(self._blocking, request)

    def _blocking(self, request: Callable[[Any], T]) -> T:
        from requests import RequestException  # noqa: PLC0415
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped] # noqa: PLC0415

        try:
            return request(self._client())
        except (RequestException, TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
            # The last types come from a body that is no JSON, or is `[]` or `null` instead of an object.
            status: int | None = getattr(error, "status", None)
            if status is None:
                raise ProviderUnavailable(type(error).__name__) from None
            if 400 <= status < 500 and status not in RETRYABLE_STATUSES:
                raise ProviderRefused(error_code(getattr(error, "code", None) or status)) from None
            raise ProviderUnavailable(f"HTTP {status}") from None

    def _client(self) -> Any:
        with self._lock:
            if self._made is None:
                from twilio.rest import Client  # noqa: PLC0415

                from adapters.twilio.http import RebasedHttpClient  # noqa: PLC0415

                chosen = self.settings
                self._made = Client(
                    chosen.twilio_account_sid,
                    secrets_of(chosen.twilio_auth_token)[0],
                    http_client=RebasedHttpClient(chosen.twilio_base_url),
                )
            return self._made
