"""The activity of periodic jobs: it runs the job of a name."""

import logging
from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from typing import Final

from temporalio import activity
from temporalio.exceptions import ApplicationError

from activities.heartbeats import heartbeats

DO_JOB: Final = "do_job"
HEARTBEAT: Final = timedelta(seconds=30)
"""An attempt without a sign of life for so long is lost: its worker died."""

log = logging.getLogger(__name__)

JobFunction = Callable[[], Awaitable[int]]
"""Does one round of a job and returns how many things it did."""


class Jobs:
    """Runs jobs by name."""

    def __init__(self, functions: Mapping[str, JobFunction]) -> None:
        self._functions = functions

    @activity.defn(name=DO_JOB)
    async def do_job(self, name: str) -> int:
        """Run one round of a job and return how many things it did.

        Timeout and retries: those of the job's definition. Heartbeats: every two seconds. Idempotency: each job may be
        repeated and may overlap with itself. Raises ApplicationError `UnknownJob`, which is not tried again.
        """
        function = self._functions.get(name)
        if function is None:
            raise ApplicationError(f"job {name} is not known to this worker", type="UnknownJob", non_retryable=True)
        async with heartbeats():
            count = await function()
        if count:
            log.info("job %s: %d", name, count)
        return count
