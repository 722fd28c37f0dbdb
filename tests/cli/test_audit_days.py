"""`jiesu audit verify` names days without an anchor separately from forgeries."""

import asyncio
import os
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

from adapters.archive.signature import SigningKeys
from adapters.database.audit.acts import Acts
from adapters.database.audit.anchors import Anchors
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from adapters.settings.settings import DEVELOPMENT_SECRET, ROOT, Settings
from application.audit.anchoring import Anchoring, anchor_file, key_of
from application.audit.verification import ANCHORED_BY
from domain.access.acts import Act, Deed
from domain.calendar.business_calendar import CST
from tests.adapters.aged import aged, forger, today
from tests.postgres import DATA_KEY


async def test_days_without_an_anchor_are_named_and_are_no_forgery(
    database: Database, database_url: str, tmp_path: Path
) -> None:
    values = {"DATABASE_URL": database_url, "JIESU_DATA": str(tmp_path), "JIESU_DATA_KEY": DATA_KEY}
    settings = Settings.model_validate(values)

    async def verified() -> tuple[int, str]:
        command = [sys.executable, "-m", "cli.main", "audit", "verify"]
        done = await asyncio.to_thread(
            subprocess.run, command, cwd=ROOT, env=os.environ | values, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stderr

    await Acts(database).note(Act(deed=Deed.ORDER_READ, person="p"))
    aged(database_url, days=5)
    first, last = today() - timedelta(days=5), (datetime.now(CST) - ANCHORED_BY).date() - timedelta(days=1)
    warning = "警告：{} 至 {}（{} 天）没有锚，其间的记录被改写也无从发现；请确认接口进程在运行\n"
    assert await verified() == (4, warning.format(first, last, (last - first).days + 1))

    signatures = SigningKeys(DEVELOPMENT_SECRET)
    made = await Anchors(database).make(first, signatures.sign)
    await Objects(settings).put_if_absent(key_of(first), anchor_file(made, signatures))
    second = first + timedelta(days=1)
    assert await verified() == (4, warning.format(second, last, (last - first).days))

    with forger(database_url) as connection:
        connection.execute("UPDATE acts SET person = 'q' WHERE position = 1")
    broken = warning.format(second, last, (last - first).days) + "1 处不符\n"
    assert await verified() == (1, f"操作台账：第 1 条内容被改动：与 hash 不符\n{broken}")

    await Anchoring(database, Objects(settings), signatures).make_due()
    assert (await verified())[0] == 1, "a day that is made good hides nothing"
