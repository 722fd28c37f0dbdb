"""Heartbeats beside the work, so that a worker that died is noticed long before an attempt's time is up."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from temporalio import activity

EVERY = 2.0  # seconds


@asynccontextmanager
async def beating() -> AsyncIterator[None]:
    """Tell the server every two seconds that the attempt is under way."""

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
