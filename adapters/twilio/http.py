"""The Twilio SDK pointed at one address: the same code speaks to Twilio and to the sandbox gateway.

The SDK follows the addresses of further pages that an answer gives, with the account's password: wherever an answer
points, nothing is asked but what the settings name.
"""

from typing import Any

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

TWILIO_API = "https://api.twilio.com"
TIMEOUT = 10.0  # seconds


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends what is meant for `TWILIO_API` to `base_url` instead, and nothing to anywhere else. Redirects are answers.

    Every request ends within `timeout` seconds. Nothing is repeated here: after a timeout or a 5xx nobody
    knows whether the message went out, so the caller looks it up before it sends again.
    """

    def __init__(self, base_url: str, timeout: float = TIMEOUT) -> None:
        super().__init__(timeout=timeout)
        self._base_url = base_url.rstrip("/")

    def request(self, method: str, url: str, *args: Any, **kwargs: Any) -> Response:
        """Send one request; raises requests.RequestException, and ValueError for an address of another host."""
        if not url.startswith(f"{TWILIO_API}/"):
            raise ValueError("not an address of the provider's API")
        url = self._base_url + url.removeprefix(TWILIO_API)
        return super().request(method, url, *args, **kwargs)
