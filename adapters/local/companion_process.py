"""A second process of the same program; each ends when the other does.

Work that keeps a processor busy in one of them does not delay the other, unlike with threads of one Python.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Self

# With fork, everything is imported already; it is safe on Linux only.
if sys.platform == "linux":
    from multiprocessing.context import ForkProcess as _Process
else:
    from multiprocessing.context import SpawnProcess as _Process


class CompanionProcess:
    """Handle of the second process, used by the first one."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @classmethod
    def start(cls, name: str, work: Callable[[], None]) -> Self:
        """Start it, before this process has threads or connections. Raises OSError.

        `work` is a function of a module.
        """
        # As a daemon it gets SIGTERM when this process exits, whatever the reason.
        process = _Process(target=work, name=name, daemon=True)
        process.start()
        return cls(process)

    @property
    def status(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def when_gone(self, react: Callable[[], object]) -> None:
        """Call `react` once, in the running event loop, when the process has ended."""
        loop, end = asyncio.get_running_loop(), self._process.sentinel

        def gone() -> None:
            loop.remove_reader(end)
            react()

        loop.add_reader(end, gone)

    def stop(self) -> None:
        """Send SIGTERM, and return at once."""
        self._process.terminate()

    def join(self, seconds: float) -> None:
        """Wait up to that many seconds for its end, then kill it."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


def end_with_first() -> None:
    """In the second process, with its event loop running: exit at once when the first ends, as if both were killed."""
    first = multiprocessing.parent_process()
    if first is not None:
        asyncio.get_running_loop().add_reader(first.sentinel, os._exit, 1)
