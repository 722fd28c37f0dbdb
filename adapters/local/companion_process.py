"""A second process of the same program, beside the first: neither is there without the other.

What keeps a processor busy in one of them delays nothing in the other, which threads of one Python do.
"""

import asyncio
import multiprocessing
import os
import sys
from collections.abc import Callable
from multiprocessing.process import BaseProcess
from typing import Self

# A fork has everything imported already; elsewhere than on Linux it is not safe.
if sys.platform == "linux":
    from multiprocessing.context import ForkProcess as _Process
else:
    from multiprocessing.context import SpawnProcess as _Process


class CompanionProcess:
    """The second process, as the first one has it."""

    def __init__(self, process: BaseProcess) -> None:
        self._process = process

    @classmethod
    def start(cls, name: str, work: Callable[[], None]) -> Self:
        """Begin it, before this process has threads or connections. Raises OSError.

        `work` is a function of a module.
        """
        # As a daemon it is asked to end when this process ends by itself, whatever the reason.
        process = _Process(target=work, name=name, daemon=True)
        process.start()
        return cls(process)

    @property
    def status(self) -> int | None:
        """Its exit status, negative for a signal; None while it runs."""
        return self._process.exitcode

    def when_gone(self, react: Callable[[], object]) -> None:
        """Call once, in the running event loop, when it has ended."""
        loop, end = asyncio.get_running_loop(), self._process.sentinel

        def gone() -> None:
            loop.remove_reader(end)
            react()

        loop.add_reader(end, gone)

    def stop(self) -> None:
        """Ask it to end (SIGTERM), and return at once."""
        self._process.terminate()

    def join(self, seconds: float) -> None:
        """Wait so long for its end, then kill it."""
        self._process.join(seconds)
        if self._process.exitcode is None:
            self._process.kill()
            self._process.join()


def end_with_first() -> None:
    """In the second process, with its event loop running: be gone as soon as the first is, as if both were killed."""
    first = multiprocessing.parent_process()
    if first is not None:
        asyncio.get_running_loop().add_reader(first.sentinel, os._exit, 1)
