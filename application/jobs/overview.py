"""Reads and runs periodic jobs from outside: when each ran last, with what result, and a run at once."""

import asyncio
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from temporalio.api.enums.v1 import TaskQueueType
from temporalio.api.taskqueue.v1 import TaskQueue
from temporalio.api.workflowservice.v1 import DescribeTaskQueueRequest
from temporalio.client import (
    Client,
    ScheduleActionExecutionStartWorkflow,
    ScheduleDescription,
    ScheduleOverlapPolicy,
    WorkflowFailureError,
    WorkflowHandle,
    WorkflowQueryFailedError,
)
from temporalio.exceptions import ActivityError, TerminatedError, TimeoutError
from temporalio.service import RPCError, RPCStatusCode

from application.jobs.catalogue import Job, Rounds
from workflows.jobs.housekeeping import HousekeepingWorkflow
from workflows.jobs.messages import JobOutcome, job_id, jobs_queue
from workflows.jobs.run import JobRunWorkflow, reason

CALL: Final = timedelta(seconds=5)
POLL_SECONDS: Final = 0.2
WORKER_TRIES: Final = 25
"""Number of looks for a worker that has just started and does not poll yet."""

UNANSWERED: Final = frozenset(
    {RPCStatusCode.DEADLINE_EXCEEDED, RPCStatusCode.FAILED_PRECONDITION, RPCStatusCode.CANCELLED}
)
"""Statuses of a query that no worker answers: a limit of the server's or of ours has passed."""


class JobNotRegistered(Exception):  # noqa: N818 (it reads as a sentence)
    """No worker has registered the job, or somebody has removed it since."""


class NoWorker(Exception):  # noqa: N818 (it reads as a sentence)
    """No worker takes tasks of periodic jobs."""


@dataclass(frozen=True)
class JobOverview:
    """One job: whether it runs now or is paused, its last result, and when it runs next."""

    running: bool
    paused: bool
    last: JobOutcome | None
    next_at: datetime | None


async def job_overview(client: Client, job: Job) -> JobOverview:
    """The present state of a job. Raises JobNotRegistered, NoWorker where only a worker knows it, and RPCError."""
    try:
        if isinstance(job.when, Rounds):
            return await _rounds(client, job)
        return await _scheduled(client, job)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise JobNotRegistered(job.name) from None
        raise


async def run_job(client: Client, job: Job, task_queue: str) -> JobOutcome:
    """Run a job now, after the run that may be under way, and return its result.

    Raises JobNotRegistered, NoWorker and RPCError. A repetition is another run, which each job allows.
    """
    await _require_worker(client, job, task_queue)
    try:
        if isinstance(job.when, Rounds):
            handle = client.get_workflow_handle_for(HousekeepingWorkflow.run, job_id(job.name))
            return await handle.execute_update(HousekeepingWorkflow.run_now)
        return await _trigger(client, job)
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            raise JobNotRegistered(job.name) from None
        raise


async def _require_worker(client: Client, job: Job, task_queue: str) -> None:
    """Wait for a worker that has just started. Raises NoWorker when none has come after `WORKER_TRIES` looks."""
    for _ in range(WORKER_TRIES):
        if await _polled(client, jobs_queue(task_queue)):
            return
        await asyncio.sleep(POLL_SECONDS)
    raise NoWorker(job.name)


async def _rounds(client: Client, job: Job) -> JobOverview:
    handle = client.get_workflow_handle_for(HousekeepingWorkflow.run, job_id(job.name))
    try:
        status = await handle.query(HousekeepingWorkflow.status, rpc_timeout=CALL)
    except WorkflowQueryFailedError:
        raise NoWorker(job.name) from None
    except RPCError as error:
        if error.status in UNANSWERED:
            raise NoWorker(job.name) from None
        raise
    return JobOverview(status.running, False, status.last, status.next_at)


async def _scheduled(client: Client, job: Job) -> JobOverview:
    described = await client.get_schedule_handle(job_id(job.name)).describe()
    paused = described.schedule.state.paused
    runs = _runs(described)
    next_at = described.info.next_action_times[0] if described.info.next_action_times and not paused else None
    running = bool(described.info.running_actions)
    last = None
    for workflow_id, run_id in reversed(runs):
        last = await _finished(client, workflow_id, run_id)
        if last is not None:
            break
    return JobOverview(running, paused, last, next_at)


async def _finished(client: Client, workflow_id: str, run_id: str) -> JobOutcome | None:
    """The result of a run; None while it is under way, or when Temporal no longer keeps it."""
    handle = _run_handle(client, workflow_id, run_id)
    try:
        described = await handle.describe()
    except RPCError as error:
        if error.status is RPCStatusCode.NOT_FOUND:
            return None
        raise
    return await _outcome(handle) if described.close_time is not None else None


async def _outcome(handle: WorkflowHandle[Any, JobOutcome]) -> JobOutcome:
    """The result of a run, once it has ended."""
    try:
        return await handle.result()
    except WorkflowFailureError as error:
        match error.cause:
            case ActivityError() as failed:
                why = reason(failed)
            case TimeoutError():
                why = "超时"
            case TerminatedError():
                why = "被人终止"
            case cause:
                why = type(cause).__name__
        described = await handle.describe()
        ended = described.close_time or described.start_time
        return JobOutcome(began_at=described.start_time, ended_at=ended, failure=why)


async def _trigger(client: Client, job: Job) -> JobOutcome:
    handle = client.get_schedule_handle(job_id(job.name))
    before = set(_runs(await handle.describe()))
    await handle.trigger(overlap=ScheduleOverlapPolicy.BUFFER_ONE)
    while not (new := [run for run in _runs(await handle.describe()) if run not in before]):  # noqa: ASYNC110
        await asyncio.sleep(POLL_SECONDS)
    return await _outcome(_run_handle(client, *new[0]))


def _run_handle(client: Client, workflow_id: str, run_id: str) -> WorkflowHandle[JobRunWorkflow, JobOutcome]:
    return client.get_workflow_handle_for(JobRunWorkflow.run, workflow_id, run_id=run_id)


def _runs(described: ScheduleDescription) -> list[tuple[str, str]]:
    """Workflow and run ids of the schedule's latest runs, the oldest first."""
    actions = [each.action for each in described.info.recent_actions]
    return [
        (each.workflow_id, each.first_execution_run_id)
        for each in actions
        if isinstance(each, ScheduleActionExecutionStartWorkflow)
    ]


async def _polled(client: Client, queue: str) -> bool:
    request = DescribeTaskQueueRequest(
        namespace=client.namespace,
        task_queue=TaskQueue(name=queue),
        task_queue_type=TaskQueueType.TASK_QUEUE_TYPE_WORKFLOW,
    )
    return bool((await client.workflow_service.describe_task_queue(request, timeout=CALL)).pollers)
