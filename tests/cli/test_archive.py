"""`jiesu archive` names every fault of an archived order."""

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from adapters.archive.zip_layout import by_directory
from adapters.database.audit.trail import Trail
from adapters.database.city.messages import WEBHOOK, CityMessages
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.settings.settings import ROOT
from cli.rehearse.stack import RehearsalStack
from domain.order.audit_chain import GENESIS, link
from tests.postgres import as_owner
from tests.stage import Life, Lives


def archive(stage: RehearsalStack, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "archive", *arguments]
    environment = os.environ | stage.processes.values
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT, timeout=60)


async def answered(lives: Lives) -> tuple[Life, str]:
    """An order in the archive, and the key of its bundle."""
    life = await lives("gaotai", category="consult")
    await life.do("agent", "answer_at_intake", text="窗口工作日八点半开始办理")
    await life.archived()
    return life, (await life.expect("order_archived"))["bundle"]


def stored(stage: RehearsalStack, bundle: str) -> Path:
    return Path(unquote(urlsplit(stage.settings.object_store_url).path)) / bundle


def damaged(path: Path, at: int) -> None:
    content = bytearray(path.read_bytes())
    content[at] ^= 1
    path.unlink()
    path.write_bytes(bytes(content))


@contextmanager
def forger(stage: RehearsalStack) -> Iterator[psycopg.Connection]:
    """A connection as the database's owner, without triggers."""
    with psycopg.connect(as_owner(stage.settings.database_url)) as connection:
        connection.execute("SET session_replication_role = replica")
        yield connection


async def test_a_changed_byte_is_found_with_its_place(lives: Lives, the_stage: RehearsalStack) -> None:
    life, bundle = await answered(lives)
    whole = archive(the_stage, "verify", life.no)
    assert (whole.returncode, whole.stderr) == (0, "")
    path = stored(the_stage, bundle)
    assert path.stat().st_mode & 0o222 == 0, "nobody writes into a bundle"
    citizen = next(each for each in by_directory(path) if each.path.endswith("/data/personal/citizen.json"))
    damaged(path, citizen.start + 3)
    broken = archive(the_stage, "verify", "--json", life.no)
    assert broken.returncode == 1
    told = json.loads(broken.stdout)
    assert (told["order"], told["ok"], told["bundle"]) == (life.no, False, bundle)
    assert any("与归档时的校验值不符" in each for each in told["problems"])
    named = [each for each in told["problems"] if each.startswith("归档包：data/personal/citizen.json：SHA-256")]
    assert named and "第 3 字节应为" in named[0]
    path.unlink()
    assert f"{life.no}：归档包 {bundle} 不见了" in archive(the_stage, "verify", life.no).stderr


async def test_a_trail_that_was_rewritten_is_found_with_its_row_and_field(
    lives: Lives, the_stage: RehearsalStack
) -> None:
    life, _ = await answered(lives)
    with forger(the_stage) as connection:
        change = "UPDATE audit_trail SET actor = 'admin' WHERE order_no = %s AND position = 2"
        connection.execute(change, (life.no,))
    broken = archive(the_stage, "verify", life.no)
    assert broken.returncode == 1
    assert f"{life.no}：台账：第 2 条内容被改动" in broken.stderr
    assert f'{life.no}：台账第 2 条 actor：归档包为 "agent"，数据库为 "admin"' in broken.stderr


async def test_a_whole_chain_forged_with_its_hashes_is_found_by_the_bundle(
    lives: Lives, the_stage: RehearsalStack
) -> None:
    life, _ = await answered(lives)
    database = Database(the_stage.settings.database_url, Keyring(the_stage.settings.data_key), pool_size=1)
    links = await Trail(database).chain(life.no)
    await database.dispose()
    previous = GENESIS
    change = "UPDATE audit_trail SET actor = %s, previous_hash = %s, hash = %s WHERE order_no = %s AND position = %s"
    with forger(the_stage) as connection:
        for each in links:
            content = each.content._replace(actor="admin") if each.position == 2 else each.content
            made = link(life.no, each.position, content, previous)
            connection.execute(change, (content.actor, previous, made.hash, life.no, each.position))
            previous = made.hash
    broken = archive(the_stage, "verify", life.no)
    assert "台账：" not in broken.stderr, "the chain in the database is whole by itself"
    assert f"{life.no}：台账第 2 条 actor：" in broken.stderr


