"""`jiesu archive erase --dry-run` lists the data to erase of each order, and erases nothing."""

import asyncio
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.database.redaction.redaction import Redaction
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.files.object_store import Objects
from adapters.settings.settings import ROOT, Settings
from application.orders.erasure import LATE_STAYS, Eraser
from cli.archive.dry_run import planned_line
from tests.adapters.said_of_people import NO, PHONE, THEN, archive, left, personal
from tests.domain.regimes import REGIMES
from tests.postgres import DATA_KEY, as_owner

ROWS = "工单 1、文字 1、发出的短信 1、收到的短信 1、自动外呼 1、人工电话 1、市平台消息 1、附件信息 1"
FILES = "附件文件 1、缩略图 1、归档包 1"


async def test_rows_and_files_are_counted_by_kind_and_stay(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"JIESU_DATA": tmp_path})
    await archive(database, settings)
    with psycopg.connect(as_owner(database_url)) as connection:
        connection.execute("UPDATE archives SET created_at = '2015-11-23T09:00+08:00'")
    there = await personal(database), await left(settings)
    values = {"DATABASE_URL": database_url, "JIESU_DATA": str(tmp_path), "JIESU_DATA_KEY": DATA_KEY}
    said = await asyncio.to_thread(
        subprocess.run,
        [sys.executable, "-m", "cli.main", "archive", "erase", "--dry-run"],
        cwd=ROOT,
        env=os.environ | values,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert (said.returncode, said.stdout) == (0, f"{NO}\t2015-11-23\t保存期满\t{ROWS}、{FILES}\n")
    assert (await personal(database), await left(settings)) == there


async def test_what_a_crash_left_and_what_came_late_and_what_belongs_to_nothing_is_told_too(
    database: Database, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"JIESU_DATA": tmp_path})
    await archive(database, settings)
    erasure, objects = Redaction(database), Objects(settings)
    eraser = Eraser(erasure, objects, REGIMES)
    await erasure.begin(NO)
    await objects.delete("attachments/photo")
    begun = [planned_line(each).split("\t") for each in [each async for each in eraser.planned(datetime.now(UTC))]]
    assert [(no, why, what) for no, _, why, what in begun] == [(NO, "上次销毁未完成", f"{ROWS}、缩略图 1、归档包 1")]

    assert await eraser.erase_due("tester", THEN) == 1
    await Documents(database).save(NO, "", "submit_reply", "handling", "迟到的话")
    await InboundMessages(database).keep(NewInbound("IN2", PHONE, "迟到的话", None, None))
    assert [each async for each in eraser.planned(datetime.now(UTC) + LATE_STAYS - timedelta(hours=1))] == []
    planned = [planned_line(each).split("\t") for each in [each async for each in eraser.planned(THEN)]]
    assert [(no, why, what) for no, _, why, what in planned] == [
        ("-", "不属于任何工单，保存期满", "收到的短信 1"),
        (NO, "销毁后新增", "文字 1"),
    ]
