"""The Twilio SDK pointed at another address: the same code speaks to Twilio and to the sandbox gateway."""

from typing import Any

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

TWILIO_API = "https://api.twilio.com"
TIMEOUT = 10.0  # seconds


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends what is meant for `TWILIO_API` to `base_url` instead; other hosts stay as they are.

    Every request ends within `timeout` seconds. Nothing is repeated here: after a timeout or a 5xx nobody
    knows whether the message went out, so the caller looks it up before it sends again.
    """

    def __init__(self, base_url: str, timeout: float = TIMEOUT) -> None:
        super().__init__(timeout=timeout)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request; raises requests.RequestException."""
        if url.startswith(TWILIO_API):
            url = self._base_url + url.removeprefix(TWILIO_API)
        return super().request(method, url, *args, **kwargs)
