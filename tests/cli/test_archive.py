"""`jiesu archive verify` says exactly what is wrong with an archived order."""

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import unquote, urlsplit

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
    content = bytearray(bundle.read_bytes())
    content[len(content) // 2] ^= 1
    bundle.write_bytes(bytes(content))
    broken = verify(the_stage, life.no)
    assert broken.returncode == 1
    assert f"{life.no}：归档包 {archived['bundle']} 与归档时的校验值不符" in broken.stderr
    bundle.unlink()
    assert f"归档包 {archived['bundle']} 不见了" in verify(the_stage, life.no).stderr


async def test_an_order_that_was_never_archived_is_named(the_stage: Stage) -> None:
    unknown = verify(the_stage, "20990101-000001")
    assert unknown.returncode == 1
    assert "20990101-000001：没有归档记录" in unknown.stderr
