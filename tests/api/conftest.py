"""Fixtures: the API as a process, with a real worker, Temporal server and database."""

import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from adapters.database.accounts.sample_accounts import ensure_users
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import LocalTemporal, free_port
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings, environment
from tests.api.callers import PASSWORD, Caller
from workflows.search_attributes import DEFINITIONS

READY_SECONDS = 180
DATA_KEY = "the-data-key-of-the-api-tests-0123456789"


@dataclass(frozen=True)
class Installation:
    """The address of the API, and its settings."""

    base: str
    settings: Settings
    temporal: LocalTemporal
    api: ChildProcess


@pytest.fixture(scope="session")
async def installation(
    new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Installation]:
    """A running system without peers: requests to them are retried, and no test waits for them."""
    folder = tmp_path_factory.mktemp("installation")
    temporal = LocalTemporal.start(folder / "temporal.log", search_attributes=DEFINITIONS)
    children: list[ChildProcess] = []
    try:
        port = free_port()
        values = {
            "DATABASE_URL": new_database_url(),
            "TEMPORAL_ADDRESS": temporal.address,
            "JIESU_DATA": str(folder),
            "JIESU_DATA_KEY": DATA_KEY,
            "JIESU_TASK_QUEUE": "api-tests",
            "JIESU_BARE_SIGNALS": "false",
            "OBJECT_STORE_URL": (folder / "objects").as_uri(),
            "TWILIO_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "CITY_BASE_URL": f"http://127.0.0.1:{free_port()}",
            # Tests send more requests than people do; test_door.py tests the limits.
            "JIESU_RATE_CALLER": "off",
            "JIESU_RATE_ADDRESS": "off",
        }
        settings = Settings.model_validate(values)
        await _people(settings)
        await temporal.ready()
        commands = {"worker": ["worker.py"], "api": ["-m", "cli.main", "api", "--port", str(port)]}
        for name, command in commands.items():
            log = folder / f"{name}.log"
            env = environment() | values
            children.append(ChildProcess.spawn([sys.executable, *command], log, env=env, cwd=ROOT))
        base = f"http://127.0.0.1:{port}"
        _wait_for(base, children)
        yield Installation(base, settings, temporal, children[-1])
    finally:
        for child in reversed(children):
            child.stop()
        temporal.stop()


@pytest.fixture(scope="session")
def caller(installation: Installation) -> Iterator[Callable[[str], Caller]]:
    """A function from user name to signed-in client; anonymous for ''."""
    callers: dict[str, Caller] = {}

    def sign_in(username: str = "") -> Caller:
        if username not in callers:
            callers[username] = Caller(installation.base, username)
        return callers[username]

    yield sign_in
    for each in callers.values():
        each.http.close()


async def _people(settings: Settings) -> None:
    book = RuleBooks.load(Path(settings.policy_file))
    units = {name: [unit.id for unit in regime.units] for name, regime in book.regimes.items()}
    database = Database(settings.database_url, Keyring(settings.data_key), pool_size=1)
    await ensure_users(database, units, PASSWORD)
    await database.dispose()


def _wait_for(base: str, children: list[ChildProcess]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(f"{base}/api/v1/health/ready", timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        for child in children:
            assert child.status is None, child.tail()
        assert time.monotonic() < deadline, children[-1].tail()
        time.sleep(0.05)