async def test_a_file_that_is_unknown_or_another_one_is_found(lives: Lives, the_stage: RehearsalStack) -> None:
    life = await lives("gaotai", category="consult")
    database = Database(the_stage.settings.database_url, Keyring(the_stage.settings.data_key), pool_size=1)
    lost = NewFile(
        order_no=life.no,
        name="照片.jpg",
        media_type="image/jpeg",
        size=5,
        sha256="ab" * 32,
        object_key="attachments/nowhere",
        uploaded_by="clerk",
    )
    file_id = await Attachments(database).add(lost)
    await database.dispose()
    await life.do("agent", "answer_at_intake", text="窗口工作日八点半开始办理")
    await life.archived()
    assert f"{life.no}：佐证 {file_id}：归档时已不在对象库中" in archive(the_stage, "verify", life.no).stderr
    with psycopg.connect(as_owner(the_stage.settings.database_url)) as connection:
        connection.execute("UPDATE attachments SET sha256 = %s WHERE id = %s", ("cd" * 32, file_id))
    assert (
        f"佐证 {file_id}：归档包记为 {'ab' * 32} 5 字节，数据库为 {'cd' * 32}"
        in archive(the_stage, "verify", life.no).stderr
    )
    with psycopg.connect(the_stage.settings.database_url) as connection:
        connection.execute("DELETE FROM attachments WHERE id = %s", (file_id,))
    assert f"佐证 {file_id}：数据库中没有这份材料" in archive(the_stage, "verify", life.no).stderr


async def test_an_order_that_was_never_archived_is_named(the_stage: RehearsalStack) -> None:
    unknown = archive(the_stage, "verify", "20990101-000001")
    assert unknown.returncode == 1
    assert "20990101-000001：没有归档记录" in unknown.stderr


async def test_without_a_number_nothing_is_guessed(the_stage: RehearsalStack) -> None:
    assert archive(the_stage, "verify").returncode == 2
    everything = archive(the_stage, "verify", "--all")
    assert (everything.returncode, everything.stdout) == (0, "0 件工单的归档包和台账均完好\n"), (
        "rehearsals are not real"
    )


async def test_an_erasure_by_hand_reaches_what_belongs_to_no_order(the_stage: RehearsalStack) -> None:
    database = Database(the_stage.settings.database_url, Keyring(the_stage.settings.data_key), pool_size=1)
    texts, messages = InboundMessages(database), CityMessages(database)
    await texts.keep(NewInbound("SMstray", "+8613800138000", "路灯不亮", None, None))
    await messages.keep("stray", "order_changed", "路灯不亮", WEBHOOK)
    await messages.finish("stray", "refused", code="not_allowed", reason="路灯不亮")
    with psycopg.connect(the_stage.settings.database_url) as connection:
        connection.execute("UPDATE inbound_messages SET created_at = now() - interval '4 years' WHERE sid = 'SMstray'")
        connection.execute("UPDATE city_messages SET received_at = now() - interval '11 years' WHERE id = 'stray'")
    erased = await asyncio.to_thread(archive, the_stage, "erase")
    assert erased.returncode == 0, erased.stderr
    left = [each for each in (await texts.in_state(None)).items if each.sid == "SMstray"]
    assert [(each.from_phone, each.body) for each in left] == [("", "")]
    message = await messages.get("stray")
    assert message is not None and (message.body, message.reason) == ("", None)
    await database.dispose()


async def test_the_public_key_is_told(the_stage: RehearsalStack) -> None:
    assert archive(the_stage, "key").stdout.startswith("-----BEGIN PUBLIC KEY-----\n")
