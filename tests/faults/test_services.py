"""The fault table: failures of each external service, and their effect on an order.

All rows run on one system: the order waits, with the reason in the Temporal UI, or takes another way. After the
recovery nothing is lost, and nothing was done twice.
"""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest

from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.calls import Calls
from adapters.settings.settings import ROOT
from cli.rehearse.stack import RehearsalStack, stage
from domain.words import Role
from tests.stage import Life, Lives, lives_on, until
from workflows.ids import work_order_id

Fault = Mapping[str, Any]
LADDER = "        - {by: sms, wait: 24h}\n"

PROVIDER: dict[str, tuple[Fault | None, str]] = {
    "timeout, not processed": ({"kind": "timeout", "processed": False}, "ReadTimeout"),
    "timeout, processed": ({"kind": "timeout", "processed": True}, "ReadTimeout"),
    "429": ({"kind": "429", "retry_after": 1}, "HTTP 429"),
    "500, not processed": ({"kind": "500", "processed": False}, "HTTP 500"),
    "500, processed": ({"kind": "500", "processed": True}, "HTTP 500"),
    "connection reset, processed": ({"kind": "reset", "processed": True}, "ConnectionError"),
    "garbage, processed": ({"kind": "garbage", "processed": True}, ""),
    "slow": ({"kind": "slow", "seconds": 2}, ""),
}
"""Faults of the provider of texts and calls, and part of the error that the operator sees."""

CITY: dict[str, tuple[Fault, str]] = {
    "timeout": ({"answers": "timeout"}, "ReadTimeout"),
    "429": ({"answers": "busy", "seconds": 1}, "CityBusy"),
    "500, not processed": ({"answers": "error"}, "HTTP 500"),
    "500, processed": ({"answers": "lost"}, "HTTP 500"),
    "garbage": ({"answers": "garbage"}, ""),
    "slow": ({"answers": "slow", "seconds": 2}, ""),
}

ROWS = [
    *(("texts", name) for name in [*PROVIDER, "refused for good", "connection refused"]),
    *(("calls", name) for name in PROVIDER),
    *(("city", name) for name in [*CITY, "connection refused"]),
    ("archive", "the store cannot be written"),
]


@dataclass
class Outcome:
    """The result of a row: the number of times the effect was done, and the error that the operator saw meanwhile."""

    times: int
    why: str
    note: str = ""


