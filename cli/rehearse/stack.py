"""The environment of rehearsals: a temporary Temporal server, database, worker and peers."""

import asyncio
import signal
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import ExitStack, asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
from temporalio.client import Client
from temporalio.testing import TimeSkipper, TimeSkippingConfig

from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.migration import upgrade
from adapters.local.child_process import ChildProcess
from adapters.local.postgres import SERVING, LocalPostgres
from adapters.local.temporal import LocalTemporal, free_port
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings, environment, settings
from adapters.temporal.client import converter
from application.services import Services
from workflows.search_attributes import DEFINITIONS

DATABASE = "jiesu"
READY_WITHIN = 60.0
MOST_SKIPS = 100_000
PEERS = {"sandbox.telephone.gateway": "TWILIO_BASE_URL", "sandbox.city.platform": "CITY_BASE_URL"}
"""The modules of the peers, and the setting with the address of each."""


@dataclass
class Processes:
    """The processes of a stage, in start order."""

    folder: Path
    values: dict[str, str]
    postgres: LocalPostgres
    temporal: LocalTemporal
    worker: ChildProcess
    peers: dict[str, ChildProcess]

    def stop_peer(self, module: str) -> None:
        """Stop a running peer, so that nothing answers at its address."""
        self.peers[module].stop()

    def start_peer(self, module: str) -> ChildProcess:
        """Start a peer again, with the same address and data."""
        self.peers[module] = _peer(module, self.folder, self.values)
        return self.peers[module]

    def stop_worker(self) -> None:
        """Stop the running worker."""
        self.worker.stop()

    def start_postgres(self) -> LocalPostgres:
        """Start the database again in the same folder."""
        self.postgres = LocalPostgres.start(self.folder / "postgres", durable=False)
        return self.postgres

    def stop_postgres(self) -> None:
        """Stop the running database."""
        self.postgres.stop()

    def start_worker(self) -> ChildProcess:
        """Start a worker in place of the stopped one."""
        self.worker = _worker(self.folder, self.values)
        return self.worker


@dataclass(frozen=True)
class RehearsalStack:
    """The resources of a rehearsal: the database, and clients with which the time of orders can be skipped."""

    settings: Settings
    database: Database
    client: Client
    skipper: TimeSkipper
    processes: Processes
    books: dict[int, RuleBooks] = field(default_factory=dict)

    def services(self, year: int) -> Services:
        """The services with the calendar around a year."""
        if year not in self.books:
            self.books[year] = RuleBooks.load(self.settings.policy_file, year)
        return Services(self.database, self.client, self.books[year], self.settings)


@asynccontextmanager
async def stage(
    policies: Path | None = None,
    dynamic_config: Mapping[str, str] | None = None,
    temporal_file: Path | None = None,
    sandboxed: bool = True,
    messages_per_second: float = 1000,
    payload_key: str = "",
) -> AsyncIterator[RehearsalStack]:
    """Start everything in a temporary folder, and remove it afterwards.

    `dynamic_config` adds to the server's settings; the server stores its data in memory or in `temporal_file`. The
    worker runs workflows in the sandbox unless `sandboxed` is false (docs/adr/0011), and sends at most
    `messages_per_second`. Payloads are encrypted only if a `payload_key` is given: rehearsal data is discarded.
    Periodic jobs do not run.
    Raises PostgresUnavailableError, TemporalUnavailableError, PolicyErrors, RuntimeError for a dead process.
    """
    with tempfile.TemporaryDirectory(prefix="jiesu-rehearsal-", ignore_cleanup_errors=True) as name:
        folder = Path(name)
        with ExitStack() as closing:
            values = {
                # Jobs run in real time and are for real orders only.
                "JIESU_JOBS": "false",
                "JIESU_WORKFLOW_SANDBOX": str(sandboxed),
                "JIESU_MESSAGES_PER_SECOND": str(messages_per_second),
                "JIESU_PAYLOAD_KEY": payload_key,
            }
            if policies is not None:
                values["JIESU_POLICIES"] = str(policies)
            temporal = LocalTemporal.start(
                folder / "temporal.log",
                database=temporal_file,
                search_attributes=DEFINITIONS,
                dynamic_config=dynamic_config,
            )
            closing.callback(_kill, temporal.child)
            processes = _processes(folder, temporal, values, closing)
            upgrade(processes.postgres.url(DATABASE), serving=processes.values["DATABASE_URL"])
            await processes.temporal.ready()
            chosen = Settings.model_validate(processes.values)
            ports = tuple(urlsplit(url).port or 0 for url in (chosen.twilio_base_url, chosen.city_base_url))
            await _until_ready(processes.temporal, chosen.task_queue, processes.worker, ports)
            client = await Client.connect(processes.temporal.address, data_converter=converter(payload_key))
            database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=20)
            try:
                skipping = TimeSkippingConfig(enabled=False, max_session_skip_count=MOST_SKIPS)
                yield RehearsalStack(chosen, database, client, TimeSkipper(client, config=skipping), processes)
            finally:
                await database.dispose()


