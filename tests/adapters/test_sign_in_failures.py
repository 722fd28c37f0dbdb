"""Counts of failed sign-ins survive a key rotation, and concurrent processes share one count."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime

import psycopg
import pytest

from adapters.database.accounts.sign_in_failures import Locked, SignInFailures
from adapters.database.encryption import Keyring
from adapters.database.engine import Database

OLD, NEW = "the-old-key-of-the-tests-0123456789", "the-new-key-of-the-tests-0123456789"
TRIES = 5
NAME = "wang"


@pytest.fixture
async def rotating(database_url: str) -> AsyncIterator[list[SignInFailures]]:
    """Processes before, during and after the first step of a rotation, each with connections of its own."""
    rings = (OLD, f"{OLD},{NEW}", f"{NEW},{OLD}")
    each = [SignInFailures(Database(database_url, Keyring(ring), pool_size=4), TRIES) for ring in rings]
    yield each
    for one in each:
        await one.database.dispose()


async def counted(by: SignInFailures) -> bool:
    try:
        await by.count(NAME)
    except Locked:
        return False
    return True


async def stands(database_url: str) -> list[tuple[int, bool]]:
    """The number of failures and whether the name is locked, for every row."""
    async with await psycopg.AsyncConnection.connect(database_url) as connection:
        rows = await connection.execute("SELECT failed, coalesce(locked_until > now(), false) FROM sign_in_failures")
        return [(failed, locked) for failed, locked in await rows.fetchall()]


async def test_a_rotation_forgets_neither_failures_nor_locks(rotating: list[SignInFailures], database_url: str) -> None:
    before, during, after = rotating
    assert [await counted(each) for each in (before, before, before, after, during)] == [True] * TRIES
    assert await stands(database_url) == [(TRIES, True)]
    assert [await counted(each) for each in (during, after)] == [False, False]
    assert [list(await each.locks([NAME, "li"])) for each in (during, after)] == [[NAME], [NAME]]
    await after.forgive(NAME)
    assert await stands(database_url) == []


async def test_what_stands_under_two_keys_is_one_count_the_stricter(
    rotating: list[SignInFailures], database_url: str
) -> None:
    before, _, after = rotating
    for by, times in ((after, 2), (before, TRIES)):
        assert [await counted(by) for _ in range(times)] == [True] * times
    assert sorted(await stands(database_url)) == [(2, False), (TRIES, True)]
    assert list(await after.locks([NAME])) == [NAME]
    assert not await counted(after)
    assert await stands(database_url) == [(TRIES, True)]


async def test_processes_in_the_middle_of_a_rotation_make_no_more_tries_than_one(
    rotating: list[SignInFailures], database_url: str
) -> None:
    _, during, after = rotating
    made = await asyncio.gather(*(counted(by) for _ in range(10) for by in (during, after)))
    assert sum(made) == TRIES
    assert await stands(database_url) == [(TRIES, True)]


async def test_a_try_that_is_taken_back_lifts_no_lock_that_others_earned_after_a_pardon(
    rotating: list[SignInFailures], database_url: str
) -> None:
    _, one, other = rotating
    since = await one.count(NAME)  # the password is right, and its digest is still being compared
    await other.forgive(NAME)  # the owner signs in meanwhile
    assert [await counted(other) for _ in range(TRIES)] == [True] * TRIES
    await one.take_back(NAME, since)
    assert await stands(database_url) == [(TRIES, True)]
    assert not await counted(other)


async def test_a_try_that_is_taken_back_counts_for_no_lock(rotating: list[SignInFailures], database_url: str) -> None:
    _, one, other = rotating
    assert [await counted(other) for _ in range(TRIES - 2)] == [True] * (TRIES - 2)
    since = await one.count(NAME)
    assert await counted(other), "the fifth that is counted, and the fourth that failed"
    await one.take_back(NAME, since)
    assert await stands(database_url) == [(TRIES - 1, False)]
    assert [await counted(other) for _ in range(2)] == [True, False]


async def test_in_any_mixture_of_tries_the_fifth_that_failed_locks_and_none_that_was_taken_back(
    rotating: list[SignInFailures], database_url: str
) -> None:
    _, one, other = rotating

    async def without_a_code(by: SignInFailures) -> None:
        try:
            since: datetime = await by.count(NAME)
        except Locked:
            return
        await by.take_back(NAME, since)

    wrong = [asyncio.create_task(counted(by)) for _ in range(5) for by in (one, other)]
    await asyncio.gather(*wrong, *(without_a_code(by) for _ in range(10) for by in (one, other)))
    made = sum(each.result() for each in wrong)
    assert await stands(database_url) == [(made, made == TRIES)]
    assert 0 < made <= TRIES
    while await counted(one):
        made += 1
    assert made == TRIES
