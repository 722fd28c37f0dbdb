"""Putting what happened on the audit trail."""

from temporalio import activity

from activities.ports import TrailPort
from domain.order.read_model import RecordBatch


class Record:
    """Writes batches of events together with the read model after them."""

    def __init__(self, trail: TrailPort) -> None:
        self._trail = trail

    @activity.defn(name="record")
    async def record(self, batch: RecordBatch) -> None:
        """Append a batch; a local activity.

        Timeout: 10 s an attempt, 60 s in all, then the workflow keeps the batch and tries later.
        Retries: everything but `GapInTrail` and `TrailConflict`, which no repetition mends.
        Idempotency: an event has one place, (order, seq); what is there already is left as it is.
        """
        await self._trail.record(batch)
