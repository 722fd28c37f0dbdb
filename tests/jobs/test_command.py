"""`jiesu jobs` as an operator types it, beside a real worker and without one."""

import asyncio
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest

import worker
from adapters.database.orders.orders import Orders
from adapters.local.child_process import ChildProcess
from adapters.local.temporal import LocalTemporal, free_port
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings, environment
from application.jobs.catalogue import JOBS
from application.jobs.seeding import seed
from application.services import services
from cli.rehearse.stack import RehearsalStack
from domain.order.records import NewOrder
from tests.postgres import DATA_KEY, as_owner
from tests.stage import until
from workflows.ids import work_order_id
from workflows.search_attributes import DEFINITIONS


@dataclass(frozen=True)
class Place:
    """An installation without an API: its settings, server and worker."""

    values: Mapping[str, str]
    temporal: LocalTemporal
    folder: Path

    def jobs(self, *words: str, status: int = 0, **env: str) -> str:
        """The output of `jiesu jobs`, of standard error where it fails."""
        command = [sys.executable, "-m", "cli.main", "jobs", *words]
        ended = subprocess.run(
            command,
            cwd=ROOT,
            env=environment() | dict(self.values) | env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        assert ended.returncode == status, ended.stderr
        assert "Traceback" not in ended.stderr
        return ended.stderr if status else ended.stdout

    def listed(self) -> dict[str, list[str]]:
        """The rows of the list, by name."""
        rows = [line.split("\t") for line in self.jobs("list").splitlines()]
        return {row[0]: row[1:] for row in rows[1:]}

    def worker(self) -> ChildProcess:
        """Starts a worker."""
        command, log = [sys.executable, "worker.py"], self.folder / "worker.log"
        return ChildProcess.spawn(command, log, env=environment() | dict(self.values), cwd=ROOT)


@pytest.fixture(scope="module")
async def place(new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Place]:
    folder = tmp_path_factory.mktemp("place")
    temporal = LocalTemporal.start(folder / "temporal.log", search_attributes=DEFINITIONS)
    try:
        await temporal.ready()
        values = {
            "DATABASE_URL": new_database_url(),
            "TEMPORAL_ADDRESS": temporal.address,
            "JIESU_DATA": str(folder),
            "JIESU_DATA_KEY": DATA_KEY,
            "OBJECT_STORE_URL": (folder / "objects").as_uri(),
            "TWILIO_BASE_URL": f"http://127.0.0.1:{free_port()}",
            "CITY_BASE_URL": f"http://127.0.0.1:{free_port()}",
        }
        yield Place(values, temporal, folder)
    finally:
        temporal.stop()


async def test_without_a_worker_it_is_said(place: Place) -> None:
    """Must be the first here: nothing is registered yet."""
    assert "没有工作进程" in place.jobs("run", "erasure", status=3)
    assert {row[2] for row in place.listed().values()} == {"尚未登记"}


async def test_a_worker_runs_them_all_lists_them_and_does_what_no_api_does(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    """An order that its intake could not start is started, though there is no API."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", place.temporal.address)
    settings = Settings.model_validate(dict(place.values))
    async with services(settings) as ours:
        await seed(ours)
        await Orders(ours.database).open(lost(ours.rule_books))
    with psycopg.connect(as_owner(place.values["DATABASE_URL"])) as connection:
        connection.execute("UPDATE work_orders SET created_at = created_at - interval '1 minute'")
    running = place.worker()
    try:

        async def all_ran() -> bool:
            assert running.status is None, running.tail()
            rows = await asyncio.to_thread(place.listed)
            return all(row[1] != "—" for row in rows.values())

        await until(all_ran)
        rows = place.listed()
        assert list(rows) == list(JOBS)
        assert rows["erasure"][0] == "每天 03:30"
        assert rows["erasure"][2] == "没有需要处理的"
        assert rows["erasure"][3].endswith(" 03:30:00")
        assert rows["start-orders"][0] == "每 60 秒"
        assert rows["start-orders"][2] == "启动工单 1 件"
        assert rows["city"][2].startswith("失败：CityUnavailable: ")
        async with services(settings) as ours:
            await ours.client.get_workflow_handle(work_order_id("20000101-000001")).describe()

        assert place.jobs("run", "start-orders") == "start-orders：没有需要处理的\n"
        before = place.listed()["erasure"][1]
        assert place.jobs("run", "erasure") == "erasure：没有需要处理的\n"
        assert place.listed()["erasure"][1] >= before
        assert place.jobs("run", "city", status=1).startswith("city：失败：CityUnavailable: ")
    finally:
        began = asyncio.get_running_loop().time()
        running.stop()
    assert asyncio.get_running_loop().time() - began < worker.GRACE.total_seconds()
    assert "Traceback" not in running.tail(5)
    # The schedules are Temporal's, and known without a worker; the rounds are not.
    rows = place.listed()
    assert rows["erasure"][2] == "没有需要处理的"
    assert "没有工作进程" in rows["city"][2]


def lost(books: RuleBooks) -> NewOrder:
    """An order whose intake died after it was stored."""
    return NewOrder(
        no="20000101-000001",
        realm="",
        policy_hash=books.hashes["gaotai"],
        regime="gaotai",
        source="phone",
        category="complaint",
        grade="days_7",
        title="路灯不亮",
        content="小区路灯不亮",
    )


def test_an_unknown_name_is_refused_with_those_there_are(place: Place) -> None:
    said = place.jobs("run", "coffee", status=2)
    assert "没有名为“coffee”的定期任务" in said
    assert all(name in said for name in JOBS)


@pytest.mark.parametrize("words", [("list",), ("run", "erasure")])
def test_a_temporal_that_is_away_is_said(place: Place, words: tuple[str, ...]) -> None:
    away = place.jobs(*words, status=3, TEMPORAL_ADDRESS=f"127.0.0.1:{free_port()}")
    assert "Temporal 没有响应" in away


async def test_a_rehearsal_has_no_jobs(the_stage: RehearsalStack) -> None:
    assert the_stage.settings.jobs is False
    assert [each.id async for each in await the_stage.client.list_schedules()] == []
    assert [each.id async for each in the_stage.client.list_workflows("WorkflowId STARTS_WITH 'job-'")] == []


def test_wrong_rule_books_switch_jobs_off_and_nothing_else(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """The same worker carries orders and messages, which live by the rule books in the database."""
    (tmp_path / "policies.yaml").write_text("regimes: 12345\n")
    wrong = Settings.model_validate({"JIESU_POLICIES": tmp_path / "policies.yaml"})
    assert worker.job_rule_books(wrong) is None
    assert "periodic jobs do not run" in caplog.text
    assert worker.job_rule_books(Settings.model_validate({"JIESU_JOBS": "false"})) is None
    assert worker.job_rule_books(Settings.model_validate({})) is not None


def test_every_job_is_listed_in_the_operations_page() -> None:
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert all(f"| `{name}` |" in page for name in JOBS)
