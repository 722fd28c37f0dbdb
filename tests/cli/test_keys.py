"""`jiesu keys` on a real database: a key is shown once, stored as a hash, and invalid after it is revoked."""

import subprocess
import sys
from getpass import getuser

import psycopg
import pytest

from adapters.database.accounts.api_keys import ApiKeys, TooMany
from adapters.database.audit.acts import Acts
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.settings.settings import ROOT, environment
from tests.postgres import DATA_KEY

ADD = ("add", "--regime", "rugao", "--source", "snapshot", "--name", "随手拍小程序", "--per-minute", "3")


def keys(url: str, *words: str, status: int = 0) -> str:
    """The output of `jiesu keys`; standard error if a failure is expected."""
    command = [sys.executable, "-m", "cli.main", "keys", *words]
    env = environment() | {"DATABASE_URL": url, "JIESU_DATA_KEY": DATA_KEY}
    ended = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)
    assert ended.returncode == status, ended.stderr
    return (ended.stdout if status == 0 else ended.stderr).strip()


async def test_a_key_is_let_in_until_it_is_revoked(database_url: str) -> None:
    key = keys(database_url, *ADD)
    prefix = key.partition("_")[0]
    listed = keys(database_url, "list").split("\t")
    assert listed == [prefix, "rugao", "随手拍", "3/分钟", "在用", "随手拍小程序"]
    with psycopg.connect(database_url) as connection:
        stored = str(connection.execute("SELECT * FROM api_keys").fetchall())
    assert key.partition("_")[2] not in stored
    database = Database(database_url, Keyring(DATA_KEY), pool_size=1)
    card = await ApiKeys(database).verify(key)
    assert card is not None
    assert (card.regime, card.source) == ("rugao", "snapshot")
    assert await ApiKeys(database).verify(f"{key}x") is None
    assert await ApiKeys(database).verify(f"{prefix}_") is None
    assert keys(database_url, "revoke", prefix) == f"{prefix} 已停用"
    assert await ApiKeys(database).verify(key) is None
    acts = [each.act async for each in Acts(database).links()]
    assert [(each.deed, each.about, each.regime) for each in acts] == [
        ("key_added", prefix, "rugao"),
        ("key_revoked", prefix, "rugao"),
    ]
    assert {each.person for each in acts} == {getuser()}
    await database.dispose()
    assert "停用于" in keys(database_url, "list")
    assert prefix in keys(database_url, "revoke", prefix, status=2)


def test_a_key_for_nothing_is_refused(database_url: str) -> None:
    assert "gaotai" in keys(database_url, *ADD[:2], "atlantis", *ADD[3:], status=2)
    assert "snapshot" in keys(database_url, *ADD[:4], "pigeon", *ADD[5:], status=2)
    assert keys(database_url, "list") == ""


async def test_the_requests_of_a_minute_are_counted_by_the_database(database: Database) -> None:
    first, second = ApiKeys(database), ApiKeys(database)
    await first.add("aa_x", regime="rugao", source="app", name="甲", per_minute=2)
    card = await first.verify("aa_x")
    assert card is not None
    refused = 0
    for each in (first, second, first, second, first):
        try:
            await each.use(card)
        except TooMany as many:
            assert 1 <= many.seconds <= 60
            refused += 1
    assert refused >= 1  # five within at most two minutes of the clock
    async with database.begin() as session:
        from sqlalchemy import text

        await session.execute(text("UPDATE api_keys SET minute = minute - interval '1 minute', used = 9"))
    await second.use(card)


@pytest.mark.parametrize("key", ["", "_", "aa", "\x00_x", "密钥_x", "\ud800_x", "a" * 100_000])
async def test_what_is_no_key_lets_nobody_in(module_database: Database, key: str) -> None:
    assert await ApiKeys(module_database).verify(key) is None
