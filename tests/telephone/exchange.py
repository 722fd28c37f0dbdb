"""A hotline and its telephones: API, worker, Temporal and database, and the sandbox gateway as the provider.

Every test has its own telephone numbers, so that all tests share one system.
"""

import sys
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Any

import httpx
import pytest
from temporalio.client import Client
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from adapters.database.accounts.sample_accounts import ensure_users
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import LocalTemporal, free_port
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings, environment
from adapters.temporal.client import CONVERTER
from application.services import Services
from tests.api.callers import PASSWORD, Caller, eventually
from tests.stage import REPLIES
from workflows.search_attributes import DEFINITIONS

TOKEN = "the-token-of-the-telephone-tests"  # noqa: S105
HOOKS = "/api/v1/webhooks"
READY_SECONDS = 180
MESSAGES_PER_SECOND = "10"
"""Low, so that a test can exceed it."""
_phones = count(1)

Row = dict[str, Any]


@dataclass
class Exchange:
    """The hotline at `base`, the provider at `gateway`, their logs in `folder`.

    `services` use the same database and server from this process.
    """

    base: str
    gateway: str
    services: Services
    folder: Path
    callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, username: str) -> Caller:
        """The client of a signed-in user."""
        if username not in self.callers:
            self.callers[username] = Caller(self.base, username)
        return self.callers[username]

    # Orders

    def open(self, phone: str | None = None, **demand: Any) -> str:
        """Open an order of the citizen with this number."""
        return self.caller("agent").open(grade="days_3", citizen={"name": "欧阳测试", "phone": phone}, **demand)

    def do(self, username: str, no: str, command: str, **body: Any) -> None:
        """Send a command, which must be accepted."""
        answer = self.caller(username).do(no, command, **body)
        assert answer.status_code == 200, answer.text

    def reply(self, no: str) -> None:
        """The unit replies and the reviewer approves, so that the citizen is surveyed."""
        self.do("clerk-housing", no, "submit_reply", **REPLIES["gaotai"])
        mine = eventually(lambda: self.approval(no))
        assert self.caller("reviewer").post(f"/approvals/{mine}/decision", {"decision": "approve"}).status_code == 202

    def approval(self, no: str) -> str | None:
        waiting = self.caller("reviewer").get("/approvals", limit=200).json()["items"]
        return next((each["id"] for each in waiting if each["order"] == no), None)

    def handled(self, phone: str) -> str:
        """An order that a unit has signed."""
        no = self.open(phone)
        self.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
        self.do("clerk-housing", no, "sign")
        return no

    def surveyed(self, phone: str) -> str:
        """An order whose citizen has just received the survey."""
        no = self.handled(phone)
        self.reply(no)
        self.asked(no)
        return no

    def asked(self, no: str, times: int = 1) -> None:
        """Wait until the provider has accepted that many surveys of an order."""
        eventually(lambda: len(self.events(no, "notice_sent", notices=self._surveys(no))) >= times or None)

    def _surveys(self, no: str) -> set[str]:
        return {row["notice"] for row in self.events(no, "notice_issued", template="survey")}

    def events(self, no: str, name: str, notices: set[str] | None = None, **fields: Any) -> list[Row]:
        """The events with this name and these fields in an order's timeline, optionally of some notices only."""
        timeline = self.caller("admin").get(f"/work-orders/{no}/timeline").json()
        found = [row for row in timeline if row["event"] == name and fields.items() <= row.items()]
        return [row for row in found if notices is None or row["notice"] in notices]

    def happens(self, no: str, name: str, **fields: Any) -> Row:
        """Wait for the first such event."""
        return eventually(lambda: self.events(no, name, **fields) or None)[0]

    def conversation(self, no: str, username: str = "callback_staff") -> Row:
        """The texts and calls about an order."""
        body: Row = self.caller(username).get(f"/work-orders/{no}/messages").raise_for_status().json()
        return body

    def fates(self, no: str) -> list[str]:
        """The results of inbound texts about an order."""
        return [row["state"] for row in self.conversation(no)["received"]]

    # Telephones

    def phone(self) -> str:
        """A new mobile number."""
        return f"+86139{next(_phones):08}"

    def text(self, phone: str, body: str) -> None:
        """Send a text of the citizen, and wait for the hotline's answer."""
        sent = httpx.post(f"{self.gateway}/phone/{phone}/reply", data={"body": body}, timeout=60)
        assert sent.status_code == 303 and "problem=&" in f"{sent.headers['Location']}&", sent.headers["Location"]

    def telephone(self, phone: str) -> Row:
        """The messages and calls of a telephone."""
        found: Row = httpx.get(f"{self.gateway}/sandbox/phones/{phone}").raise_for_status().json()
        return found

    def inbox(self, phone: str) -> list[str]:
        """The texts that a telephone has received, oldest first."""
        return [each["body"] for each in self.telephone(phone)["messages"] if each["direction"] != "inbound"]

    def replies(self, phone: str) -> list[str]:
        """The hotline's replies to the citizen's texts, without notices, whose time varies."""
        return [body for body in self.inbox(phone) if "您反映的事项" not in body]

    def faults(self, *faults: Row) -> None:
        """Set the faults of the provider."""
        httpx.put(f"{self.gateway}/sandbox/faults", json=list(faults)).raise_for_status()

    # Webhooks of the provider

    def post(self, path: str, form: Mapping[str, str], **changes: str) -> httpx.Response:
        """Send a signed post to a webhook; `signature` or `signed_path` make the signature invalid."""
        signed = self.base + HOOKS + changes.get("signed_path", path)
        signature = changes.get("signature", RequestValidator(TOKEN).compute_signature(signed, form))
        return httpx.post(
            self.base + HOOKS + path, data=dict(form), headers={"X-Twilio-Signature": signature}, timeout=60
        )


