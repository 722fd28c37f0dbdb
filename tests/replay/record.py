"""Records the histories again: `python -m tests.replay.record`.

Do this only when a change of the workflow is meant to break running orders' replay, which a release with
open orders must never do: there, guard the change with `workflow.patched` and keep the old histories.
"""

import asyncio
import json
from pathlib import Path

from temporalio.client import WorkflowHistory

from cli.rehearse.stack import stage
from tests.replay.fingerprint import fingerprint
from tests.replay.lives import STORIES, told
from tests.stage import Life, lives_on
from workflows.ids import work_order_id

HISTORIES = Path(__file__).parent / "histories"


async def history_of(life: Life) -> WorkflowHistory:
    """The history of a life that has ended."""
    handle = life.rehearsal.services.client.get_workflow_handle(work_order_id(life.no))
    return await handle.fetch_history()


async def record() -> None:
    """Write one history for each regime, and its fingerprint."""
    HISTORIES.mkdir(exist_ok=True)
    async with stage() as ready:
        for regime in STORIES:
            history = await history_of(await told(lives_on(ready), regime))
            (HISTORIES / f"{regime}.json").write_text(history.to_json())
            lines = json.dumps(fingerprint(history.events), ensure_ascii=False, indent=1)
            (HISTORIES / f"{regime}.fingerprint.json").write_text(lines + "\n")


if __name__ == "__main__":
    asyncio.run(record())
