"""Hourly and daily jobs are schedules: created once, updated only if they differ, and said to the point."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

import pytest
from temporalio.client import Client, ScheduleDescription, ScheduleOverlapPolicy
from temporalio.worker import Worker

from adapters.local.temporal import LocalTemporal
from adapters.settings.settings import Settings
from adapters.temporal.client import converter
from adapters.temporal.schedules import Ensured, ensure_schedule
from application.jobs.catalogue import JOBS, Daily, Hourly, Job
from application.jobs.overview import job_overview, run_job
from application.jobs.registration import register, schedule
from domain.calendar.business_calendar import CST
from tests.stage import until
from workflows.jobs.messages import job_id

MakeWorker = Callable[..., Worker]
SCHEDULED = {name: job for name, job in JOBS.items() if isinstance(job.when, Hourly | Daily)}


def settings(**values: str) -> Settings:
    return Settings.model_validate({"JIESU_TASK_QUEUE": "schedules", **values})


async def described(client: Client, name: str) -> ScheduleDescription:
    return await client.get_schedule_handle(job_id(name)).describe()


async def all_described(client: Client) -> dict[str, ScheduleDescription]:
    return {name: await described(client, name) for name in SCHEDULED}


@pytest.fixture
async def registered(client: Client) -> dict[str, ScheduleDescription]:
    """Every schedule after two workers have started at the same time."""
    await asyncio.gather(*(register(client, settings()) for _ in range(2)))
    return await all_described(client)


async def test_overlap_window_and_time_zone_are_said(registered: dict[str, ScheduleDescription]) -> None:
    for name, each in registered.items():
        hourly = isinstance(SCHEDULED[name].when, Hourly)
        assert each.schedule.policy.overlap is ScheduleOverlapPolicy.SKIP
        assert each.schedule.policy.catchup_window == (timedelta(hours=1) if hourly else timedelta(days=1))
        assert each.schedule.spec.time_zone_name == "Asia/Shanghai"


async def test_each_runs_when_the_catalogue_says_in_chinese_time(registered: dict[str, ScheduleDescription]) -> None:
    for name, each in registered.items():
        times = [at.astimezone(CST) for at in each.info.next_action_times]
        match SCHEDULED[name].when:
            case Hourly(minute):
                assert {(at.minute, at.second) for at in times} == {(minute, 0)}
                assert {after - before for before, after in pairwise(times)} == {timedelta(hours=1)}
            case Daily(at=due):
                assert {at.time() for at in times} == {due}
                assert {after - before for before, after in pairwise(times)} == {timedelta(days=1)}


async def test_a_second_start_touches_nothing(client: Client, registered: dict[str, ScheduleDescription]) -> None:
    await register(client, settings())
    after = await all_described(client)
    for name, each in registered.items():
        assert each.info.last_updated_at is after[name].info.last_updated_at is None
        assert each.info.created_at == after[name].info.created_at
        assert after[name].info.num_actions == 1, "a new schedule runs once at once"


async def test_a_schedule_that_differs_is_updated_and_stays_paused(client: Client) -> None:
    job = JOBS["erasure"]
    earlier = Job(job.name, job.title, job.report, Hourly(1), job.run)
    await ensure_schedule(client, "job-differing", schedule(earlier, settings()))
    handle = client.get_schedule_handle("job-differing")
    await handle.pause(note="盘点期间")
    wanted = schedule(job, settings())
    done = [await ensure_schedule(client, "job-differing", wanted) for _ in range(2)]
    assert done == [Ensured.UPDATED, Ensured.KEPT]
    after = await handle.describe()
    assert after.schedule.spec == wanted.spec
    assert after.schedule.policy == wanted.policy
    assert (after.schedule.state.paused, after.schedule.state.note) == (True, "盘点期间")


@pytest.mark.parametrize("change", ["queue", "wording"])
async def test_another_action_is_a_difference_too(client: Client, change: str) -> None:
    job, id_ = JOBS["anchors"], f"job-another-{change}"
    await ensure_schedule(client, id_, schedule(job, settings()))
    if change == "queue":
        wanted = schedule(job, settings(JIESU_TASK_QUEUE="elsewhere"))
    else:
        wanted = schedule(Job(job.name, job.title, "锚点共 {} 个", job.when, job.run), settings())
    assert await ensure_schedule(client, id_, wanted) is Ensured.UPDATED
    assert await ensure_schedule(client, id_, wanted) is Ensured.KEPT


async def test_under_sealed_payloads_a_schedule_is_kept_until_its_key_is_gone(server: LocalTemporal) -> None:
    first, second = "the-first-key-of-the-tests-0123456789", "the-second-key-of-the-tests-012345678"
    done = []
    for key in (first, f"{second},{first}", second, second):
        client = await Client.connect(server.address, data_converter=converter(key))
        done.append(await ensure_schedule(client, "job-sealed", schedule(JOBS["anchors"], settings())))
    assert done == [Ensured.CREATED, Ensured.KEPT, Ensured.UPDATED, Ensured.KEPT]


async def test_a_run_that_is_due_while_one_is_under_way_is_skipped(client: Client) -> None:
    """No worker is there, so that the first run stays under way."""
    # A job of its own: a run's id is the job's name and the second, and other tests run `files` in the same second.
    busy = replace(JOBS["files"], name="busy")
    await ensure_schedule(client, job_id(busy.name), schedule(busy, settings(JIESU_TASK_QUEUE="nobody")))
    handle = client.get_schedule_handle(job_id(busy.name))

    async def running() -> bool:
        return bool((await handle.describe()).info.running_actions)

    await until(running)
    await handle.trigger()

    async def skipped() -> bool:
        return (await handle.describe()).info.num_actions_skipped_overlap == 1

    await until(skipped)
    assert (await handle.describe()).info.num_actions == 1


async def test_a_scheduled_run_that_fails_says_why_and_is_listed(
    client: Client, queue: str, job_worker: MakeWorker
) -> None:
    broken = replace(JOBS["files"], name="broken")
    chosen = settings(JIESU_TASK_QUEUE=queue)
    async with job_worker({}):
        await ensure_schedule(client, job_id(broken.name), schedule(broken, chosen))
        outcome = await run_job(client, broken, queue)
        assert outcome.failure == "UnknownJob: job broken is not known to this worker"
        assert (await job_overview(client, broken)).last == outcome
    await client.get_schedule_handle(job_id(broken.name)).delete()
