"""Messages, calls, repeated requests, policies and archives: each takes effect once."""

import asyncio
from types import SimpleNamespace
from typing import cast

import psycopg
import pytest

from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.engine import Database
from adapters.database.idempotency import Idempotency, KeyInFlight, KeyReused, Replay
from adapters.database.orders.rule_books import RuleBookHistory
from application.jobs.catalogue import JOBS, Daily
from application.services import Services
from domain.order.records import StoredRuleBook

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


async def test_what_is_kept_of_an_answer_is_sealed(database: Database, database_url: str) -> None:
    keys = Idempotency(database)
    answer = {"body": {"name": "王小明身份证.jpg", "note": "13800138000"}, "headers": {}}
    await keys.begin(*REQUEST, "b1")
    await keys.finish(*REQUEST, 201, answer)
    with psycopg.connect(database_url) as connection:
        kept = connection.execute("SELECT response FROM idempotency_keys").fetchall()
    said = kept[0][0]
    assert isinstance(said, bytes)
    assert not any(word.encode() in said for word in ("王小明", "13800138000", "headers"))
    assert await keys.begin(*REQUEST, "b1") == Replay(201, answer)


async def test_answers_are_forgotten_after_a_week_by_a_daily_job(database: Database, database_url: str) -> None:
    keys = Idempotency(database)
    services = cast(Services, SimpleNamespace(idempotency=keys))
    for key, days in (("young", 6), ("old", 8)):
        request = (key, *REQUEST[1:])
        await keys.begin(*request, "b1")
        await keys.finish(*request, 201, {"no": key})
        with psycopg.connect(database_url) as connection:
            age = "UPDATE idempotency_keys SET created_at = now() - make_interval(days => %s) WHERE key = %s"
            connection.execute(age, [days, key])
    job = JOBS["request-keys"]
    assert isinstance(job.when, Daily)
    assert [await job.run(services) for _ in range(2)] == [1, 0]
    assert await keys.begin("young", *REQUEST[1:], "b1") == Replay(201, {"no": "young"})
    assert await keys.begin("old", *REQUEST[1:], "b1") is None


async def test_a_policy_snapshot_never_changes(database: Database) -> None:
    policies = RuleBookHistory(database)
    await policies.put(StoredRuleBook("h1", "huojia", {"limits": ["3d"]}))
    await policies.put(StoredRuleBook("h1", "huojia", {}))
    assert await policies.get("h1") == StoredRuleBook("h1", "huojia", {"limits": ["3d"]})
    assert await policies.get("h2") is None
    await policies.put(StoredRuleBook("h2", "huojia", {}))
    assert await policies.hashes("huojia") == ["h2", "h1"]


async def test_an_order_is_archived_once(database: Database) -> None:
    archives = ArchivedBundles(database)
    assert await archives.get("A") is None
    first = await archives.record("A", "bundles/A", "00")
    assert await archives.record("A", "bundles/A-2", "11") == first == await archives.get("A")
