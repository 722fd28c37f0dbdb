"""A worker that dies once an event is on record: `python -m tests.faults.dying_worker EVENT`.

It is killed before it reports the step that recorded the event, so that the server repeats the step.
"""

import os
import runpy
import signal
import sys

from adapters.database.audit.trail import Trail
from adapters.settings.settings import ROOT
from domain.order.read_model import RecordBatch

record = Trail.record


async def record_and_die(self: Trail, batch: RecordBatch) -> int:
    appended = await record(self, batch)
    if any(event["event"] == sys.argv[1] for event in batch.events):
        os.kill(os.getpid(), signal.SIGKILL)
    return appended


if __name__ == "__main__":
    Trail.record = record_and_die  # type: ignore[method-assign]
    runpy.run_path(str(ROOT / "worker.py"), run_name="__main__")
