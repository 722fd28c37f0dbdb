"""A pair of processes: if one of them ends, for any reason, the other ends too."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from adapters.settings.settings import ROOT

PROGRAM = """
import asyncio, sys
from adapters.local.companion_process import CompanionProcess, end_with_first

def second():
    async def wait():
        end_with_first()
        print("second", flush=True)
        await asyncio.Event().wait()
    asyncio.run(wait())

async def first(twin):
    gone = asyncio.Event()
    twin.when_gone(gone.set)
    await gone.wait()

if __name__ == "__main__":
    twin = CompanionProcess.start("second", second)
    try:
        asyncio.run(first(twin))
    finally:
        twin.stop()
        twin.join(5)
    sys.exit(f"the second ended ({twin.status})")
"""


@pytest.fixture
def pair(tmp_path: Path) -> Iterator[tuple[psutil.Popen, psutil.Process]]:
    """Both processes, running."""
    file = tmp_path / "pair.py"
    file.write_text(PROGRAM, "utf-8")
    env = dict(os.environ) | {"PYTHONPATH": str(ROOT)}
    first = psutil.Popen(
        [sys.executable, str(file)], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert first.stdout.readline() == "second\n"
    [second] = first.children()
    try:
        yield first, second
    finally:
        for each in (first, second):
            if each.is_running():
                each.kill()
        first.communicate()


def test_whoever_kills_the_first_ends_the_second(pair: tuple[psutil.Popen, psutil.Process]) -> None:
    first, second = pair
    first.kill()
    first.wait(10)
    _, alive = psutil.wait_procs([second], 10)
    assert not alive


def test_the_first_does_not_outlive_the_second_and_says_so(pair: tuple[psutil.Popen, psutil.Process]) -> None:
    first, second = pair
    second.kill()
    assert first.wait(10) == 1
    assert f"the second ended ({-signal.SIGKILL})" in first.stderr.read()
