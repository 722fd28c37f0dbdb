"""The Temporal worker: where the workflows meet their activities and the activities their adapters.

Run it with `jiesu worker` or `python worker.py`; several may run at once. Nobody imports it. It is two processes: one
of the orders, and beside it one of the messages, whose storms would keep the orders' only thread busy (docs/adr/0020).
"""

import asyncio
import logging
import os
import signal
import sys
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.worker import Worker

from activities.archive import Archive
from activities.call_back import CallBack
from activities.call_citizen import CallCitizen
from activities.city_platform import CityPlatform
from activities.notify import Notify
from activities.record import Record
from activities.tally import Tally
from activities.verify_proof import VerifyProof
from adapters import logging_setup, phone_numbers
from adapters.archive.bundles import Bundles
from adapters.archive.sheets import Sheets
from adapters.archive.signature import Signatures
from adapters.auth.signal_proofs import Proofs
from adapters.city.api_client import CityApi
from adapters.database.archive.bundles import Archives
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
from adapters.database.units import Catalogue
from adapters.files.object_store import Objects
from adapters.local.companion_process import CompanionProcess, end_with_first
from adapters.local.process_exit import run
from adapters.settings.production_check import UnsafeSettings, require_safe
from adapters.settings.settings import Settings, settings
from adapters.temporal.client import connect
from adapters.twilio.client import TwilioClient
from adapters.twilio.sms import TwilioSms
from adapters.twilio.voice import TwilioVoice
from workflows.ids import messages_queue
from workflows.work_order import WorkOrderWorkflow
from workflows.workflow_runner import runner

STICKY_FOR = timedelta(seconds=2)
"""After a crash the orders of this worker wait this long before another takes them (design §8)."""

GRACE = timedelta(seconds=20)
"""How long activities may finish when the worker is asked to stop."""


def activities(database: Database, chosen: Settings) -> list[Callable[..., Any]]:
    """Every activity but those that reach people, with its real adapters."""
    orders, trail, policies = Orders(database), Trail(database), RuleBookHistory(database)
    documents = Documents(database)
    objects = Objects(chosen)
    bundles = Bundles(objects, Signatures(chosen.archive_key))
    queues = CallBack(orders, Callbacks(database), CallTasks(database))
    return [
        Record(trail).record,
        VerifyProof(Proofs(chosen.secret_key, chosen.proof_seconds, bare=chosen.takes_bare_signals)).vouch,
        queues.call_back,
        queues.call_task,
        CityPlatform(orders, trail, documents, policies, CityApi(chosen)).city_platform,
        Tally(Tallies(database)).tally,
        Archive(Dossiers(database), Archives(database), objects, bundles, Sheets()).archive,
    ]


def messengers(database: Database, chosen: Settings) -> list[Callable[..., Any]]:
    """The activities that reach people by telephone."""
    orders, twilio, read = Orders(database), TwilioClient(chosen), phone_numbers.read
    hooks = f"{chosen.public_base_url}/api/v1/webhooks" if chosen.public_base_url else ""
    sms = TwilioSms(twilio, hooks and f"{hooks}/sms/status")
    voice = TwilioVoice(twilio, hooks and f"{hooks}/voice", hooks and f"{hooks}/voice/status")
    notify = Notify(
        orders, Catalogue(database), RuleBookHistory(database), Messages(database), OptOuts(database), sms, read
    )
    return [notify.notify, CallCitizen(orders, Calls(database), voice, read).call_citizen]


def messenger(client: Client, database: Database, chosen: Settings) -> Worker:
    """The worker of texts and calls: a queue of its own, so that a storm of notices delays nothing else.

    The server hands out no more than the configured number a second, over all such workers together.
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
    """The worker of the orders. Its cache has to hold every active order, or each step replays a history."""
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


MESSAGES_UNDER_WAY = 32
"""Requests to the provider at a time, each of which keeps a thread waiting."""


NICENESS = 5
"""By how much the messages step back where processors are short (`nice`)."""


def main() -> None:
    """Work until asked to stop. Ends with status 1 if the messages' process ended before, 2 by unsafe settings."""
    logging_setup.configure_logging()
    try:
        require_safe(settings())
    except UnsafeSettings as unsafe:
        logging.getLogger("jiesu").critical("%s", unsafe)
        sys.exit(2)
    twin = CompanionProcess.start("jiesu-messages", carry_messages)
    try:
        uvloop.run(carry_orders(twin))
    finally:
        alone = twin.status is not None
        twin.stop()
        twin.join(2 * GRACE.total_seconds())
    if alone:
        sys.exit(f"the process of the messages ended by itself ({twin.status})")


async def carry_orders(twin: CompanionProcess) -> None:
    """Work on orders until asked to stop or left alone."""
    stop = asked_to_stop()
    twin.when_gone(stop.set)
    await work(worker, stop, settings().database_connections, twin.stop)


def carry_messages() -> None:
    """Work on messages, as a process of its own."""

    async def carry() -> None:
        end_with_first()
        await work(messenger, asked_to_stop(), max(2, settings().database_connections // 2))

    os.nice(NICENESS)
    uvloop.run(carry())


def asked_to_stop() -> asyncio.Event:
    """Set when a signal asks for it."""
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    return stop


async def work(
    part: Callable[[Client, Database, Settings], Worker],
    stop: asyncio.Event,
    connections: int,
    stopping: Callable[[], None] = lambda: None,
) -> None:
    """Connect, and be one part of the worker until it is to stop."""
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=connections)
    try:
        async with part(await connect(chosen.payload_key), database, chosen) as working:
            logging.getLogger("jiesu").info("working on task queue %s", working.task_queue)
            await stop.wait()
            stopping()
    finally:
        await database.dispose()


if __name__ == "__main__":
    run(main)
