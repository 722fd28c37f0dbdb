"""Deletes abandoned uploads: objects of a process that died, and files that no command has named."""

import logging
from datetime import UTC, datetime, timedelta
from typing import Final

from application.evidence.receiving import INCOMING, KEPT
from application.services import Services
from domain.calendar.business_calendar import CST

log = logging.getLogger(__name__)

GRACE: Final = timedelta(days=1)
"""Younger objects may belong to an upload that is still going on."""

LOOK_BACK: Final = 3
"""Days whose folders of stored files are compared with the database; earlier ones have been compared."""

UNUSED_FOR: Final = timedelta(days=30)
"""A file that belongs to no order after so long proves nothing, and personal data is not kept without need."""


async def delete_abandoned_files(
    services: Services, older_than: timedelta = GRACE, unused_for: timedelta = UNUSED_FOR
) -> int:
    """Delete them, and return how many. May be repeated, and may run in several processes."""
    until = datetime.now(UTC) - older_than
    today = datetime.now(CST).date()
    folders = [f"{KEPT}/{today - timedelta(days=back):%Y/%m/%d}" for back in range(LOOK_BACK)]
    gone = 0
    for folder in (INCOMING, *folders):
        old = [found.key async for found in services.objects.list(folder) if found.modified_at < until]
        for start in range(0, len(old), 500):
            for key in await services.attachments.unknown_keys(old[start : start + 500]):
                await services.objects.delete(key)
                gone += 1
    for file in await services.attachments.unused(unused_for):
        # The row goes first: the other way round a crash would leave a file without its bytes.
        if await services.attachments.forget(file.id):
            await services.objects.delete(file.object_key)
            if file.thumbnail_key:
                await services.objects.delete(file.thumbnail_key)
            gone += 1
    return gone
