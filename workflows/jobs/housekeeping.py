"""A frequent job as one long-lived workflow of rounds (docs/adr/0029)."""

import asyncio
from datetime import datetime, timedelta
from functools import partial

from temporalio import workflow
from temporalio.exceptions import ActivityError

from workflows.jobs.messages import (
    ADJUST,
    HOUSEKEEPING,
    HousekeepingInput,
    JobDefinition,
    JobOutcome,
    JobStatus,
    details,
)
from workflows.jobs.run import execute, reason

MOST_ROUNDS = 500
"""Rounds in one history: some six thousand events."""


@workflow.defn(name=HOUSEKEEPING)
class HousekeepingWorkflow:
    """Runs its job, waits, and runs it again, for ever. A failed round is shown and does not end it."""

    @workflow.init
    def __init__(self, start: HousekeepingInput) -> None:
        """Continue where the run before ended."""
        self.job = start.job
        self.last = start.last
        self.failures = start.failures
        self.rounds = 0
        self.next_at: datetime | None = None
        self.lock = asyncio.Lock()
        self.show()

    @workflow.run
    async def run(self, start: HousekeepingInput) -> None:
        """Round after round; a fresh history when this one is long."""
        while not (self.rounds >= MOST_ROUNDS or workflow.info().is_continue_as_new_suggested()):
            await self.round()
            await self.pause()
        await workflow.wait_condition(workflow.all_handlers_finished)
        workflow.continue_as_new(HousekeepingInput(job=self.job, last=self.last, failures=self.failures))

    @workflow.signal(name=ADJUST)
    def adjust(self, job: JobDefinition) -> None:
        """Adopt the present definition of the job."""
        self.job = job

    @workflow.update
    async def run_now(self) -> JobOutcome:
        """Run a round at once, after the one that may be under way, and return its result."""
        return await self.round()

    @workflow.query
    def status(self) -> JobStatus:
        """When the job ran last, what it did, and when it runs next."""
        return JobStatus(
            job=self.job, running=self.lock.locked(), last=self.last, next_at=self.next_at, failures=self.failures
        )

    async def round(self) -> JobOutcome:
        """Run the job once, one round at a time. A failure is logged and becomes the result."""
        async with self.lock:
            self.show()
            began = workflow.now()
            try:
                outcome = await execute(self.job)
            except ActivityError as error:
                why = reason(error)
                workflow.logger.warning("round of job %s failed: %s", self.job.name, why)
                outcome = JobOutcome(began_at=began, ended_at=workflow.now(), failure=why)
            self.rounds += 1
            self.last = outcome
            self.failures = 0 if outcome.failure is None else self.failures + 1
        self.show()
        return outcome

    async def pause(self) -> None:
        """Wait until the next round is due. A changed pace ends the wait, and a new one begins."""
        paced = False
        while not paced:
            every = self.job.every or 0.0
            self.next_at = workflow.now() + timedelta(seconds=every)
            self.show()
            try:
                await workflow.wait_condition(partial(self.differs, every), timeout=every)
            except TimeoutError:
                paced = True

    def differs(self, every: float) -> bool:
        """Whether the job's pace is another one."""
        return self.job.every != every

    def show(self) -> None:
        """Update what the Temporal UI shows."""
        workflow.set_current_details(details(self.status()))
