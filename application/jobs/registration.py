"""Has every periodic job run: a schedule or a housekeeping workflow for each, once for all processes."""

import asyncio
import logging
from datetime import timedelta
from typing import Final

from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleCalendarSpec,
    ScheduleOverlapPolicy,
    SchedulePolicy,
    ScheduleRange,
    ScheduleSpec,
    ScheduleState,
)
from temporalio.common import WorkflowIDConflictPolicy
from temporalio.service import RPCError

from adapters.settings.settings import Settings
from adapters.temporal.schedules import Ensured, ensure_schedule
from application.jobs.catalogue import JOBS, Daily, Hourly, Job
from workflows.jobs.messages import ADJUST, HOUSEKEEPING, JOB_RUN, HousekeepingInput, job_id, jobs_queue

log = logging.getLogger(__name__)

TIME_ZONE: Final = "Asia/Shanghai"

SLACK: Final = timedelta(minutes=5)
"""By how much a run's workflow outlives the limit of its activity."""

AGAIN_SECONDS: Final = 5.0


async def register_until_done(client: Client, settings: Settings) -> None:
    """Register every job, again and again while Temporal does not answer."""
    while True:
        try:
            return await register(client, settings)
        except RPCError as error:
            log.warning("periodic jobs not registered yet: %s", error.status.name)
        await asyncio.sleep(AGAIN_SECONDS)


async def register(client: Client, settings: Settings) -> None:
    """Create, start or adjust what differs from the catalogue. May be repeated, by several workers at once.

    Raises RPCError.
    """
    for job in JOBS.values():
        if isinstance(job.when, Hourly | Daily):
            done = await ensure_schedule(client, job_id(job.name), schedule(job, settings))
            if done is not Ensured.KEPT:
                log.info("schedule of job %s %s", job.name, done)
        else:
            await start_housekeeping(client, job, settings)


def schedule(job: Job, settings: Settings) -> Schedule:
    """The schedule of an hourly or daily job.

    A run that is due while one is under way is skipped. After an outage of the server the last missed run is made up
    for, no more: a job does everything that has become due.
    """
    match job.when:
        case Hourly(minute):
            hours, minutes, window = ScheduleRange(0, 23), minute, timedelta(hours=1)
        case Daily(at):
            hours, minutes, window = ScheduleRange(at.hour, at.hour), at.minute, timedelta(days=1)
        case _:
            raise ValueError(f"job {job.name} runs in rounds")
    times = ScheduleCalendarSpec(
        second=(ScheduleRange(0, 0),), minute=(ScheduleRange(minutes, minutes),), hour=(hours,)
    )
    return Schedule(
        action=ScheduleActionStartWorkflow(
            JOB_RUN,
            job.definition(settings),
            id=job_id(job.name),
            task_queue=jobs_queue(settings.task_queue),
            execution_timeout=job.limit + SLACK,
            static_summary=job.title,
        ),
        spec=ScheduleSpec(calendars=[times], time_zone_name=TIME_ZONE),
        policy=SchedulePolicy(overlap=ScheduleOverlapPolicy.SKIP, catchup_window=window),
        state=ScheduleState(note=job.title),
    )


async def start_housekeeping(client: Client, job: Job, settings: Settings) -> None:
    """Start the workflow of a frequent job, or give the running one the present definition."""
    definition = job.definition(settings)
    await client.start_workflow(
        HOUSEKEEPING,
        HousekeepingInput(job=definition),
        id=job_id(job.name),
        task_queue=jobs_queue(settings.task_queue),
        id_conflict_policy=WorkflowIDConflictPolicy.USE_EXISTING,
        start_signal=ADJUST,
        start_signal_args=[definition],
        static_summary=job.title,
    )
