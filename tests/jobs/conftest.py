"""A Temporal server for the workflows of jobs, and a worker that runs jobs of the tests' own on it."""

from collections.abc import AsyncIterator, Callable, Mapping
from itertools import count

import pytest
from temporalio.client import Client
from temporalio.worker import Worker

from activities.jobs import JobFunction, Jobs
from adapters.local.temporal import LocalTemporal
from adapters.temporal.client import CONVERTER
from workflows.jobs.housekeeping import HousekeepingWorkflow
from workflows.jobs.messages import jobs_queue
from workflows.jobs.run import JobRunWorkflow
from workflows.workflow_runner import runner

SUGGEST_AFTER = "60"
QUEUES = count(1)


@pytest.fixture(scope="module")
async def server(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[LocalTemporal]:
    """A server that asks for a fresh history after few events."""
    temporal = LocalTemporal.start(
        tmp_path_factory.mktemp("jobs") / "temporal.log",
        dynamic_config={"limit.historyCount.suggestContinueAsNew": SUGGEST_AFTER},
    )
    try:
        await temporal.ready()
        yield temporal
    finally:
        temporal.stop()


@pytest.fixture
async def client(server: LocalTemporal) -> Client:
    return await Client.connect(server.address, data_converter=CONVERTER)


@pytest.fixture
def queue() -> str:
    """A task queue of this test's own, for orders; that of jobs is beside it."""
    return f"jobs-test-{next(QUEUES)}"


@pytest.fixture
def job_worker(client: Client, queue: str) -> Callable[..., Worker]:
    """Makes a worker for these jobs; a second one needs a client of its own."""

    def make(functions: Mapping[str, JobFunction], own: Client | None = None) -> Worker:
        return Worker(
            own or client,
            task_queue=jobs_queue(queue),
            workflows=[JobRunWorkflow, HousekeepingWorkflow],
            activities=[Jobs(functions).do_job],
            workflow_runner=runner(),
        )

    return make
