"""Sends heartbeats during an activity, so that a dead worker is noticed long before the timeout of the attempt."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

EVERY = 2.0  # seconds


@asynccontextmanager
async def heartbeats() -> AsyncIterator[None]:
    """Send a heartbeat every two seconds while the block runs."""

    async def beat() -> None:
        while True:
            activity.heartbeat()
            await asyncio.sleep(EVERY)

    beats = asyncio.create_task(beat())
    try:
        yield
    finally:
        beats.cancel()
        with suppress(asyncio.CancelledError):
            await beats
