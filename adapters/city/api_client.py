"""HTTP client of the city platform (docs/city-platform.md): posts messages to it and reads its outbox for this county.

POST {CITY_BASE_URL}/city/v1/{path}           one JSON object under one message id
GET  {CITY_BASE_URL}/city/v1/outbox?after=CURSOR&limit=N
"""

import json
import re
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final
from urllib.parse import urlencode
from uuid import uuid4

import httpx

from adapters.city.signature import signed
from adapters.errors import SafeError
from adapters.settings.settings import Settings
from domain.city.messages import CityAnswer

TIMEOUT: Final = 10.0  # seconds, for each step of a request
MAX_ANSWER: Final = 20_000_000  # bytes; a page of messages at their largest is far below
MAX_NUMBER: Final = 100
MAX_CURSOR: Final = 200
LONGEST_WAIT: Final = timedelta(hours=1)
"""Upper limit for `Retry-After`."""

REFUSALS: Final = frozenset({400, 409, 413, 422})
"""Statuses that reject the content; a retry does not change it, while wrong keys and addresses may be corrected."""
BUSY: Final = frozenset({429, 503})
_PLAIN: Final = re.compile(r"[^\x00-\x1f\x7f]+")


class CityRefused(SafeError):  # noqa: N818 (histories of Temporal hold the name)
    """The platform rejects this content."""


class CityUnavailable(SafeError):  # noqa: N818 (histories of Temporal hold the name)
    """The platform was out of reach, or is not set up to accept messages from here."""


class CursorGone(Exception):  # noqa: N818
    """The platform no longer knows the cursor: read the outbox from its beginning."""


@dataclass(frozen=True)
class OutboxPage:
    """Messages as received, unchecked; `next` is the cursor after the last, `more` whether others follow."""

    messages: tuple[Any, ...]
    next: str | None
    more: bool


class CityApi:
    """Client of the platform; signs each request. Nothing is retried here, and no error quotes a body."""

    def __init__(self, settings: Settings) -> None:
        self._secret = settings.city_secret
        # Uses the environment's proxy, if there is one; redirects are not followed.
        self._http = httpx.AsyncClient(base_url=settings.city_base_url, timeout=TIMEOUT, follow_redirects=False)

    async def post(self, path: str, key: str, body: Mapping[str, Any]) -> CityAnswer:
        """Post one object under a message id; the same id with the same body may be posted again.

        Raises CityRefused or CityUnavailable.
        """
        content = json.dumps(body, ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode()
        headers = {"Content-Type": "application/json", **signed(self._secret, key, content, time.time())}
        try:
            answer = await self._http.post(f"/city/v1/{path}", content=content, headers=headers)
        except httpx.HTTPError as error:
            raise CityUnavailable(type(error).__name__) from None
        if answer.status_code in BUSY and (wait := _wait(answer.headers.get("Retry-After", ""))) is not None:
            return CityAnswer(wait=wait)
        if answer.status_code in REFUSALS:
            raise CityRefused(f"HTTP {answer.status_code}")
        if not answer.is_success:
            raise CityUnavailable(f"HTTP {answer.status_code}")
        return CityAnswer(city_no=_city_no(_json_object(answer)))

    async def outbox(self, after: str | None, limit: int) -> OutboxPage:
        """The platform's messages after a cursor, None for all. Raises CityUnavailable or CursorGone."""
        query = urlencode({"after": after or "", "limit": limit})
        headers = signed(self._secret, str(uuid4()), query.encode(), time.time())
        request = self._http.build_request("GET", f"/city/v1/outbox?{query}", headers=headers)
        try:
            answer = await self._http.send(request, stream=True)
            try:
                if answer.status_code == httpx.codes.GONE:
                    raise CursorGone(after or "")
                if not answer.is_success:
                    raise CityUnavailable(f"HTTP {answer.status_code}")
                return _page(await _limited(answer), after)
            finally:
                await answer.aclose()
        except httpx.HTTPError as error:
            raise CityUnavailable(type(error).__name__) from None

    async def aclose(self) -> None:
        """Close the connections."""
        await self._http.aclose()


async def _limited(answer: httpx.Response) -> bytes:
    content = bytearray()
    async for part in answer.aiter_bytes():
        content += part
        if len(content) > MAX_ANSWER:
            raise CityUnavailable("answer too large")
    return bytes(content)


def _page(content: bytes, after: str | None) -> OutboxPage:
    """The page in an answer. Raises CityUnavailable for an invalid one, so that it cannot advance the cursor."""
    try:
        page = json.loads(content)
    except (ValueError, RecursionError):
        raise CityUnavailable("answer is not JSON") from None
    match page:
        case {"messages": list(messages), "next": str(cursor) | (None as cursor), **rest}:
            if cursor is not None and not 0 < len(cursor) <= MAX_CURSOR:
                raise CityUnavailable("cursor of no use")
            # A cursor that does not advance would be read for ever.
            more = rest.get("more") is True and cursor not in (None, after)
            return OutboxPage(tuple(messages), cursor, more)
        case _:
            raise CityUnavailable("answer is not a page")


def _json_object(answer: httpx.Response) -> dict[str, Any]:
    """The object in a successful answer. Any other answer is not from the platform: it has accepted nothing."""
    try:
        told = answer.json()
    except (ValueError, RecursionError):
        raise CityUnavailable("answer is not JSON") from None
    if not isinstance(told, dict):
        raise CityUnavailable("answer is not an object")
    return told


def _city_no(told: Mapping[str, Any]) -> str | None:
    """The platform's number in its answer; a decision in the answer is ignored, as it also arrives as a message."""
    number = told.get("city_no")
    fits = isinstance(number, str) and len(number) <= MAX_NUMBER and _PLAIN.fullmatch(number) is not None
    return number if fits else None


def _wait(header: str) -> timedelta | None:
    """`Retry-After` (RFC 9110 §10.2.3), in seconds or as a date; None if missing or invalid."""
    try:
        if header.isdecimal():
            wanted = timedelta(seconds=min(int(header), LONGEST_WAIT.total_seconds()))
        else:
            moment = parsedate_to_datetime(header)
            wanted = moment - datetime.now(moment.tzinfo)
    except (ValueError, TypeError, OverflowError):
        return None
    return max(timedelta(0), min(wanted, LONGEST_WAIT))
