"""The Temporal worker: gives workflows their activities, and activities their adapters.

Run it with `jiesu worker` or `python worker.py`; several may run at once. Nobody imports it. It is two processes: one
for orders, and a companion for messages and periodic jobs, which would keep the only thread of the orders busy
(docs/adr/0020, docs/adr/0029).
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from datetime import timedelta
from functools import partial
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.worker import Worker

from activities.archive import Archive
from activities.call_back import CallBack
from activities.call_citizen import CallCitizen
from activities.city_platform import CityPlatform
from activities.jobs import Jobs
from activities.notify import Notify
from activities.proof_signature import VerifyProof
from activities.record import Record
from activities.tally import Tally
from adapters import logging_setup, phone_numbers
from adapters.archive.bundles import Bundles
from adapters.archive.sheets import Sheets
from adapters.archive.signature import SigningKeys
from adapters.auth.signal_proofs import Proofs
from adapters.city.api_client import CityApi
from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.archive.dossiers import Dossiers
from adapters.database.audit.trail import Trail
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.orders.overdue_counts import Tallies
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.callbacks import Callbacks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from adapters.files.object_store import Objects
from adapters.local.companion_process import CompanionProcess, end_with_first
from adapters.local.process_exit import run
from adapters.policy.policy_file import PolicyErrors
from adapters.policy.rule_books import RuleBooks
from adapters.settings.production_check import UnsafeSettings, require_safe
from adapters.settings.settings import Settings, settings
from adapters.temporal.client import connect
from adapters.twilio.client import TwilioClient
from adapters.twilio.sms import TwilioSms
from adapters.twilio.voice import TwilioVoice
from application.jobs.catalogue import JOBS
from application.jobs.registration import register_until_done
from application.services import Services
from workflows.ids import messages_queue
from workflows.jobs.housekeeping import HousekeepingWorkflow
from workflows.jobs.messages import jobs_queue
from workflows.jobs.run import JobRunWorkflow
from workflows.work_order import WorkOrderWorkflow
from workflows.workflow_runner import runner

STICKY_FOR = timedelta(seconds=2)
"""After a crash the orders of this worker wait this long before another takes them (docs/economy.md)."""

GRACE = timedelta(seconds=20)
"""How long activities may finish when the worker is asked to stop."""


def activities(database: Database, chosen: Settings) -> list[Callable[..., Any]]:
    """The activities of orders, each with its adapters."""
    orders, trail, policies = Orders(database), Trail(database), RuleBookHistory(database)
    documents = Documents(database)
    objects = Objects(chosen)
    bundles = Bundles(objects, SigningKeys(chosen.archive_key))
    queues = CallBack(orders, Callbacks(database), CallTasks(database))
    return [
        Record(trail).record,
        VerifyProof(Proofs(chosen.secret_key, chosen.proof_seconds, bare=chosen.takes_bare_signals)).verify,
        queues.call_back,
        queues.call_task,
        CityPlatform(orders, trail, documents, policies, CityApi(chosen)).city_platform,
        Tally(Tallies(database)).tally,
        Archive(Dossiers(database), ArchivedBundles(database), objects, bundles, Sheets()).archive,
    ]


def messengers(database: Database, chosen: Settings) -> list[Callable[..., Any]]:
    """The activities that send texts and make calls, with their adapters."""
    orders, twilio, read = Orders(database), TwilioClient(chosen), phone_numbers.parse_number
    hooks = f"{chosen.public_base_url}/api/v1/webhooks" if chosen.public_base_url else ""
    sms = TwilioSms(twilio, hooks and f"{hooks}/sms/status")
    voice = TwilioVoice(twilio, hooks and f"{hooks}/voice", hooks and f"{hooks}/voice/status")
    notify = Notify(
        orders, UnitDirectory(database), RuleBookHistory(database), Messages(database), OptOuts(database), sms, read
    )
    return [notify.notify, CallCitizen(orders, Calls(database), voice, read).call_citizen]


def messenger(client: Client, database: Database, chosen: Settings) -> Worker:
    """The worker of texts and calls, on its own queue so that a storm of notices delays nothing else.

    The server hands out at most the configured number a second to all such workers together.
    """
    return Worker(
        client,
        task_queue=messages_queue(chosen.task_queue),
        activities=messengers(database, chosen),
        max_concurrent_activities=MESSAGES_UNDER_WAY,
        max_task_queue_activities_per_second=chosen.messages_per_second,
        graceful_shutdown_timeout=GRACE,
    )


def worker(client: Client, database: Database, chosen: Settings) -> Worker:
    """The worker of orders. Its cache has to hold every active order, or each step replays a history."""
    return Worker(
        client,
        task_queue=chosen.task_queue,
        workflows=[WorkOrderWorkflow],
        activities=activities(database, chosen),
        workflow_runner=runner(sandboxed=chosen.workflow_sandbox),
        max_cached_workflows=chosen.cached_orders,
        max_concurrent_workflow_tasks=100,
        max_concurrent_local_activities=100,
        max_concurrent_activities=100,
        sticky_queue_schedule_to_start_timeout=STICKY_FOR,
        graceful_shutdown_timeout=GRACE,
    )


def job_runner(books: RuleBooks, client: Client, database: Database, chosen: Settings) -> Worker:
    """The worker of periodic jobs, on its own queue: its workflows and their activity."""
    services = Services(database, client, books, chosen)
    functions = {name: partial(job.run, services) for name, job in JOBS.items()}
    return Worker(
        client,
        task_queue=jobs_queue(chosen.task_queue),
        workflows=[JobRunWorkflow, HousekeepingWorkflow],
        activities=[Jobs(functions).do_job],
        workflow_runner=runner(sandboxed=chosen.workflow_sandbox),
        max_cached_workflows=CACHED_JOBS,
        max_concurrent_activities=len(JOBS),
        graceful_shutdown_timeout=GRACE,
    )


MESSAGES_UNDER_WAY = 32
"""Requests to the provider at a time, each of which keeps a thread waiting."""

CACHED_JOBS = 50

NICENESS = 5
"""By how much the companion steps back where processors are short (`nice`)."""

Part = Callable[[Client, Database, Settings], Worker]

log = logging.getLogger("jiesu")


def main() -> None:
    """Work until asked to stop. Ends with status 1 if the companion process ended first, 2 by unsafe settings."""
    logging_setup.configure_logging()
    try:
        require_safe(settings())
    except UnsafeSettings as unsafe:
        log.critical("%s", unsafe)
        sys.exit(2)
    companion = CompanionProcess.start("jiesu-messages", run_companion)
    try:
        uvloop.run(run_orders(companion))
    finally:
        alone = companion.status is not None
        companion.stop()
        companion.join(2 * GRACE.total_seconds())
    if alone:
        sys.exit(f"the process of messages and jobs ended by itself ({companion.status})")


async def run_orders(companion: CompanionProcess) -> None:
    """Work on orders until asked to stop, or until the companion ends."""
    stop = stop_requested()
    companion.when_gone(stop.set)
    await work([worker], stop, settings().database_connections, companion.stop)


def run_companion() -> None:
    """Work on messages and periodic jobs, as a process of its own."""

    async def run_until_stopped() -> None:
        end_with_first()
        books = job_rule_books(settings())
        parts: list[Part] = [messenger] if books is None else [messenger, partial(job_runner, books)]
        # Two jobs keep a connection for their lock while they work with another.
        connections = max(4, settings().database_connections // 2)
        await work(parts, stop_requested(), connections, jobs=books is not None)

    os.nice(NICENESS)
    uvloop.run(run_until_stopped())


def job_rule_books(chosen: Settings) -> RuleBooks | None:
    """The rule books that jobs need; None where jobs are switched off, or cannot run because the file is wrong.

    A wrong file stops no order: open orders live by the rule books in the database.
    """
    if not chosen.jobs:
        return None
    try:
        return RuleBooks.load(chosen.policy_file)
    except PolicyErrors as errors:
        log.critical("periodic jobs do not run in this worker, its rule books are wrong: %s", errors)
        return None


def stop_requested() -> asyncio.Event:
    """An event that SIGINT or SIGTERM sets."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def work(
    parts: Sequence[Part],
    stop: asyncio.Event,
    connections: int,
    stopping: Callable[[], None] = lambda: None,
    *,
    jobs: bool = False,
) -> None:
    """Connect, and run parts of the worker until `stop` is set; they shut down together, within `GRACE`."""
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=connections)
    try:
        client = await connect(chosen.payload_key)
        async with AsyncExitStack() as running:
            workers = [await running.enter_async_context(part(client, database, chosen)) for part in parts]
            for each in workers:
                log.info("working on task queue %s", each.task_queue)
            if jobs:
                await running.enter_async_context(registering(client, chosen))
            await stop.wait()
            stopping()
            await asyncio.gather(*(each.shutdown() for each in workers))
    finally:
        await database.dispose()


@asynccontextmanager
async def registering(client: Client, chosen: Settings) -> AsyncIterator[None]:
    """Registers the periodic jobs with Temporal while the block runs."""
    task = asyncio.create_task(register_until_done(client, chosen))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


if __name__ == "__main__":
    run(main)
