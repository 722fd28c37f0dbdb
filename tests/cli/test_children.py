"""Child processes: the operator's message when one dies, restarts, and their end with the parent."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from adapters.local.child_process import ChildProcess
from adapters.settings.settings import ROOT
from cli.up.children import OneTimeProcess, ServiceProcess
from cli.up.errors import ServiceFailedError

LINES = 25


async def never() -> bool:
    return False


def dying(tmp_path: Path, restarts: int = 0) -> ServiceProcess:
    code = f"[print('line', n) for n in range({LINES})]; raise SystemExit(7)"
    return ServiceProcess("工作进程", [sys.executable, "-c", code], tmp_path / "w.log", os.environ, never, restarts)


async def test_a_death_at_the_start_names_the_service_its_status_and_its_last_words(tmp_path: Path) -> None:
    service = dying(tmp_path)
    service.spawn()
    with pytest.raises(ServiceFailedError) as death:
        await service.ready()
    message = str(death.value)
    assert "工作进程已退出（退出码 7）" in message
    assert str(tmp_path / "w.log") in message
    assert message.splitlines()[1:] == [f"line {n}" for n in range(LINES - 20, LINES)]


async def test_a_service_is_restarted_as_often_as_it_may_be(tmp_path: Path) -> None:
    service = dying(tmp_path, restarts=1)
    notes: list[str] = []
    service.spawn()
    with pytest.raises(ServiceFailedError):
        await service.supervise(notes.append)
    assert len(notes) == 1
    assert (tmp_path / "w.log").read_text().count("line 0\n") == 2


async def test_a_job_that_fails_is_reported(tmp_path: Path) -> None:
    job = OneTimeProcess("数据库迁移", [sys.executable, "-c", "raise SystemExit('no')"], tmp_path / "j.log", os.environ)
    with pytest.raises(ServiceFailedError, match=r"数据库迁移已退出（退出码 1）[\s\S]*no"):
        await job.run()


def test_a_child_that_ignores_the_request_is_killed(tmp_path: Path) -> None:
    code = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on', flush=True); time.sleep(60)"
    child = ChildProcess.spawn([sys.executable, "-c", code], tmp_path / "log")
    deadline = time.monotonic() + 60
    while child.tail() != "on":
        assert time.monotonic() < deadline
        time.sleep(0.02)
    child.stop(grace=0.2)
    assert child.status == -signal.SIGKILL


@pytest.mark.skipif(sys.platform != "linux", reason="the kernel's signal at the parent's death is Linux's")
def test_a_child_dies_with_a_parent_that_is_killed(tmp_path: Path) -> None:
    code = (
        "import sys, time; from pathlib import Path; from adapters.local.child_process import ChildProcess\n"
        "child = ChildProcess.spawn(['/bin/sleep', '60'], Path(sys.argv[1]))\n"
        "print(child.process.pid, flush=True); time.sleep(60)"
    )
    command = [sys.executable, "-c", code, str(tmp_path / "log")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout
        child = Path(f"/proc/{int(parent.stdout.readline())}")
        deadline = time.monotonic() + 60
        while b"sleep" not in (child / "cmdline").read_bytes().split(b"\0")[0]:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        parent.kill()
    while child.exists():
        assert time.monotonic() < deadline
        time.sleep(0.02)
