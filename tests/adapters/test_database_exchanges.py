"""Messages, calls, repeated requests, policies and archives: each takes effect once."""

import asyncio

import psycopg
import pytest

from adapters.database.archives import Archives
from adapters.database.callbacks import Callbacks
from adapters.database.engine import Database
from adapters.database.idempotency import Idempotency, KeyInFlight, KeyReused, Replay
from adapters.database.messages import Messages
from adapters.database.policies import Policies, Snapshot

REQUEST = ("key", "POST /work-orders", "agent")


async def test_of_many_equal_requests_one_is_carried_out(database: Database) -> None:
    keys = Idempotency(database)
    outcomes = await asyncio.gather(*(keys.begin(*REQUEST, "b1") for _ in range(20)), return_exceptions=True)
    assert outcomes.count(None) == 1
    assert sum(isinstance(outcome, KeyInFlight) for outcome in outcomes) == 19

    await keys.finish(*REQUEST, 201, {"no": "A"})
    await keys.finish(*REQUEST, 500, None)

    assert await keys.begin(*REQUEST, "b1") == Replay(201, {"no": "A"})
    with pytest.raises(KeyReused):
        await keys.begin(*REQUEST, "b2")
    assert await keys.begin("key", "POST /attachments", "agent", "b2") is None
    assert await keys.begin("key", "POST /work-orders", "clerk", "b2") is None


async def test_a_released_key_may_be_tried_again(database: Database) -> None:
    keys = Idempotency(database)
    assert await keys.begin(*REQUEST, "b1") is None
    await keys.release(*REQUEST)
    assert await keys.begin(*REQUEST, "b2") is None
    await keys.finish(*REQUEST, 204, None)
    await keys.release(*REQUEST)
    assert await keys.begin(*REQUEST, "b2") == Replay(204, None)


async def test_a_request_whose_process_died_is_taken_over_once(database: Database, database_url: str) -> None:
    keys = Idempotency(database)
    await keys.begin(*REQUEST, "b1")
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE idempotency_keys SET created_at = created_at - interval '2 minutes'")
    with pytest.raises(KeyReused):
        await keys.begin(*REQUEST, "b2")
    outcomes = await asyncio.gather(*(keys.begin(*REQUEST, "b1") for _ in range(10)), return_exceptions=True)
    assert outcomes.count(None) == 1


async def test_a_message_is_claimed_once_and_keeps_its_first_words(database: Database) -> None:
    messages = Messages(database)
    claims = await asyncio.gather(*(messages.claim("n1", "A", "survey", "138", f"文{n}") for n in range(8)))
    assert len({claim.body for claim in claims}) == 1
    assert (claims[0].status, claims[0].attempts, claims[0].provider_sid) == ("claimed", 0, None)

    assert [await messages.attempting("n1"), await messages.attempting("n1")] == [1, 2]
    await messages.failed("n1", "timeout")
    await messages.sent("n1", "SM1")
    assert await messages.reported("SM1", "delivered") == "n1"
    assert await messages.reported("SM2", "delivered") is None

    kept = await messages.claim("n1", "A", "survey", "138", "新")
    assert (kept.status, kept.attempts, kept.provider_sid, kept.error) == ("delivered", 2, "SM1", None)
    assert kept == await messages.get("n1")
    assert [each.key for each in await messages.of_order("A")] == ["n1"]


async def test_calls_wait_until_their_first_result(database: Database) -> None:
    callbacks = Callbacks(database)
    for order in "ABC":
        await callbacks.open(order, 1, "citizen", realm="", regime="huojia")
    again = await callbacks.open("A", 1, "citizen", realm="", regime="huojia")
    assert again.attempts == 0
    assert await callbacks.attempting("A", 1, "citizen") == 1
    await callbacks.called("A", 1, "citizen", "CA1")

    first = await callbacks.waiting(limit=2)
    rest = await callbacks.waiting(cursor=first.next, limit=2)
    assert [each.order_no for each in (*first.items, *rest.items)] == ["A", "B", "C"]
    assert (await callbacks.waiting(regime="rugao")).items == ()

    await callbacks.finish("A", 1, "citizen", "satisfied")
    await callbacks.finish("A", 1, "citizen", "dissatisfied")
    done = await callbacks.by_sid("CA1")
    assert done is not None
    assert (done.order_no, done.status, done.result) == ("A", "done", "satisfied")
    assert [each.order_no for each in (await callbacks.waiting()).items] == ["B", "C"]


async def test_a_policy_snapshot_never_changes(database: Database) -> None:
    policies = Policies(database)
    await policies.put(Snapshot("h1", "huojia", {"limits": ["3d"]}))
    await policies.put(Snapshot("h1", "huojia", {}))
    assert await policies.get("h1") == Snapshot("h1", "huojia", {"limits": ["3d"]})
    assert await policies.get("h2") is None
    await policies.put(Snapshot("h2", "huojia", {}))
    assert await policies.hashes("huojia") == ["h2", "h1"]


async def test_an_order_is_archived_once(database: Database) -> None:
    archives = Archives(database)
    assert await archives.get("A") is None
    first = await archives.record("A", "bundles/A", "00")
    assert await archives.record("A", "bundles/A-2", "11") == first == await archives.get("A")
