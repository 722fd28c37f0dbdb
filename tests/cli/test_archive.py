"""`jiesu archive verify` says exactly what is wrong with an archived order."""

import json
import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

import psycopg

from adapters.settings import ROOT
from cli.rehearse.stack import Stage
from tests.stage import Lives


def verify(stage: Stage, *orders: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "cli.main", "archive", "verify", *orders]
    environment = os.environ | stage.processes.values
    return subprocess.run(command, capture_output=True, text=True, check=False, env=environment, cwd=ROOT, timeout=60)


async def test_a_changed_byte_is_found(lives: Lives, the_stage: Stage) -> None:
    life = await lives("gaotai", category="consult")
    await life.do("agent", "answer_at_intake", text="窗口工作日八点半开始办理")
    await life.archived()
    whole = verify(the_stage, life.no)
    assert (whole.returncode, whole.stderr) == (0, "")
    archived = await life.expect("order_archived")
    folder = Path(unquote(urlsplit(the_stage.settings.object_store_url).path))
    bundle = folder / archived["bundle"]
    content = bundle.read_bytes()
    at = content.index("窗口工作日八点半开始办理".encode())
    bundle.write_bytes(content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    broken = verify(the_stage, life.no)
    assert broken.returncode == 1
    assert f"{life.no}：归档包 {archived['bundle']}：文件 data/personal/" in broken.stderr
    bundle.write_bytes(content)
    with psycopg.connect(the_stage.processes.values["DATABASE_URL"]) as connection:
        connection.execute("ALTER TABLE audit_trail DISABLE TRIGGER ALL")
        change = "UPDATE audit_trail SET actor = 'dispatcher' WHERE order_no = %s AND position = 2"
        connection.execute(change, (life.no,))
        connection.execute("ALTER TABLE audit_trail ENABLE TRIGGER ALL")
    rewritten = verify(the_stage, "--json", life.no)
    problems = json.loads(rewritten.stdout)["problems"]
    assert "台账第 2 条与归档包不一致：actor" in problems
    assert any(problem.startswith("台账：第 2 条内容被改动") for problem in problems)
    bundle.unlink()
    assert f"归档包 {archived['bundle']} 不见了" in verify(the_stage, life.no).stderr


async def test_an_order_that_was_never_archived_is_named(the_stage: Stage) -> None:
    unknown = verify(the_stage, "20990101-000001")
    assert unknown.returncode == 1
    assert "20990101-000001：没有归档记录" in unknown.stderr
