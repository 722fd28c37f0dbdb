"""A hotline and its telephones: API, worker, Temporal and database, and the sandbox gateway as the provider.

Every test has telephones of its own, so that all of them share one exchange.
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
from adapters.policy.policy_book import RuleBooks
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
"""Few, so that a test can make a storm."""
_phones = count(1)

Row = dict[str, Any]


@dataclass
class Exchange:
    """The hotline at `base`, the provider at `gateway`, their logs in `folder`.

    `services` reach the same database and server from here.
    """

    base: str
    gateway: str
    services: Services
    folder: Path
    callers: dict[str, Caller] = field(default_factory=dict)

    def caller(self, username: str) -> Caller:
        """Someone who has signed in."""
        if username not in self.callers:
            self.callers[username] = Caller(self.base, username)
        return self.callers[username]

    # Orders

    def open(self, phone: str | None = None, **demand: Any) -> str:
        """A demand of the citizen with this number."""
        return self.caller("agent").open(grade="days_3", citizen={"name": "欧阳测试", "phone": phone}, **demand)

    def do(self, username: str, no: str, command: str, **body: Any) -> None:
        """A command, which has to be carried out."""
        answer = self.caller(username).do(no, command, **body)
        assert answer.status_code == 200, answer.text

    def reply(self, no: str) -> None:
        """The unit answers, and the reviewer agrees: the citizen is asked."""
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
        """An order whose citizen has just got the survey."""
        no = self.handled(phone)
        self.reply(no)
        self.asked(no)
        return no

    def asked(self, no: str, times: int = 1) -> None:
        """Wait until that many surveys of an order have been taken by the provider."""
        eventually(lambda: len(self.events(no, "notice_sent", notices=self._surveys(no))) >= times or None)

    def _surveys(self, no: str) -> set[str]:
        return {row["notice"] for row in self.events(no, "notice_issued", template="survey")}

    def events(self, no: str, name: str, notices: set[str] | None = None, **fields: Any) -> list[Row]:
        """The events of a name with these fields in an order's timeline, if need be those of some notices."""
        timeline = self.caller("admin").get(f"/work-orders/{no}/timeline").json()
        found = [row for row in timeline if row["event"] == name and fields.items() <= row.items()]
        return [row for row in found if notices is None or row["notice"] in notices]

    def happens(self, no: str, name: str, **fields: Any) -> Row:
        """The first such event, once it has happened."""
        return eventually(lambda: self.events(no, name, **fields) or None)[0]

    def conversation(self, no: str, username: str = "callback_staff") -> Row:
        """What was texted and telephoned about an order."""
        body: Row = self.caller(username).get(f"/work-orders/{no}/messages").raise_for_status().json()
        return body

    def fates(self, no: str) -> list[str]:
        """What became of the texts that came in about an order."""
        return [row["state"] for row in self.conversation(no)["received"]]

    # Telephones

    def phone(self) -> str:
        """A mobile number that no other test has."""
        return f"+86139{next(_phones):08}"

    def text(self, phone: str, body: str) -> None:
        """The citizen writes; when this returns the hotline has answered."""
        sent = httpx.post(f"{self.gateway}/phone/{phone}/reply", data={"body": body}, timeout=60)
        assert sent.status_code == 303 and "problem=&" in f"{sent.headers['Location']}&", sent.headers["Location"]

    def telephone(self, phone: str) -> Row:
        """What a telephone has received, sent and heard."""
        found: Row = httpx.get(f"{self.gateway}/sandbox/phones/{phone}").raise_for_status().json()
        return found

    def inbox(self, phone: str) -> list[str]:
        """The texts that a telephone has received, the oldest first."""
        return [each["body"] for each in self.telephone(phone)["messages"] if each["direction"] != "inbound"]

    def replies(self, phone: str) -> list[str]:
        """Of these what the hotline said to the texts of the citizen, not the notices, which come when they come."""
        return [body for body in self.inbox(phone) if "您反映的事项" not in body]

    def faults(self, *faults: Row) -> None:
        """How the provider fails from now on."""
        httpx.put(f"{self.gateway}/sandbox/faults", json=list(faults)).raise_for_status()

    # Posts of the provider's own

    def post(self, path: str, form: Mapping[str, str], **changes: str) -> httpx.Response:
        """A signed post to a webhook; `signature` or `signed_path` make it a wrong one."""
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
    """An exchange over an empty database, with Temporal's in a file if `history` says in which; `more` settings."""
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
