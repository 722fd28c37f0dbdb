"""Writes events to the audit trail."""

from temporalio import activity

from activities.ports import TrailPort
from domain.order.read_model import RecordBatch


class Record:
    """Writes batches of events together with the read model that follows from them."""

    def __init__(self, trail: TrailPort) -> None:
        self._trail = trail

    @activity.defn(name="record")
    async def record(self, batch: RecordBatch) -> None:
        """Append a batch; a local activity.

        Timeout: 10 s an attempt, 60 s in all, then the workflow keeps the batch and tries later.
        Retries: all errors except `GapInTrail` and `TrailConflict`, which no repetition corrects.
        Idempotency: an event is identified by (order, seq); an event that is stored already is not changed.
        """
        await self._trail.record(batch)
