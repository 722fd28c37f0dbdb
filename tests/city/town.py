"""A county and its city: API, worker, Temporal and database on one side, the sandbox platform on the other.

Each process can be stopped and started again, with the same address and data.
"""

import json
import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.city.signature import signed
from adapters.database.accounts.sample_accounts import ensure_users
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import LocalTemporal, free_port
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings, environment
from tests.api.callers import PASSWORD, Caller, eventually
from workflows.search_attributes import DEFINITIONS

SECRET = "the-secret-that-county-and-city-share"  # noqa: S105
AREAS = {"huojia": "410724", "dalad": "150621", "hukou": "360429"}
POLL_SECONDS = 0.3
READY_SECONDS = 180
_numbers = count(1)

Row = dict[str, Any]


@dataclass
class Town:
    """Both sides. `city` and `base` are their addresses; `caller` signs somebody in at the county."""

    folder: Path
    values: Mapping[str, str]
    base: str
    city: str
    running: dict[str, ChildProcess] = field(default_factory=dict)
    callers: dict[str, Caller] = field(default_factory=dict)

    def start(self, *names: str) -> None:
        """Start `worker`, `api` or `city`, and wait until those that serve HTTP answer."""
        for name in names:
            command = [sys.executable, *self._commands()[name]]
            env = environment() | dict(self.values)
            self.running[name] = ChildProcess.spawn(command, self.folder / f"{name}.log", env=env, cwd=ROOT)
        probes = {"api": f"{self.base}/api/v1/health/ready", "city": f"{self.city}/health"}
        for name in set(names) & set(probes):
            self._wait_for(name, probes[name])

    def stop(self, name: str) -> None:
        """Stop one process."""
        self.running.pop(name).stop()

    def caller(self, username: str) -> Caller:
        """The client of a signed-in user."""
        if username not in self.callers:
            self.callers[username] = Caller(self.base, username)
        return self.callers[username]

    def say(self, message: Any, id_: str | None = None, **changes: str) -> httpx.Response:
        """Post a signed message of the city to the webhook; `changes` replace headers."""
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        named = id_ or message["id"]
        headers = signed(SECRET, named, body, time.time()) | {k.replace("_", "-"): v for k, v in changes.items()}
        return httpx.post(f"{self.base}/api/v1/webhooks/city", content=body, headers=headers, timeout=40)

    def let_the_city_send(self, type_: str, area: str | None, data: Row, id_: str | None = None) -> None:
        """Put a message into the platform's outbox, which also pushes it unless a fault prevents that."""
        message = {"type": type_, "area": area, "data": data, "id": id_}
        httpx.post(f"{self.city}/sandbox/messages", json=message).raise_for_status()

    def mood(self, **faults: Any) -> None:
        """Set the faults of the platform."""
        httpx.put(f"{self.city}/sandbox/faults", json=faults).raise_for_status()

    def demand(self, regime: str = "huojia", **more: Any) -> tuple[str, Row]:
        """A demand in the platform's words, with a new number of the platform."""
        city_no = f"SZ-{time.time_ns()}-{next(_numbers)}"
        return city_no, {"order_no": city_no, "title": "路灯不亮", "content": "东门路灯不亮", "type_code": "03"} | more

    def found(self, city_no: str) -> list[Row]:
        """The county's orders with a number of the platform."""
        answer = self.caller("hotline_director").get("/work-orders", city_no=city_no)
        items: list[Row] = answer.raise_for_status().json()["items"]
        return items

    def arrived(self, city_no: str) -> str:
        """The county's number of an order of the platform, once it exists."""
        return str(eventually(lambda: self.found(city_no) or None)[0]["no"])

    def opened(self, regime: str, **more: Any) -> tuple[str, str]:
        """Send an order from the platform; returns the platform's number and the county's."""
        city_no, data = self.demand(**more)
        self.let_the_city_send("order", AREAS[regime], data)
        return city_no, self.arrived(city_no)

    def do(self, username: str, no: str, command: str, **body: Any) -> None:
        """Send a command, which must be accepted."""
        answer = self.caller(username).do(no, command, **body)
        assert answer.status_code == 200, answer.text

    def approve(self, username: str, no: str, kind: str) -> None:
        """Approve as the county, as soon as the open approval is recorded."""
        who = self.caller(username)
        mine = eventually(
            lambda: next(
                (each for each in who.get("/approvals", limit=200).json()["items"]
                 if (each["order"], each["kind"]) == (no, kind)),
                None,
            )
        )  # fmt: skip
        assert who.post(f"/approvals/{mine['id']}/decision", {"decision": "approve"}).status_code == 202

    def events(self, no: str, name: str, **fields: Any) -> list[Row]:
        """The events with this name and these fields in an order's timeline."""
        timeline = self.caller("admin").get(f"/work-orders/{no}/timeline").json()
        return [row for row in timeline if row["event"] == name and fields.items() <= row.items()]

    def happens(self, no: str, name: str, **fields: Any) -> Row:
        """Wait for the first such event."""
        return eventually(lambda: self.events(no, name, **fields) or None)[0]

    def received(self, no: str, kind: str) -> list[Row]:
        """The messages about an order that the platform has received."""
        entries = httpx.get(f"{self.city}/city/v1/received").raise_for_status().json()
        return [each["body"] for each in entries if each["kind"] == kind and each["body"].get("no") == no]

    def comes_up(self, no: str, kind: str, what: str) -> Row:
        """Wait until the platform has a message about an order."""
        return eventually(lambda: next((each for each in self.received(no, kind) if each["what"] == what), None))

    def at_the_city(self, city_no: str) -> Row | None:
        """The platform's record of an order."""
        orders: list[Row] = httpx.get(f"{self.city}/city/v1/orders").raise_for_status().json()
        return next((order for order in orders if order["city_no"] == city_no), None)

    def decide(self, no: str, kind: str, what: str, result: str, **more: str) -> Row:
        """Let the platform answer a received request, in its own words; returns its message."""
        asked = self.comes_up(no, kind, what)["data"]
        names = ("county_no", "order_no", "apply_id", "apply_type")
        data = {name: asked[name] for name in names} | {"result": result} | more
        self.let_the_city_send("decision", self.received(no, kind)[-1]["area"], data)
        return data

    def message(self, id_: str) -> Row:
        """The hotline's state of a message, once it has arrived."""

        def kept() -> Row | None:
            answer = self.caller("hotline_director").get(f"/city/messages/{id_}")
            if answer.status_code == 404:
                return None
            row: Row = answer.raise_for_status().json()
            return row

        return eventually(kept)

    def _commands(self) -> dict[str, list[str]]:
        ports = {"api": self.base.rpartition(":")[2], "city": self.city.rpartition(":")[2]}
        webhook = ["--webhook", f"{self.base}/api/v1/webhooks/city", "--data", str(self.folder)]
        return {
            "worker": ["worker.py"],
            "api": ["-m", "cli.main", "api", "--port", ports["api"]],
            "city": ["-m", "sandbox.city.platform", "--port", ports["city"], *webhook],
        }

    def _wait_for(self, name: str, url: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        while True:
            try:
                if httpx.get(url, timeout=5).is_success:
                    return
            except httpx.TransportError:
                pass
            child = self.running[name]
            assert child.status is None, child.tail()
            assert time.monotonic() < deadline, child.tail()
            time.sleep(0.05)


@pytest.fixture(scope="session")
async def whole_town(
    new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Town]:
    """Both sides, running."""
    folder = tmp_path_factory.mktemp("town")
    temporal = LocalTemporal.start(folder / "temporal.log", search_attributes=DEFINITIONS)
    api, city = (f"http://127.0.0.1:{free_port()}" for _ in range(2))
    values = {
        "DATABASE_URL": new_database_url(),
        "TEMPORAL_ADDRESS": temporal.address,
        "JIESU_DATA": str(folder),
        "JIESU_DATA_KEY": "the-data-key-of-the-town-0123456789",
        "JIESU_TASK_QUEUE": "town",
        "JIESU_BARE_SIGNALS": "false",
        "OBJECT_STORE_URL": (folder / "objects").as_uri(),
        "TWILIO_BASE_URL": f"http://127.0.0.1:{free_port()}",
        "CITY_BASE_URL": city,
        "CITY_SECRET": SECRET,
        "CITY_POLL_SECONDS": str(POLL_SECONDS),
    }
    town = Town(folder, values, api, city)
    try:
        await _people(Settings.model_validate(values))
        await temporal.ready()
        town.start("worker", "city", "api")
        yield town
    finally:
        for caller in town.callers.values():
            caller.http.close()
        for name in ("api", "city", "worker"):
            if name in town.running:
                town.stop(name)
        temporal.stop()


@pytest.fixture
def town(whole_town: Town) -> Town:
    """Both sides, running, without faults."""
    whole_town.start(*({"worker", "api", "city"} - set(whole_town.running)))
    whole_town.mood()
    return whole_town


async def _people(settings: Settings) -> None:
    book = RuleBooks.load(settings.policy_file)
    units = {name: [unit.id for unit in regime.units] for name, regime in book.regimes.items()}
    database = Database(settings.database_url, Keyring(settings.data_key), pool_size=1)
    await ensure_users(database, units, PASSWORD)
    await database.dispose()
