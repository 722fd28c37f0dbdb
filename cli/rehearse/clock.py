"""The virtual clock of one rehearsed order, moved by the server's time skipping."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from workflows.messages import OrderSnapshot
from workflows.work_order import WorkOrderWorkflow

Handle = WorkflowHandle[WorkOrderWorkflow, None]

SETTLED_WITHIN = 20.0
"""Seconds of real time in which effects finish unless a peer fails."""


class VirtualClock:
    """Moves one order's clock. `offset`: how far it is ahead of the server's clock."""

    def __init__(self, skipper: TimeSkipper, handle: Handle, offset: timedelta) -> None:
        self._skipper = skipper
        self._handle = handle
        self._offset = offset

    async def now(self) -> datetime:
        """The time of the order's clock."""
        return (await self._look())[1]

    async def _look(self) -> tuple[bool, datetime]:
        """Whether the order's workflow still runs, and the time of its clock, in one call."""
        description = await self._handle.describe()
        info = description.raw_description.workflow_extended_info.time_skipping_info
        skipped = info.HasField("current_time")
        now = info.current_time.ToDatetime(UTC) if skipped else datetime.now(UTC)
        return description.status is WorkflowExecutionStatus.RUNNING, now + self._offset

    async def move_to(self, moment: datetime) -> None:
        """Advance to a moment, with every alarm on the way; do nothing if it has passed already."""
        running, now = await self._look()
        if moment <= now or not running:
            return
        try:
            await self._skipper.fast_forward(self._handle, moment - now)
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise

    async def ended(self) -> bool:
        """Whether the order's workflow has ended."""
        return not (await self._look())[0]

    async def settle(self) -> OrderSnapshot | None:
        """Wait until all events are recorded and all effects done; None once the order has ended."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while not await self.ended():
            snapshot = await self._handle.query(WorkOrderWorkflow.snapshot)
            if snapshot.order.closed and snapshot.next_alarm_at is None:
                return await self._archived(snapshot, deadline)
            unsettled = snapshot.unrecorded or snapshot.effects or await self._due(snapshot)
            if not unsettled or time.monotonic() > deadline:
                return snapshot
            await asyncio.sleep(0.05)
        return None

    async def _due(self, snapshot: OrderSnapshot) -> bool:
        """Whether an alarm is due that the order has not processed yet."""
        alarm = snapshot.next_alarm_at
        return alarm is not None and datetime.fromisoformat(alarm) <= (await self._look())[1]

    async def _archived(self, snapshot: OrderSnapshot, deadline: float) -> OrderSnapshot | None:
        """Wait for the end of a closed order, which comes by itself, instead of polling."""
        try:
            await asyncio.wait_for(self._handle.result(), deadline - time.monotonic())
        except TimeoutError:
            return snapshot
        return None
