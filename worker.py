"""The Temporal worker: where the workflows meet their activities and the activities their adapters.

Run it with `jiesu worker` or `python worker.py`; several may run at once. Nobody imports it.
"""

import asyncio
import logging
import signal
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import uvloop
from temporalio.client import Client
from temporalio.worker import Worker

from activities.archive import Archive
from activities.call_back import CallBack
from activities.city_platform import CityPlatform
from activities.notify import Notify
from activities.record import Record
from activities.tally import Tally
from adapters.bagit_archive import Bundles
from adapters.city_platform import CityApi
from adapters.database.archives import Archives
from adapters.database.attachments import Attachments
from adapters.database.callbacks import Callbacks
from adapters.database.catalogue import Catalogue
from adapters.database.crypto import Keyring
from adapters.database.documents import Documents
from adapters.database.engine import Database
from adapters.database.messages import Messages
from adapters.database.orders import Orders
from adapters.database.policies import Policies
from adapters.database.tallies import Tallies
from adapters.database.trail import Trail
from adapters.object_store import Objects
from adapters.settings import Settings, settings
from adapters.sms import TwilioSms
from adapters.temporal_client import connect
from workflows.sandbox import runner
from workflows.work_order import WorkOrderWorkflow

STICKY_FOR = timedelta(seconds=2)
"""After a crash the orders of this worker wait this long before another takes them (design §8)."""

GRACE = timedelta(seconds=20)
"""How long activities may finish when the worker is asked to stop."""


def activities(database: Database, chosen: Settings) -> list[Callable[..., Any]]:
    """Every activity, with its real adapters."""
    orders, trail, policies = Orders(database), Trail(database), Policies(database)
    documents, catalogue = Documents(database), Catalogue(database)
    return [
        Record(trail).record,
        Notify(orders, catalogue, policies, Messages(database), TwilioSms(chosen)).notify,
        CallBack(orders, Callbacks(database)).call_back,
        CityPlatform(orders, trail, documents, policies, CityApi(chosen)).city_platform,
        Tally(Tallies(database)).tally,
        Archive(
            orders,
            trail,
            documents,
            Attachments(database),
            policies,
            Archives(database),
            Objects(chosen),
            Bundles(),
        ).archive,
    ]


def worker(client: Client, database: Database, chosen: Settings) -> Worker:
    """The worker of a task queue. Its cache has to hold every active order, or each step replays a history."""
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


async def main() -> None:
    """Work until asked to stop."""
    chosen = settings()
    stop = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=chosen.database_connections)
    try:
        async with worker(await connect(), database, chosen):
            logging.getLogger("jiesu").info("working on task queue %s", chosen.task_queue)
            await stop.wait()
    finally:
        await database.dispose()


if __name__ == "__main__":
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
    uvloop.run(main())