@pytest.fixture(scope="session")
async def exchange(
    new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Exchange]:
    """The real processes, ready."""
    async with exchange_at(new_database_url(), tmp_path_factory.mktemp("exchange")) as ready:
        yield ready


@asynccontextmanager
async def exchange_at(
    database_url: str, folder: Path, *, history: Path | None = None, **more: str
) -> AsyncIterator[Exchange]:
    """An exchange with an empty database; Temporal's database is the file `history`, if given; `more`: settings."""
    temporal = LocalTemporal.start(folder / "temporal.log", database=history, search_attributes=DEFINITIONS)
    ports = {name: free_port() for name in ("api", "gateway")}
    base, gateway = (f"http://127.0.0.1:{port}" for port in ports.values())
    values = {
        "DATABASE_URL": database_url,
        "TEMPORAL_ADDRESS": temporal.address,
        "JIESU_DATA": str(folder),
        "JIESU_DATA_KEY": "the-data-key-of-the-telephone-tests-0123",
        "JIESU_TASK_QUEUE": "telephone-tests",
        "JIESU_BARE_SIGNALS": "false",
        "JIESU_PUBLIC_URL": base,
        "JIESU_MESSAGES_PER_SECOND": MESSAGES_PER_SECOND,
        "OBJECT_STORE_URL": (folder / "objects").as_uri(),
        "TWILIO_BASE_URL": gateway,
        "TWILIO_AUTH_TOKEN": TOKEN,
        "CITY_BASE_URL": f"http://127.0.0.1:{free_port()}",
        **more,
    }
    settings = Settings.model_validate(values)
    values["TWILIO_ACCOUNT_SID"] = settings.twilio_account_sid
    inbound = ["--inbound-url", f"{base}{HOOKS}/sms", "--data", str(folder / "gateway")]
    commands = {
        "gateway": ["-m", "sandbox.telephone.gateway", "--port", str(ports["gateway"]), *inbound],
        "worker": ["worker.py"],
        "api": ["-m", "cli.main", "api", "--port", str(ports["api"])],
    }
    children: list[ChildProcess] = []
    database = Database(settings.database_url, Keyring(settings.data_key), pool_size=4)
    book = RuleBooks.load(settings.policy_file)
    try:
        await ensure_users(database, {name: [u.id for u in r.units] for name, r in book.regimes.items()}, PASSWORD)
        await temporal.ready()
        for name, command in commands.items():
            log, env = folder / f"{name}.log", environment() | values
            children.append(ChildProcess.spawn([sys.executable, *command], log, env=env, cwd=ROOT))
        for url in (f"{gateway}/health", f"{base}/api/v1/health/ready"):
            _wait_for(url, children)
        client = await Client.connect(temporal.address, data_converter=CONVERTER)
        ready = Exchange(base, gateway, Services(database, client, book, settings), folder)
        try:
            yield ready
        finally:
            for each in ready.callers.values():
                each.http.close()
    finally:
        await database.dispose()
        for child in reversed(children):
            child.stop()
        temporal.stop()


def _wait_for(url: str, children: list[ChildProcess]) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            if httpx.get(url, timeout=5).is_success:
                return
        except httpx.TransportError:
            pass
        for child in children:
            assert child.status is None, child.tail()
        assert time.monotonic() < deadline, url
        time.sleep(0.05)
