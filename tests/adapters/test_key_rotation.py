"""Key rotation: all data is under the new key and found as before, and the old key can be removed."""

import subprocess
import sys

import psycopg
import pytest

from adapters.database.city.messages import WEBHOOK, CityMessages, MessageReused
from adapters.database.encryption import CannotDecrypt, Keyring
from adapters.database.engine import Database
from adapters.database.key_rotation import BATCH, BLIND_INDEXES, SEALED, Resealed, reseal
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import OrderFilter, Orders
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.settings.settings import ROOT, environment
from domain.citizen.outbound_records import NewMessage
from domain.order.records import StoredCitizen
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import new_order

OLD, NEW = "the-old-key-0123456789abcdef", "the-new-key-0123456789abcdef"
NO, PHONE, STOPPED, FORGOTTEN = "20261123-000001", "13800138000", "13800138001", "13800138002"
NOTICE = NewMessage(NO, "n1", 1, "survey", "citizen", None, None, PHONE, "请评价")


async def filled(database: Database) -> None:
    """Fill the tables with blind indexes, one of them with more rows than a batch."""
    await Orders(database).open(new_order(NO, citizen=StoredCitizen(name="张三", phone=PHONE, address="测试街1号")))
    await recorded(database, NO, {"event": "order_opened"})
    documents = Documents(database)
    for number in range(BATCH + 1):
        await documents.save(NO, "", "accepted_reply", "handling", f"已经修好第 {number} 盏")
    await Messages(database).claim(NOTICE)
    await Messages(database).sent(NOTICE.key, "SM1")
    await InboundMessages(database).keep(NewInbound("SM2", STOPPED, "退订", NO, NO))
    await CityMessages(database).keep("c1", "urge", '{"a":"张三"}', WEBHOOK)
    file = {"media_type": "image/jpeg", "size": 1, "sha256": "0", "object_key": "k", "uploaded_by": "agent"}
    await Attachments(database).add(NewFile.model_validate({"order_no": NO, "name": "张三.jpg", **file}))
    for phone in (STOPPED, PHONE, FORGOTTEN):
        await OptOuts(database).add(phone)


async def everything_is_found(database: Database, *, forgotten: bool = True) -> None:
    """Fails the test unless every blind index finds its rows, and they can be decrypted."""
    page = await Orders(database).list(OrderFilter(phone=PHONE))
    assert [item.view.no for item in page.items] == [NO]
    order = await Orders(database).get(NO)
    assert order is not None and order.citizen == StoredCitizen(name="张三", phone=PHONE, address="测试街1号")
    assert await Documents(database).same_text("", "已经修好第 200 盏", "accepted_reply", order_no=NO) == NO
    latest = await Messages(database).latest(PHONE, "survey")
    assert latest is not None and latest.body == "请评价"
    city = CityMessages(database)
    row, new = await city.keep("c1", "urge", '{"a":"张三"}', WEBHOOK)
    assert (row.body, new) == ('{"a":"张三"}', False)
    with pytest.raises(MessageReused):
        await city.keep("c1", "urge", "{}", WEBHOOK)
    assert (await Attachments(database).of_order(NO))[0].name == "张三.jpg"
    opted = [await OptOuts(database).holds(phone) for phone in (STOPPED, PHONE, FORGOTTEN)]
    assert opted == [True, True, forgotten]


async def run(url: str, keys: str) -> tuple[bool, dict[str, Resealed]]:
    database, told = Database(url, Keyring(keys), pool_size=2), dict[str, Resealed]()
    try:
        return await reseal(database, lambda done: told.update({done.table: done})), told
    finally:
        await database.dispose()


def emptied(url: str, statement: str) -> None:
    with psycopg.connect(url) as connection:
        connection.execute(statement)


async def test_a_rotation_leaves_nothing_under_the_old_key_and_loses_nothing(database_url: str) -> None:
    old, both, new = (Database(database_url, Keyring(keys), pool_size=2) for keys in (OLD, f"{NEW},{OLD}", NEW))
    try:
        await filled(old)
        await everything_is_found(both)
        await OptOuts(both).add(STOPPED)
        whole, told = await run(database_url, f"{NEW},{OLD}")
        assert whole and told["documents"] == Resealed("documents", BATCH + 1, BATCH + 1, 0)
        assert set(told) == set(SEALED) and set(BLIND_INDEXES) <= set(SEALED)
        await everything_is_found(both)
        await everything_is_found(new)
        with pytest.raises(CannotDecrypt):
            await Orders(old).get(NO)
        whole, told = await run(database_url, f"{NEW},{OLD}")
        assert whole and not any(done.changed for done in told.values())
    finally:
        for database in (old, both, new):
            await database.dispose()


async def test_what_was_interrupted_goes_on_and_a_number_without_its_seal_is_recovered(database_url: str) -> None:
    """Opt-outs with their index alone, as installations of earlier versions have."""
    old, new = (Database(database_url, Keyring(keys), pool_size=2) for keys in (OLD, NEW))
    try:
        await filled(old)
        emptied(database_url, "UPDATE opt_outs SET phone = NULL")
        rotated = Keyring(f"{NEW},{OLD}")
        with psycopg.connect(database_url) as connection:
            row = connection.execute("SELECT id, text FROM documents ORDER BY id LIMIT 1").fetchone()
            assert row is not None
            fresh = rotated.encrypt(rotated.decrypt(row[1]))
            connection.execute("UPDATE documents SET text = %s WHERE id = %s", (fresh, row[0]))
        whole, told = await run(database_url, f"{NEW},{OLD}")
        assert (whole, told["opt_outs"].lost) == (False, 1)
        assert told["documents"].changed == BATCH + 1, "the index of the row that was begun is made anew too"
        await everything_is_found(new, forgotten=False)
    finally:
        for database in (old, new):
            await database.dispose()


def resealed(url: str, keys: str) -> subprocess.CompletedProcess[str]:
    """Run `jiesu db reseal`."""
    env = environment() | {"DATABASE_URL": url, "JIESU_DATA_KEY": keys}
    command = [sys.executable, "-m", "cli.main", "db", "reseal"]
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


async def test_the_command_says_whether_the_old_key_can_go(database_url: str) -> None:
    old = Database(database_url, Keyring(OLD), pool_size=2)
    try:
        await filled(old)
    finally:
        await old.dispose()
    for keys, status, said in (
        (NEW, 1, "没有能解开的密钥"),
        (f"{NEW},{OLD}", 0, "可以去掉其余密钥"),
        (NEW, 0, "可以去掉其余密钥"),
    ):
        ended = resealed(database_url, keys)
        assert (ended.returncode, said in ended.stdout + ended.stderr) == (status, True), ended.stderr
        assert "documents" in ended.stdout


async def test_what_no_key_opens_is_counted_and_left_alone(database_url: str) -> None:
    old = Database(database_url, Keyring(OLD), pool_size=2)
    try:
        await filled(old)
        whole, told = await run(database_url, NEW)
        assert not whole and (told["documents"].changed, told["documents"].unreadable) == (0, BATCH + 1)
        await everything_is_found(old)
    finally:
        await old.dispose()
