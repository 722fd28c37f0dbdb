"""The virtual clock of one rehearsed order, moved by the server's time skipping."""

import asyncio
import time
from datetime import UTC, datetime, timedelta

from temporalio.client import WorkflowExecutionStatus, WorkflowHandle
from temporalio.service import RPCError, RPCStatusCode
from temporalio.testing import TimeSkipper

from workflows.messages import Snapshot
from workflows.work_order import WorkOrderWorkflow

Handle = WorkflowHandle[WorkOrderWorkflow, None]

SETTLED_WITHIN = 20.0
"""Seconds of real time in which effects finish unless a peer is out of order."""

HEAD_START = timedelta(seconds=10)
"""A step is begun this much before its moment and the clock then stands at it: what a busy machine takes to
carry the step out must not make it late, for a promise kept exactly at its limit is kept."""


class VirtualClock:
    """Moves one order's clock. `offset` is what the order's clock is ahead of the server's."""

    def __init__(self, skipper: TimeSkipper, handle: Handle, offset: timedelta) -> None:
        self._skipper = skipper
        self._handle = handle
        self._offset = offset
        self._stood_at = datetime.min.replace(tzinfo=UTC)

    async def now(self) -> datetime:
        """The order's own clock."""
        return max(await self._running(), self._stood_at)

    async def _running(self) -> datetime:
        return await self._skipper.get_current_time(self._handle) + self._offset

    async def stand_at(self, moment: datetime) -> None:
        """Let time pass until a moment, which the clock then shows until `HEAD_START` of real time is over."""
        await self.move_to(moment - HEAD_START)
        try:
            await self._handle.signal(WorkOrderWorkflow.stand_at, moment)
        except RPCError as error:
            if error.status is not RPCStatusCode.NOT_FOUND:
                raise
        self._stood_at = moment

    async def move_to(self, moment: datetime) -> None:
        """Let time pass until a moment, ringing every alarm on the way; nothing if it has passed already."""
        ahead = moment - await self._running()
        if ahead <= timedelta(0) or await self.ended():
            return
        try:
            await self._skipper.fast_forward(self._handle, ahead)
        except RPCError as error:
            if error.status not in (RPCStatusCode.NOT_FOUND, RPCStatusCode.FAILED_PRECONDITION):
                raise

    async def ended(self) -> bool:
        """Whether the order's workflow has come to its end."""
        status = (await self._handle.describe()).status
        return status is not WorkflowExecutionStatus.RUNNING

    async def settle(self) -> Snapshot | None:
        """Wait until everything is recorded and done outside; None once the order has ended."""
        deadline = time.monotonic() + SETTLED_WITHIN
        while not await self.ended():
            snapshot = await self._handle.query(WorkOrderWorkflow.snapshot)
            unfinished = snapshot.unrecorded or snapshot.effects or snapshot.order.archived
            if not unfinished or time.monotonic() > deadline:
                return snapshot
            await asyncio.sleep(0.02)
        return None
