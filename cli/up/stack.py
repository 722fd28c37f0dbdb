"""The services of `jiesu up`, started in the order of their dependencies."""

import asyncio
import os
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from adapters.local.child_process import tail
from adapters.local.postgres import SERVING, LocalPostgres, PostgresUnavailableError
from adapters.local.temporal import LocalTemporal, TemporalUnavailableError
from adapters.settings.settings import Settings
from cli.up.children import OneTimeProcess, ServiceProcess, answers, died
from cli.up.errors import ServiceFailedError
from cli.up.folder import keep_addresses, secret_settings
from cli.up.stamp import Stamp, stamp

DATABASE = "jiesu"
RESTARTS = 3
WATCH = 0.2  # seconds


@dataclass(frozen=True)
class Ports:
    """The ports of the services."""

    api: int
    temporal: int
    ui: int
    gateway: int
    city: int


class Stoppable(Protocol):
    """Something that runs until it is stopped."""

    def stop(self) -> None:
        """Stop it; returns when it has stopped."""


class Stack:
    """Starts services, in parallel where possible, supervises them, and stops them in reverse order."""

    def __init__(self, folder: Path, ports: Ports, secrets: Mapping[str, str]) -> None:
        self._folder = folder
        self._ports = ports
        self._secrets = secrets
        self._running: list[Stoppable] = []
        self._services: list[ServiceProcess] = []
        self._postgres_start: asyncio.Task[LocalPostgres] | None = None
        self._postgres: LocalPostgres | None = None
        self._temporal: LocalTemporal | None = None
        self._task_queue = Settings().task_queue
        wanted = stamp(Settings().policy_file, secrets["login_password"])
        self._filled = Stamp(folder / "filled", folder / "postgres", wanted)

    @property
    def base(self) -> str:
        """The address of the API."""
        return f"http://127.0.0.1:{self._ports.api}"

    def addresses(self) -> dict[str, str]:
        """Name → address of everything that an operator may open."""
        return {
            "接口": self.base,
            "接口说明": f"{self.base}/docs",
            "Temporal 界面": f"http://127.0.0.1:{self._ports.ui}",
            "模拟手机": f"http://127.0.0.1:{self._ports.gateway}/phone",
            "模拟市平台": f"http://127.0.0.1:{self._ports.city}/",
            "数据库": self._database_url(),
            "日志": str(self._folder / "logs"),
        }

    async def start(self) -> None:
        """Start everything. Raises ServiceFailedError; call `stop` whatever happens."""
        try:
            # The slowest first, and each step waits only for its dependencies.
            await _together(self._start_own(), self._start_temporal(), self._start_peers())
            if not self._filled.holds:
                await self._job("示例工单", "samples", self._environment())
                self._filled.put()
        except (PostgresUnavailableError, TemporalUnavailableError, OSError) as error:
            raise ServiceFailedError(str(error)) from error

    async def watch(self, note: Callable[[str], None]) -> None:
        """Supervise the services; never returns. Raises ServiceFailedError when one cannot be restarted."""
        await _together(self._watch_servers(), *(service.supervise(note) for service in self._services))

    async def stop(self) -> None:
        """Stop what runs, in reverse start order."""
        if self._postgres_start and not self._postgres:
            # A thread cannot be cancelled: let it finish, then stop what it started.
            await asyncio.wait([self._postgres_start])
            if not self._postgres_start.exception():
                self._running.insert(0, self._postgres_start.result())
        while self._running:
            await asyncio.to_thread(self._running.pop().stop)

    async def _start_own(self) -> None:
        """Start the database, worker and API; the latter two wait for Temporal by themselves."""
        await self._start_database()
        env = self._environment()
        api = [sys.executable, "-m", "cli.main", "api", "--port", str(self._ports.api)]
        await _together(
            self._serve("工作进程", "worker", [sys.executable, "worker.py"], self._polled, env, RESTARTS),
            self._serve("接口", "api", api, answers(self._url("health/ready")), env, RESTARTS),
        )

    async def _start_database(self) -> None:
        folder = self._folder / "postgres"
        self._postgres_start = asyncio.create_task(asyncio.to_thread(LocalPostgres.start, folder))
        self._postgres = await asyncio.shield(self._postgres_start)
        self._running.insert(0, self._postgres)
        owner = {"DATABASE_OWNER_URL": self._postgres.url(DATABASE)}
        keep_addresses(self._folder, self._addresses() | owner)
        if not self._filled.holds:
            await self._job("数据库迁移", "database", self._environment() | owner)

    async def _start_temporal(self) -> None:
        from workflows.search_attributes import DEFINITIONS  # noqa: PLC0415 (imports what workflows import)

        self._temporal = LocalTemporal.start(
            self._folder / "logs" / "temporal.log",
            port=self._ports.temporal,
            ui_port=self._ports.ui,
            database=self._folder / "temporal.db",
            search_attributes=DEFINITIONS,
        )
        self._running.append(self._temporal)
        await self._temporal.ready()

    async def _start_peers(self) -> None:
        env = self._environment()
        ports, python = self._ports, [sys.executable, "-m"]
        gateway = [*python, "sandbox.telephone.gateway", "--port", str(ports.gateway), "--data", str(self._folder)]
        gateway += ["--inbound-url", self._url("api/v1/webhooks/sms")]
        city = [*python, "sandbox.city.platform", "--port", str(ports.city), "--data", str(self._folder)]
        city += ["--webhook", self._url("api/v1/webhooks/city")]
        await _together(
            self._serve("短信网关", "gateway", gateway, _health(ports.gateway), env),
            self._serve("模拟市平台", "city", city, _health(ports.city), env),
        )

    async def _serve(
        self,
        name: str,
        slug: str,
        command: Sequence[str],
        probe: Callable[[], Awaitable[bool]],
        env: Mapping[str, str],
        restarts: int = 0,
    ) -> None:
        service = ServiceProcess(name, command, self._log(slug), env, probe, restarts)
        service.spawn()
        self._running.append(service)
        self._services.append(service)
        await service.ready()

    async def _job(self, name: str, part: str, env: Mapping[str, str]) -> None:
        job = OneTimeProcess(name, [sys.executable, "-m", "cli.up.prepare", part], self._log(part), env)
        self._running.append(job)
        await job.run()
        self._running.remove(job)

    async def _polled(self) -> bool:
        self._check_servers()
        return bool(self._temporal and await self._temporal.polled(self._task_queue))

    async def _watch_servers(self) -> None:
        while True:
            self._check_servers()
            await asyncio.sleep(WATCH)

    def _check_servers(self) -> None:
        if self._postgres and not self._postgres.alive:
            raise died("PostgreSQL ", None, self._postgres.log, tail(self._postgres.log))
        if self._temporal and (status := self._temporal.child.status) is not None:
            log = self._temporal.child.log
            raise died("Temporal ", status, log, tail(log))

    def _log(self, slug: str) -> Path:
        return self._folder / "logs" / f"{slug}.log"

    def _url(self, path: str) -> str:
        return f"{self.base}/{path}"

    def _database_url(self) -> str:
        """The URL of the database for worker, API and operator."""
        return self._postgres.url(DATABASE, SERVING) if self._postgres else ""

    def _environment(self) -> dict[str, str]:
        """The settings of every child, by the names that `adapters.settings.settings` reads."""
        return {
            # No rate limit for callers on a trial machine.
            "JIESU_RATE_CALLER": "off",
            "JIESU_RATE_ADDRESS": "off",
            "JIESU_RATE_LOGIN": "off",
            **os.environ,
            "JIESU_ENV": "development",
            "JIESU_DATA": str(self._folder),
            "TWILIO_ACCOUNT_SID": Settings().twilio_account_sid,
            **self._addresses(),
            **secret_settings(self._secrets),
            "PYTHONUNBUFFERED": "1",
        }

    def _addresses(self) -> dict[str, str]:
        """The addresses of the services, by the names that `adapters.settings.settings` reads."""
        return {
            "JIESU_PUBLIC_URL": self.base,
            "DATABASE_URL": self._database_url(),
            "JIESU_DATABASE_PASSWORD": "",
            "DATABASE_OWNER_URL": "",
            "TEMPORAL_ADDRESS": f"127.0.0.1:{self._ports.temporal}",
            "TWILIO_BASE_URL": f"http://127.0.0.1:{self._ports.gateway}",
            "CITY_BASE_URL": f"http://127.0.0.1:{self._ports.city}",
        }


def _health(port: int) -> Callable[[], Awaitable[bool]]:
    return answers(f"http://127.0.0.1:{port}/health")


async def _together(*steps: Awaitable[None]) -> None:
    """Run all; the first error cancels the others and is raised unwrapped."""
    tasks = [asyncio.ensure_future(step) for step in steps]
    try:
        await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