def _processes(folder: Path, temporal: LocalTemporal, chosen: Mapping[str, str], closing: ExitStack) -> Processes:
    """Start the other processes without waiting for them. `closing` stops what was started, also after an error."""
    gateway, city = free_port(), free_port()
    addresses = {"TWILIO_BASE_URL": f"http://127.0.0.1:{gateway}", "CITY_BASE_URL": f"http://127.0.0.1:{city}"}
    peers = {module: _peer(module, folder, addresses) for module in PEERS}
    closing.callback(_kill_all, peers)
    postgres = LocalPostgres.start(folder / "postgres", durable=False)
    values = dict(chosen) | {
        "DATABASE_URL": postgres.url(DATABASE, SERVING),
        "JIESU_DATABASE_PASSWORD": "",
        "DATABASE_OWNER_URL": "",
        "JIESU_DATA": str(folder),
        "OBJECT_STORE_URL": (folder / "objects").as_uri(),
        "JIESU_PUBLIC_URL": "",
        "TEMPORAL_ADDRESS": temporal.address,
        **addresses,
    }
    processes = Processes(folder, values, postgres, temporal, _worker(folder, values), peers)
    closing.callback(processes.stop_postgres)
    closing.callback(lambda: _kill(processes.worker))
    return processes


def _kill(child: ChildProcess) -> None:
    """Kill a process without waiting for a clean stop: its data is deleted with the folder."""
    child.stop(first=signal.SIGKILL)


def _kill_all(children: Mapping[str, ChildProcess]) -> None:
    """Kill all processes that run at the time of the call."""
    for child in children.values():
        _kill(child)


def _worker(folder: Path, values: Mapping[str, str]) -> ChildProcess:
    return _run([sys.executable, str(ROOT / "worker.py")], folder / "worker.log", values)


def _peer(module: str, folder: Path, addresses: Mapping[str, str]) -> ChildProcess:
    """Start a peer at its address, with data that survive a restart."""
    chosen = settings()
    keys = {
        "TWILIO_ACCOUNT_SID": chosen.twilio_account_sid,
        "TWILIO_AUTH_TOKEN": chosen.twilio_auth_token,
        "CITY_SECRET": chosen.city_secret,
    }
    port = str(urlsplit(addresses[PEERS[module]]).port)
    command = [sys.executable, "-m", module, "--port", port, "--data", str(folder / module)]
    return _run(command, folder / f"{module}.log", keys)


def _run(command: list[str], log: Path, values: Mapping[str, str]) -> ChildProcess:
    return ChildProcess.spawn(command, log, env=environment() | dict(values), cwd=ROOT)


async def _until_ready(temporal: LocalTemporal, queue: str, worker: ChildProcess, ports: tuple[int, ...]) -> None:
    deadline = time.monotonic() + READY_WITHIN
    async with httpx.AsyncClient(timeout=1, trust_env=False) as http:
        while not (await temporal.polled(queue) and await _answering(http, ports)):
            if worker.status is not None:
                raise RuntimeError(f"工作进程启动失败：\n{worker.tail()}")
            if time.monotonic() > deadline:
                raise RuntimeError(f"演练环境在 {READY_WITHIN:.0f} 秒内没有就绪：\n{worker.tail()}")
            await asyncio.sleep(0.05)


async def _answering(http: httpx.AsyncClient, ports: tuple[int, ...]) -> bool:
    try:
        for port in ports:
            await http.get(f"http://127.0.0.1:{port}/")
    except httpx.TransportError:
        return False
    return True
