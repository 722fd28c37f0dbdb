"""The history events of a plain life are limited, so that it stays cheap to run and quick to replay."""

from collections import Counter

from temporalio.api.enums.v1 import EventType

from tests.stage import Lives
from tests.workflows.plain_life import plain_life
from workflows.ids import work_order_id

MOST_EVENTS = 100


async def test_a_plain_life_costs_at_most_100_history_events(lives: Lives) -> None:
    life = await plain_life(lives)
    assert len(await life.events("notice_sent")) == 3
    handle = life.rehearsal.services.client.get_workflow_handle(work_order_id(life.no))
    history = await handle.fetch_history()
    kinds = Counter(EventType.Name(event.event_type).removeprefix("EVENT_TYPE_") for event in history.events)
    account = "\n".join(f"{number:4} {kind}" for kind, number in kinds.most_common())

    assert len(history.events) <= MOST_EVENTS, account
