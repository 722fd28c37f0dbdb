"""A frequent job is one long-lived workflow: round after round, one at a time, whatever goes wrong in one."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

from temporalio.client import Client, WorkflowHandle
from temporalio.worker import Worker

from adapters.local.temporal import LocalTemporal
from adapters.settings.settings import Settings
from adapters.temporal.client import CONVERTER
from application.jobs.catalogue import Job, Rounds
from application.jobs.overview import job_overview, run_job
from application.jobs.registration import start_housekeeping
from application.services import Services
from tests.stage import until
from workflows.jobs.housekeeping import HousekeepingWorkflow
from workflows.jobs.messages import JobOutcome, job_id

MakeWorker = Callable[..., Worker]
Handle = WorkflowHandle[HousekeepingWorkflow, None]
PACE = 0.05


@dataclass
class Work:
    """A job's function that counts its rounds; `fails` of the next attempts fail."""

    rounds: int = 0
    fails: int = 0
    at_once: int = 0
    most_at_once: int = 0

    async def __call__(self) -> int:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        await asyncio.sleep(0.01)
        self.at_once -= 1
        if self.fails > 0:
            self.fails -= 1
            raise ConnectionError("欧阳 13800138000")
        self.rounds += 1
        return self.rounds


async def unused(_: Services) -> int:
    raise AssertionError("the worker of the tests has its own functions")


def job(name: str, seconds: float = PACE) -> Job:
    return Job(name, "数一数", "数了 {} 次", Rounds(lambda _: seconds), unused)


def chosen(queue: str) -> Settings:
    return Settings.model_validate({"JIESU_TASK_QUEUE": queue})


def handle_of(client: Client, name: str) -> Handle:
    return client.get_workflow_handle_for(HousekeepingWorkflow.run, job_id(name))


async def test_it_goes_on_round_after_round_in_fresh_histories(
    client: Client, queue: str, job_worker: MakeWorker
) -> None:
    work = Work()
    async with job_worker({"steady": work}):
        await start_housekeeping(client, job("steady"), chosen(queue))
        handle = handle_of(client, "steady")
        first = (await handle.describe()).run_id

        async def afresh() -> bool:
            return (await handle.describe()).run_id != first

        await until(afresh)
        count = work.rounds

        async def further() -> bool:
            return work.rounds > count + 1

        await until(further)
        status = await handle.query(HousekeepingWorkflow.status)
        assert status.last is not None and (status.last.count or 0) >= count
        await handle.terminate()


async def test_a_failing_round_is_shown_and_does_not_end_the_job(
    client: Client, queue: str, job_worker: MakeWorker
) -> None:
    work = Work(fails=3)
    async with job_worker({"failing": work}):
        await start_housekeeping(client, job("failing", 3600), chosen(queue))
        handle = handle_of(client, "failing")

        async def failed() -> JobOutcome | None:
            return (await handle.query(HousekeepingWorkflow.status)).last

        outcome = await until(failed)
        assert outcome.failure == "ConnectionError: see the worker's log", "what it quotes is not shown"
        assert (await handle.query(HousekeepingWorkflow.status)).failures == 1
        assert "**结果**：失败：ConnectionError" in await shown(handle)
        assert await run_job(client, job("failing"), queue) == await failed()
        status = await handle.query(HousekeepingWorkflow.status)
        assert status.last is not None and (status.last.count, status.failures) == (1, 0)
        await handle.terminate()


async def shown(handle: Handle) -> str:
    """The current details, as the Temporal UI asks for them."""
    metadata = await handle.query("__temporal_workflow_metadata")
    return str(metadata["currentDetails"] if isinstance(metadata, dict) else metadata.current_details)


async def test_the_ui_says_in_chinese_when_it_ran_last_and_what_it_did(
    client: Client, queue: str, job_worker: MakeWorker
) -> None:
    async with job_worker({"shown": Work()}):
        await start_housekeeping(client, job("shown", 3600), chosen(queue))
        handle = handle_of(client, "shown")

        async def ran() -> bool:
            return "**下次运行**" in await shown(handle)

        await until(ran)
        text = await shown(handle)
        status = await handle.query(HousekeepingWorkflow.status)
        assert status.last is not None and status.next_at is not None
        for line in ("## 定期任务 shown", "**内容**：数一数", "**间隔**：每 3600 秒", "**结果**：数了 1 次"):
            assert line in text
        assert "**上次运行**：" in text
        known = await job_overview(client, job("shown"))
        assert (known.last, known.next_at, known.running) == (status.last, status.next_at, False)
        await handle.terminate()


async def test_it_is_one_over_all_workers_and_runs_one_round_at_a_time(
    server: LocalTemporal, client: Client, queue: str, job_worker: MakeWorker
) -> None:
    work, one = Work(), job("alone")
    other = await Client.connect(server.address, data_converter=CONVERTER)
    async with job_worker({"alone": work}), job_worker({"alone": work}, other):
        await asyncio.gather(*(start_housekeeping(client, one, chosen(queue)) for _ in range(3)))
        handle = handle_of(client, "alone")
        outcomes = await asyncio.gather(*(run_job(client, one, queue) for _ in range(5)))
        assert len({each.count for each in outcomes}) == 5
        assert work.most_at_once == 1
        await handle.terminate()


async def test_a_start_brings_the_running_one_another_pace(client: Client, queue: str, job_worker: MakeWorker) -> None:
    work = Work()
    async with job_worker({"paced": work}):
        await start_housekeeping(client, job("paced", 3600), chosen(queue))

        async def begun() -> bool:
            return work.rounds == 1

        await until(begun)
        handle = handle_of(client, "paced")
        run = (await handle.describe()).run_id
        await start_housekeeping(client, job("paced"), chosen(queue))

        async def further() -> bool:
            return work.rounds > 2

        await until(further)
        assert (await handle.describe()).run_id == run
        await handle.terminate()


async def test_a_name_that_a_worker_does_not_know_is_a_failed_round(
    client: Client, queue: str, job_worker: MakeWorker
) -> None:
    async with job_worker({}):
        await start_housekeeping(client, job("strange", 3600), chosen(queue))
        outcome = await run_job(client, job("strange"), queue)
        assert outcome.failure == "UnknownJob: job strange is not known to this worker"
        await handle_of(client, "strange").terminate()
