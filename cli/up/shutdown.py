"""Ctrl-C and other signals that end `jiesu up`: the work is cancelled, and the shutdown runs to its end."""

import asyncio
import signal
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any


async def until_signal(work: Coroutine[Any, Any, None]) -> None:
    """Run the work, and cancel it at Ctrl-C (SIGINT), SIGTERM or SIGHUP. Raises what the work raises."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(work)
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        loop.add_signal_handler(number, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


async def uninterrupted(stop: Coroutine[Any, Any, None]) -> None:
    """Run a shutdown that ends by itself; a further signal does not interrupt it. Raises what it raises."""
    stopping = asyncio.ensure_future(stop)
    while not stopping.done():
        with suppress(asyncio.CancelledError):
            await asyncio.wait([stopping])
    stopping.result()
