"""Keeping up with the city platform: its outbox read to the end, what waits tried again, and receipts sent.

One process at a time does it. After an outage of either side everything arrives, and once: the cursor moves past
messages that are kept, and a message that came by the webhook too is found done.
"""

import asyncio
import hashlib
import json
import logging
import re
from typing import Any, Final

from adapters.city.api_client import CityApi, CityRefused, CityUnavailable, CursorGone
from adapters.city.signature import MESSAGE_ID
from adapters.database.city.messages import OUTBOX, CityMessageRow, MessageReused
from application.city.inbox import receive, try_all_again
from application.services import Services

log = logging.getLogger(__name__)

PAGE: Final = 100
UNPOLLED_SECONDS: Final = 60.0
"""How often what waits is tried again where no outbox is read."""

ONLY_ONE: Final = "jiesu: the outbox of the city platform"
_ID: Final = re.compile(MESSAGE_ID, re.ASCII)


async def keep_up(services: Services) -> None:
    """At once, and then every `CITY_POLL_SECONDS`. Whatever goes wrong ends one round, not the keeping up."""
    pause = services.settings.city_poll_seconds
    api = CityApi(services.settings)
    try:
        while True:
            try:
                await catch_up(services, api if pause else None)
            except CityUnavailable as away:
                log.warning("the city platform is out of reach: %s", away)
            except Exception:
                log.exception("keeping up with the city platform put off")
            await asyncio.sleep(pause or UNPOLLED_SECONDS)
    finally:
        await api.aclose()


async def catch_up(services: Services, api: CityApi | None) -> None:
    """One round, unless another process is at it. Raises CityUnavailable, and what the database raises."""
    async with services.database.alone(ONLY_ONE) as alone:
        if not alone:
            return
        await try_all_again(services)
        if api is not None:
            await _read(services, api)
            await _tell(services, api)


async def _read(services: Services, api: CityApi) -> None:
    """Every message behind the cursor, page by page."""
    peer = services.settings.city_base_url
    cursor = await services.city_messages.cursor(peer)
    while True:
        try:
            page = await api.outbox(cursor, PAGE)
        except CursorGone:
            if cursor is None:
                raise CityUnavailable("no cursor is known there") from None
            log.warning("the city platform has a new outbox; it is read from its beginning")
            cursor = None
            continue
        for message in page.messages:
            await _take(services, message)
        if page.next is not None and page.next != cursor:
            await services.city_messages.move(peer, page.next)
        cursor = page.next
        if not page.more:
            return


async def _take(services: Services, message: Any) -> None:
    """One message, whatever it is: what has no id of use is kept under one of ours."""
    named = message.get("id") if isinstance(message, dict) else None
    if not isinstance(named, str) or _ID.fullmatch(named) is None:
        text = json.dumps(message, sort_keys=True)
        named = f"unnamed-{services.database.keyring.blind_index(text)[:32]}"
    try:
        await receive(services, named, message, OUTBOX)
    except MessageReused:
        log.warning("the city platform has used the message id %s for something else", named)


async def _tell(services: Services, api: CityApi) -> None:
    """What became of messages of which the platform has had no answer: its number and ours find each other.

    Ends when all are told or set aside, or the platform wants to be left alone. Raises CityUnavailable.
    """
    while rows := await services.city_messages.untold(PAGE):
        if not await _told(services, api, rows):
            return


async def _told(services: Services, api: CityApi, rows: list[CityMessageRow]) -> bool:
    """Whether the platform has had its say on each of these; False if it wants to be left alone.

    Of a batch that it refuses it is told by halves, so that what it will not take keeps nothing else from it. The key
    is that of the content: what a crash lets be posted again is the same to the platform.
    """
    receipts = [
        {"message": row.id, "state": row.state, "no": row.order_no, "city_no": row.city_no, "code": row.code}
        for row in rows
    ]
    key = f"receipts-{hashlib.sha256(json.dumps(receipts).encode()).hexdigest()[:40]}"
    try:
        answer = await api.post("receipts", key, {"receipts": receipts})
    except CityRefused as refused:
        if len(rows) == 1:
            log.warning("the city platform takes no receipt of its message %s: %s", rows[0].id, refused)
            await services.city_messages.receipt_refused(rows[0].id, str(refused))
            return True
        half = len(rows) // 2
        return await _told(services, api, rows[:half]) and await _told(services, api, rows[half:])
    if answer.wait is not None:
        return False
    await services.city_messages.told([row.id for row in rows])
    return True
