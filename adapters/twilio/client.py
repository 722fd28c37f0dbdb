"""The Twilio SDK's client, made when it is first needed, and what its errors mean.

The SDK takes a second to import, so that waits until something is to be sent. It blocks, so it runs in
threads. What it raises quotes telephone numbers; what is raised here does not.
"""

import asyncio
from collections.abc import Callable
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeVar

from adapters.errors import SafeError
from adapters.settings.secret_sources import secrets_of
from adapters.settings.settings import Settings
from domain.citizen.messages import Sending

if TYPE_CHECKING:
    from twilio.rest import Client  # type: ignore[import-untyped]

T = TypeVar("T")

WORTH_ANOTHER_TRY = frozenset({401, 408, 429})
"""Of the answers 4xx those that say nothing against the number: who asks is not known, as while a token is changed, or
the request came too slowly or too often (RFC 9110, section 15.5.9; RFC 6585)."""

UNSUBSCRIBED = "twilio_21610"
OPTED_OUT = "opted_out"


class ProviderUnavailable(SafeError):  # noqa: N818 (histories of Temporal hold the name)
    """The provider was out of reach, busy or broken: nobody knows what became of the request."""


def taken(sid: object) -> Sending:
    """What an answer 2xx says by its `sid`.

    Raises ProviderUnavailable for one without: it may have been taken all the same, and only a look-up tells.
    """
    if not isinstance(sid, str) or not sid:
        raise ProviderUnavailable("an answer without an id")
    return Sending(sid)


def error_code(number: object) -> str | None:
    """The provider's number of what went wrong as a code of ours; None for none.

    `opted_out`: who has the number told the provider to be left alone, which is not a fault of the message.
    """
    code = f"twilio_{number}" if number else None
    return OPTED_OUT if code == UNSUBSCRIBED else code


class ProviderRefused(Exception):  # noqa: N818
    """A 4xx that no repetition changes; its text is a code."""


class TwilioClient:
    """One client for texts and calls; each request ends within 10 s to connect and 10 s to be answered."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self._lock = Lock()
        self._made: Client | None = None

    async def ask(self, request: Callable[[Any], T]) -> T:
        """Make one request, which is not repeated here. Raises ProviderRefused or ProviderUnavailable."""
        return await asyncio.to_thread(self._blocking, request)

    def _blocking(self, request: Callable[[Any], T]) -> T:
        from requests import RequestException  # noqa: PLC0415
        from twilio.base.exceptions import TwilioException  # type: ignore[import-untyped] # noqa: PLC0415

        try:
            return request(self._client())
        except (RequestException, TwilioException, ValueError, KeyError, TypeError, AttributeError) as error:
            # Those behind the first two: a body that is no JSON, or is `[]` or `null` where an object belongs.
            status: int | None = getattr(error, "status", None)
            if status is None:
                raise ProviderUnavailable(type(error).__name__) from None
            if 400 <= status < 500 and status not in WORTH_ANOTHER_TRY:
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
