"""Polls the city platform: tries waiting messages again, reads its outbox to the end, and sends receipts.

After an outage of either side everything arrives, and once: the cursor moves past messages that are stored, and a
message that came by the webhook too is found done.
"""

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
LOCK: Final = "jiesu: the outbox of the city platform"
_ID: Final = re.compile(MESSAGE_ID, re.ASCII)


async def poll_city(services: Services) -> int:
    """Run one round and return how many messages were read; without an outbox (`CITY_POLL_SECONDS` 0) none are.

    A round that another process has not ended yet, because its worker was believed dead, is left alone. Raises
    CityUnavailable, and what the database raises.
    """
    async with services.database.alone(LOCK) as alone:
        if not alone:
            return 0
        await try_all_again(services)
        if not services.settings.city_poll_seconds:
            return 0
        api = CityApi(services.settings)
        try:
            count = await _read_outbox(services, api)
            await _send_receipts(services, api)
        finally:
            await api.aclose()
        return count


async def _read_outbox(services: Services, api: CityApi) -> int:
    """Receive every message behind the cursor, page by page, and return how many there were."""
    count = 0
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
            await _receive(services, message)
        count += len(page.messages)
        if page.next is not None and page.next != cursor:
            await services.city_messages.move(peer, page.next)
        cursor = page.next
        if not page.more:
            return count


async def _receive(services: Services, message: Any) -> None:
    """Store and carry out one message of any shape; one without a usable id is stored under one of ours."""
    named = message.get("id") if isinstance(message, dict) else None
    if not isinstance(named, str) or _ID.fullmatch(named) is None:
        text = json.dumps(message, sort_keys=True)
        named = f"unnamed-{services.database.keyring.blind_index(text)[:32]}"
    try:
        await receive(services, named, message, OUTBOX)
    except MessageReused:
        log.warning("the city platform has used the message id %s for something else", named)


async def _send_receipts(services: Services, api: CityApi) -> None:
    """Send the state of messages that the platform has no receipt of, with its order number and ours.

    Ends when all are sent or set aside, or the platform asks for a pause. Raises CityUnavailable.
    """
    while rows := await services.city_messages.untold(PAGE):
        if not await _send_batch(services, api, rows):
            return


async def _send_batch(services: Services, api: CityApi, rows: list[CityMessageRow]) -> bool:
    """Send receipts of these messages; False if the platform asks for a pause.

    A batch that it refuses is sent again by halves, so that one refused receipt holds up no other. The key is made of
    the content: receipts that are posted again after a crash are the same message to the platform.
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
            log.warning("the city platform refuses the receipt of its message %s: %s", rows[0].id, refused)
            await services.city_messages.receipt_refused(rows[0].id, str(refused))
            return True
        half = len(rows) // 2
        return await _send_batch(services, api, rows[:half]) and await _send_batch(services, api, rows[half:])
    if answer.wait is not None:
        return False
    await services.city_messages.told([row.id for row in rows])
    return True
