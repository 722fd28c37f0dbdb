"""The city platform over HTTP: signed JSON, one answer to a key.

POST {CITY_BASE_URL}/city/v1/{path}
Idempotency-Key: KEY
X-City-Signature: lower-case hex of HMAC-SHA256(CITY_SECRET, body)
"""

import hashlib
import hmac
import json
from collections.abc import Mapping
from typing import Any

import httpx

from adapters.settings import Settings

TIMEOUT = 10.0  # seconds, for each step of a request
REFUSALS = frozenset({400, 409, 413, 422})
"""Answers about the content, which a repetition does not change; keys and addresses can be put right meanwhile."""


class CityRefused(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The platform will not take this content."""


class CityUnavailable(Exception):  # noqa: N818
    """The platform was out of reach, or is not set up to take anything from here."""


def signature(secret: str, body: bytes) -> str:
    """What stands in `X-City-Signature`, in both directions."""
    return hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()


class CityApi:
    """Posts to the platform."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.city_secret
        self._http = httpx.AsyncClient(base_url=settings.city_base_url, timeout=TIMEOUT)

    async def post(self, path: str, key: str, body: Mapping[str, Any]) -> None:
        """Post one object; the same key with the same body may be repeated.

        Nothing is repeated here. Raises CityRefused or CityUnavailable, neither of which quotes the body.
        """
        content = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        headers = {
            "Content-Type": "application/json",
            "Idempotency-Key": key,
            "X-City-Signature": signature(self._secret, content),
        }
        try:
            answer = await self._http.post(f"/city/v1/{path}", content=content, headers=headers)
        except httpx.HTTPError as error:
            raise CityUnavailable(type(error).__name__) from None
        if answer.status_code in REFUSALS:
            raise CityRefused(f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise CityUnavailable(f"HTTP {answer.status_code}")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()
