"""Creates a Temporal schedule, or updates it only if it differs: an update recomputes its times from now."""

from dataclasses import replace
from enum import StrEnum
from typing import Any

from temporalio.api.common.v1 import Payload
from temporalio.client import (
    Client,
    Schedule,
    ScheduleActionStartWorkflow,
    ScheduleAlreadyRunningError,
    ScheduleUpdate,
    ScheduleUpdateInput,
)

from adapters.database.encryption import CannotDecrypt


class Ensured(StrEnum):
    """The result of `ensure_schedule`."""

    CREATED = "created"
    UPDATED = "updated"
    KEPT = "kept"


async def ensure_schedule(client: Client, schedule_id: str, wanted: Schedule) -> Ensured:
    """Have a schedule with this action, spec and policy. A new one runs its action at once.

    An operator's pause or note stays. May be repeated, and by several processes at once. `wanted` has to be written
    as the server describes it, with ranges as tuples. Raises RPCError.
    """
    try:
        await client.create_schedule(schedule_id, wanted, trigger_immediately=True)
    except ScheduleAlreadyRunningError:
        handle = client.get_schedule_handle(schedule_id)
        if await _same(client, (await handle.describe()).schedule, wanted):
            return Ensured.KEPT

        def update(present: ScheduleUpdateInput) -> ScheduleUpdate:
            return ScheduleUpdate(replace(wanted, state=present.description.schedule.state))

        await handle.update(update)
        return Ensured.UPDATED
    return Ensured.CREATED


async def _same(client: Client, present: Schedule, wanted: Schedule) -> bool:
    """Whether nothing but the state differs. What can no longer be decrypted differs."""
    if (present.spec, present.policy) != (wanted.spec, wanted.policy):
        return False
    try:
        return await _comparable(client, present.action) == await _comparable(client, wanted.action)
    except CannotDecrypt:
        return False


async def _comparable(client: Client, action: Any) -> tuple[object, ...]:
    """The fields of an action, with its arguments as JSON values."""
    assert isinstance(action, ScheduleActionStartWorkflow)
    return (
        action.workflow,
        action.id,
        action.task_queue,
        action.execution_timeout,
        action.retry_policy,
        [await _plain(client, each) for each in action.args],
        await _plain(client, action.static_summary),
    )


async def _plain(client: Client, value: Any) -> object:
    """A value as it comes out of a payload; `value` may be one already."""
    payloads = [value] if isinstance(value, Payload) else await client.data_converter.encode([value])
    [plain] = await client.data_converter.decode(payloads)
    return plain
