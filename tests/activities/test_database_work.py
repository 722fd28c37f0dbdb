"""Activities that use only the database: record, call back, tally."""

from typing import Any

import pytest
from temporalio.exceptions import ApplicationError
from temporalio.testing import ActivityEnvironment

from activities.call_back import CallBack
from activities.record import Record
from activities.retry_limits import LIMITS
from activities.tally import Tally
from adapters.database.audit.trail import GapInTrail, Trail, TrailConflict
from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.orders.overdue_counts import Tallies
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.callbacks import Callbacks
from domain.order.effects import CallBackEffect, CallTaskEffect, TallyEffect
from domain.order.records import OverdueCount
from tests.activities.given import NO, recorded
from tests.adapters.orders_at_hand import batch, new_order

KEPT, LATE, UNDECIDED = "reply_accepted", "handling_overdue", "order_signed"


async def test_recording_twice_is_recording_once(hotline: Database) -> None:
    record = Record(Trail(hotline)).record
    for _ in range(2):
        await ActivityEnvironment().run(record, batch(NO, 1, 3))
    assert [link.content.seq for link in await Trail(hotline).chain(NO)] == [1, 2, 3]


async def test_a_gap_in_the_trail_ends_the_tries(hotline: Database) -> None:
    with pytest.raises(GapInTrail):
        await ActivityEnvironment().run(Record(Trail(hotline)).record, batch(NO, 2, 3))
    assert LIMITS["record"].retry.non_retryable_error_types == [GapInTrail.__name__, TrailConflict.__name__]


async def test_a_citizen_is_put_into_the_queue_of_those_who_telephone(hotline: Database) -> None:
    shown = {"stage": "callback", "unheard": (NO, "20261123-000002")}
    await recorded(hotline, NO, {"event": "callback_due"}, **shown)
    queues = CallBack(Orders(hotline), Callbacks(hotline), CallTasks(hotline))
    for party, attempt in ((NO, 1), (NO, 1), ("20261123-000002", 1), (NO, 2)):
        effect = CallBackEffect(key="k", order_no=NO, party=party, round=0, attempt=attempt)
        await ActivityEnvironment().run(queues.call_back, effect)
    waiting = (await Callbacks(hotline).waiting(regime="huojia")).items
    assert [(call.party, call.attempts) for call in waiting] == [(NO, 2), ("20261123-000002", 1)]


async def test_whom_no_text_reached_is_telephoned_once(hotline: Database) -> None:
    queues = CallBack(Orders(hotline), Callbacks(hotline), CallTasks(hotline))
    effect = CallTaskEffect(
        key=f"{NO}:N1:call_task:9",
        order_no=NO,
        notice="N1",
        template="overdue",
        to_role="unit_clerk",
        unit="housing",
    )
    for _ in range(2):
        await ActivityEnvironment().run(queues.call_task, effect)
    waiting = (await CallTasks(hotline).waiting(regime="huojia")).items
    assert [(task.order_no, task.template, task.unit) for task in waiting] == [(NO, "overdue", "housing")]


async def tally(database: Database, no: str) -> OverdueCount:
    effect = TallyEffect(key=f"{no}:9", order_no=no, unit="housing")
    return await ActivityEnvironment().run(Tally(Tallies(database)).tally, effect)


async def lived(database: Database, no: str, dispatched: str, end: str, at: str, **order: Any) -> None:
    """An order that was dispatched to housing (or water, by its number) on one day, and its end on another."""
    await Orders(database).open(new_order(no, **order))
    unit = "housing" if not no.startswith("w") else "water"
    units = [{"unit": unit, "part": "lead"}, {"unit": "power", "part": "assist"}]
    await recorded(
        database,
        no,
        {"event": "order_dispatched", "units": units, "mode": "joint", "at": f"{dispatched}T09:00:00+08:00"},
        {"event": end, "unit": unit, "at": f"{at}T17:30:00+08:00"},
    )


async def test_overdue_orders_are_counted_in_a_row_and_in_the_year(hotline: Database) -> None:
    await lived(hotline, "last-year", "2025-12-20", LATE, "2025-12-31")
    await lived(hotline, "old", "2026-01-05", LATE, "2026-01-08")
    await lived(hotline, "kept", "2026-02-02", KEPT, "2026-02-03")
    await lived(hotline, "late-1", "2026-02-09", LATE, "2026-02-12")
    await lived(hotline, "undecided", "2026-02-10", UNDECIDED, "2026-02-10")
    await lived(hotline, "water", "2026-02-10", LATE, "2026-02-12")
    await lived(hotline, "dalad", "2026-02-10", LATE, "2026-02-12", regime="dalad")
    await lived(hotline, "rehearsed", "2026-02-10", LATE, "2026-02-12", realm="rehearsal-1")
    await lived(hotline, "late-2", "2026-02-11", LATE, "2026-02-13")
    await lived(hotline, "later", "2026-02-12", LATE, "2026-02-20")

    assert await tally(hotline, "late-1") == OverdueCount(in_a_row=1, in_total=2)
    assert await tally(hotline, "late-2") == OverdueCount(in_a_row=2, in_total=3)
    assert await tally(hotline, "later") == OverdueCount(in_a_row=3, in_total=4)
    assert await tally(hotline, "last-year") == OverdueCount(in_a_row=1, in_total=1)
    assert await tally(hotline, "rehearsed") == OverdueCount(in_a_row=1, in_total=1)


async def test_a_kept_limit_breaks_the_row_and_not_the_total(hotline: Database) -> None:
    await lived(hotline, "late-1", "2026-03-02", LATE, "2026-03-05")
    await lived(hotline, "late-2", "2026-03-03", LATE, "2026-03-09")
    await lived(hotline, "kept", "2026-03-04", KEPT, "2026-03-06")
    assert await tally(hotline, "late-2") == OverdueCount(in_a_row=0, in_total=2)


async def test_the_count_waits_until_the_overdue_is_recorded(hotline: Database) -> None:
    await recorded(hotline, NO, {"event": "order_opened"})
    with pytest.raises(ApplicationError) as early:
        await tally(hotline, NO)
    assert (early.value.type, early.value.non_retryable) == ("NotRecordedYet", False)