def taken_away(folder: Path) -> Callable[[], None]:
    """Replace a folder by a file; returns a function that restores the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    folder.rename(folder.with_suffix(".away"))
    folder.touch()

    def give_back() -> None:
        folder.unlink()
        folder.with_suffix(".away").rename(folder)

    return give_back


def bundles(folder: Path, no: str) -> int:
    return len(list(folder.rglob(f"{no}.zip")))


class Table:
    """Runs every row."""

    def __init__(self, on: RehearsalStack, http: httpx.AsyncClient) -> None:
        self.on = on
        self.lives: Lives = lives_on(on)
        self.http = http
        self.account = f"{on.settings.twilio_base_url}/2010-04-01/Accounts/{on.settings.twilio_account_sid}"
        self.auth = (on.settings.twilio_account_sid, on.settings.twilio_auth_token)
        self.outcomes: dict[tuple[str, str], Outcome] = {}
        self.faults: list[Fault] = []

    async def run(self) -> dict[tuple[str, str], Outcome]:
        """Run independent rows in parallel, then those that stop a shared service."""
        await asyncio.gather(self.provider(), self.city())
        await asyncio.gather(
            self.row("texts", "refused for good", self.refused()),
            self.row("archive", "the store cannot be written", self.store()),
        )
        await self.connection_refused()
        return self.outcomes

    async def provider(self) -> None:
        """Rows of the provider, each with a telephone of its own whose requests fail."""
        rows = [(on, name, fault) for on in ("texts", "calls") for name, (fault, _) in PROVIDER.items()]
        numbered = [(on, name, fault, f"1390013{place:04d}") for place, (on, name, fault) in enumerate(rows)]
        faults = [
            {**(fault or {}), "on": "messages" if on == "texts" else "calls", "to": f"+86{number}", "times": 1}
            for on, _, fault, number in numbered
        ]
        await self.set_faults("twilio", faults)
        await asyncio.gather(*(self.row(on, name, self.text_or_call(on, number)) for on, name, _, number in numbered))

    async def row(self, service: str, name: str, lived: Awaitable[Outcome]) -> None:
        """Store the result of a row; a failing row does not affect others."""
        try:
            self.outcomes[service, name] = await lived
        except (AssertionError, TimeoutError, httpx.HTTPError) as failure:
            self.outcomes[service, name] = Outcome(0, f"{type(failure).__name__}: {failure}")

    async def text_or_call(self, on: str, number: str) -> Outcome:
        life = await self.lives("gaotai", grade="days_7", citizen={"name": "王某", "phone": number})
        await life.dispatch("housing")
        if on == "texts":
            why = await self.why(life, "notify", lambda: self.happened(life, "notice_sent", 2))
            await until(lambda: self.happened(life, "notice_sent", 2))
            return Outcome(await self.count("Messages", number), why)
        await life.sign("housing")
        await life.reply("housing")
        await life.rehearsal.act(Role.REVIEWER, "decide", {"approval": "review", "decision": "approve"})
        calls = Calls(self.on.database)

        async def placed() -> bool:
            return any(call.provider_sid for call in await calls.of_order(life.no))

        why = await self.why(life, "call_citizen", placed)
        await until(placed)
        return Outcome(await self.count("Calls", number), why)

    async def city(self) -> None:
        """Rows of the city platform, one after another, because its faults affect every request."""
        for name, (fault, _) in CITY.items():
            life = await self.at_work_for_the_city()
            await self.set_faults("city", {**fault, "times": 1, "of": "posts"})
            await self.row("city", name, self.asked(life))

    async def at_work_for_the_city(self) -> Life:
        life = await self.lives("huojia", source="city_platform", grade="normal")
        await life.dispatch("housing")
        await life.sign("housing")
        return life

    async def asked(self, life: Life, meanwhile: Callable[[], Awaitable[None]] | None = None) -> Outcome:
        """An extension is requested from the city."""
        wanted = {"reason": "材料待到货", "until": "2026-11-27", "signed_by": ["unit_principal_leader"]}
        await life.do("unit_clerk", "request_extension", unit="housing", **wanted)

        async def received() -> int:
            try:
                told = (await self.http.get(f"{self.on.settings.city_base_url}/city/v1/received")).json()
            except httpx.TransportError:
                return 0
            return sum(entry["body"]["no"] == life.no for entry in told)

        why = await self.why(life, "city_platform", received)
        if meanwhile is not None:
            await meanwhile()
        return Outcome(await until(received), why)

    async def refused(self) -> Outcome:
        """The provider rejects a number permanently: a call task is opened."""
        number = "13900139999"
        await self.set_faults("twilio", [{"kind": "refuse", "code": 21211, "on": "messages", "to": f"+86{number}"}])
        life = await self.lives("gaotai", grade="days_7", citizen={"name": "王某", "phone": number})
        await life.dispatch("housing")
        await until(lambda: self.happened(life, "notice_failed", 1))
        failed = await life.events("notice_failed")

        async def task() -> list[Any]:
            page = await CallTasks(self.on.database).waiting(realm=life.no)
            return [each for each in page.items if each.to_role == "citizen"]

        tasks = await until(task)
        return Outcome(len(tasks), failed[0]["reason"], note=f"{await self.count('Messages', number)} texts")

    async def connection_refused(self) -> None:
        """Gateway and city platform are down for a while."""
        city_life = await self.at_work_for_the_city()
        await until(lambda: self.all_sent(city_life))
        for module in ("sandbox.telephone.gateway", "sandbox.city.platform"):
            self.on.processes.stop_peer(module)
        number = "13900139998"
        life = await self.lives("gaotai", grade="days_7", citizen={"name": "王某", "phone": number})
        await life.dispatch("housing")

        async def back() -> None:
            why = await self.why(life, "notify", lambda: self.happened(life, "notice_sent", 2))
            for module in ("sandbox.telephone.gateway", "sandbox.city.platform"):
                self.on.processes.start_peer(module)
            await until(lambda: self.happened(life, "notice_sent", 2))
            self.outcomes["texts", "connection refused"] = Outcome(await self.count("Messages", number), why)

        await self.row("city", "connection refused", self.asked(city_life, back))

    async def store(self) -> Outcome:
        """A file is in the place of the bundles' folder: a closed order waits for the archive."""
        folder = Path(self.on.settings.object_store_url.removeprefix("file://"))
        give_back = taken_away(folder)
        life = await self.lives("gaotai", category="consult")
        await life.do("agent", "answer_at_intake", text="工作日上午可办理")
        why = await self.why(life, "archive", lambda: self.happened(life, "order_archived", 1))
        give_back()
        await until(lambda: self.happened(life, "order_archived", 1))
        return Outcome(bundles(folder, life.no), why)

    async def set_faults(self, of: str, faults: Any) -> None:
        base = self.on.settings.twilio_base_url if of == "twilio" else self.on.settings.city_base_url
        (await self.http.put(f"{base}/sandbox/faults", json=faults)).raise_for_status()

    async def count(self, what: str, number: str) -> int:
        """The number of texts or calls that the provider has for a telephone."""
        found = await self.http.get(f"{self.account}/{what}.json", params={"To": f"+86{number}"}, auth=self.auth)
        return len(found.json()[what.lower()])

    async def all_sent(self, life: Life) -> bool:
        timeline = await life.rehearsal.services.trail.timeline(life.no)
        names = [row["event"] for row in timeline]
        return names.count("notice_issued") == names.count("notice_sent") > 0

    async def happened(self, life: Life, event: str, times: int) -> bool:
        """Whether `times` such events are recorded, without waiting for effects under way."""
        timeline = await life.rehearsal.services.trail.timeline(life.no)
        return sum(row["event"] == event for row in timeline) == times

    async def why(self, life: Life, activity: str, done: Callable[[], Awaitable[Any]]) -> str:
        """The failure of a pending activity in the Temporal UI; empty if it completed without one."""
        handle = self.on.client.get_workflow_handle(work_order_id(life.no))

        async def seen() -> str:
            described = await handle.describe()
            pending = [
                each for each in described.raw_description.pending_activities if each.activity_type.name == activity
            ]
            for each in pending:
                if each.HasField("last_failure"):
                    failure = each.last_failure
                    return f"{failure.application_failure_info.type}: {failure.message}"
            return "done" if not pending and await done() else ""

        return str(await until(seen)).removeprefix("done")


@pytest.fixture(scope="module")
async def outcomes(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[dict[tuple[str, str], Outcome]]:
    """The results of all rows, with a rule book whose ladder begins with the call."""
    rules = (ROOT / "policies.yaml").read_text("utf-8")
    assert LADDER in rules
    file = tmp_path_factory.mktemp("rules") / "policies.yaml"
    file.write_text(rules.replace(LADDER, ""), "utf-8")
    async with stage(policies=file) as ready, httpx.AsyncClient(timeout=30) as http:
        yield await Table(ready, http).run()


@pytest.mark.parametrize(("service", "fault"), ROWS)
async def test_what_goes_wrong_outside_is_borne(
    outcomes: dict[tuple[str, str], Outcome], service: str, fault: str
) -> None:
    outcome = outcomes[service, fault]
    assert outcome.times == 1, outcome
    tables: dict[str, Mapping[str, tuple[Fault | None, str]]] = {"texts": PROVIDER, "calls": PROVIDER, "city": CITY}
    rows = tables.get(service, {})
    if fault in rows:
        assert rows[fault][1] in outcome.why
    elif fault == "refused for good":
        assert (outcome.why, outcome.note) == ("twilio_21211", "0 texts")
    else:
        assert outcome.why, "the operator sees why it waits"
