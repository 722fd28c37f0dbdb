"""Supervised services: a child process with a readiness probe and a limit of restarts."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import httpx

from adapters.local.child_process import ChildProcess
from adapters.settings.settings import ROOT
from cli.up.errors import ServiceFailedError

READY_TIMEOUT = 60.0  # seconds
STEADY = 60.0  # seconds after which earlier deaths no longer count
POLL = 0.05  # seconds

Probe = Callable[[], Awaitable[bool]]


def died(name: str, status: int | None, log: Path, tail: str) -> ServiceFailedError:
    """The error that names the service, its exit status, the end of its log and the path of the log."""
    how = "原因见日志" if status is None else f"退出码 {status}" if status >= 0 else f"信号 {-status}"
    return ServiceFailedError(f"{name}已退出（{how}）。日志 {log} 的最后几行：\n{tail}")


@dataclass
class ServiceProcess:
    """One service of the stack. `name` is for display, `probe` returns whether it is ready."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    probe: Probe
    restarts: int = 0
    child: ChildProcess | None = field(default=None, init=False)
    _deaths: int = field(default=0, init=False)
    _started: float = field(default=0.0, init=False)

    def spawn(self) -> None:
        """Start the process; raises OSError."""
        self._started = time.monotonic()
        self.child = ChildProcess.spawn(self.command, self.log, env=self.env, cwd=ROOT)

    async def ready(self) -> None:
        """Wait until the probe succeeds. Raises ServiceFailedError."""
        deadline = time.monotonic() + READY_TIMEOUT
        while not await self.probe():
            self.check()
            if time.monotonic() > deadline:
                raise ServiceFailedError(f"{self.name}在 {READY_TIMEOUT:.0f} 秒内没有就绪，日志见 {self.log}")
            await asyncio.sleep(POLL)

    def check(self) -> None:
        """Raise ServiceFailedError if the process is gone."""
        if self.child and self.child.status is not None:
            raise died(self.name, self.child.status, self.log, self.child.tail())

    async def supervise(self, note: Callable[[str], None]) -> None:
        """Restart the process when it dies; never returns. Raises ServiceFailedError when `restarts` is used up."""
        while True:
            await asyncio.sleep(POLL * 4)
            try:
                self.check()
            except ServiceFailedError:
                self._deaths = 1 if time.monotonic() - self._started > STEADY else self._deaths + 1
                if self._deaths > self.restarts:
                    raise
                note(f"{self.name}意外退出，第 {self._deaths} 次重新启动，日志见 {self.log}")
                await asyncio.sleep(2 ** (self._deaths - 1))
                self.spawn()

    def stop(self) -> None:
        """Terminate, wait, kill."""
        if self.child:
            self.child.stop()


@dataclass
class OneTimeProcess:
    """A process that performs one task and ends."""

    name: str
    command: Sequence[str]
    log: Path
    env: Mapping[str, str]
    child: ChildProcess | None = field(default=None, init=False)

    async def run(self) -> None:
        """Run it to its end. Raises ServiceFailedError if it fails."""
        self.child = ChildProcess.spawn(self.command, self.log, env=self.env, cwd=ROOT)
        while (status := self.child.status) is None:  # noqa: ASYNC110 (no event reports the exit)
            await asyncio.sleep(POLL)
        if status != 0:
            raise died(self.name, status, self.log, self.child.tail())

    def stop(self) -> None:
        """Stop it early; its work can be repeated."""
        if self.child:
            self.child.stop()


def answers(url: str) -> Probe:
    """A probe: GET succeeds within two seconds."""

    async def probe() -> bool:
        try:
            async with httpx.AsyncClient(timeout=2.0, trust_env=False) as client:
                return (await client.get(url)).is_success
        except httpx.HTTPError:
            return False

    return probe
