"""HTTP client that redirects the Twilio SDK to one address: the same code serves Twilio and the sandbox gateway.

The SDK follows page addresses in an answer, with the account's password: requests to any host other than the
configured one are rejected.
"""

from typing import Any

from twilio.http.http_client import TwilioHttpClient  # type: ignore[import-untyped]
from twilio.http.response import Response  # type: ignore[import-untyped]

TWILIO_API = "https://api.twilio.com"
TIMEOUT = 10.0  # seconds


class RebasedHttpClient(TwilioHttpClient):  # type: ignore[misc]
    """Sends requests for `TWILIO_API` to `base_url`, and rejects all others. Redirects are not followed.

    Every request ends within `timeout` seconds. Nothing is retried here: after a timeout or a 5xx the message
    may or may not have been sent, so the caller looks it up before it sends again.
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
