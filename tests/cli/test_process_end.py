"""The end of a program: its own status and complete output, even if the interpreter's shutdown would fail."""

import os
import subprocess
import sys

import pytest

from adapters.settings.settings import ROOT

TRAP = """
import os, sys
class Trap:
    def __del__(self, abort=os.abort):
        abort()
sys.trap = Trap()
"""
"""Aborts during the interpreter's shutdown, as a thread of Temporal's client sometimes does."""


def ended(code: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-c", TRAP + code]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=False)


def running(program: str) -> str:
    return f"import atexit, logging\nfrom adapters.local.process_exit import run\n{program}\nrun(program)"


def test_the_trap_is_one() -> None:
    assert ended("").returncode == -6


@pytest.mark.parametrize(
    ("end", "status", "error"),
    [
        ("pass", 0, ""),
        ("sys.exit()", 0, ""),
        ("sys.exit(3)", 3, ""),
        ("sys.exit('不行')", 1, "不行\n"),
        ("raise LookupError('nobody')", 1, "LookupError: nobody\n"),
    ],
)
def test_a_program_ends_with_its_own_status(end: str, status: int, error: str) -> None:
    done = ended(running(f"def program():\n    print('x' * 100_000)\n    {end}"))
    assert done.returncode == status, done.stderr
    assert done.stdout == "x" * 100_000 + "\n"
    assert done.stderr.endswith(error)


def test_what_was_registered_for_the_end_is_done() -> None:
    done = ended(running("def program():\n    atexit.register(print, 'tidied')"))
    assert (done.returncode, done.stdout) == (0, "tidied\n")


def test_an_interruption_is_passed_on() -> None:
    code = "import signal\ndef program():\n    signal.raise_signal(signal.SIGINT)"
    done = subprocess.run(
        [sys.executable, "-c", f"import sys\n{running(code)}"],
        cwd=ROOT, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == -2
    assert done.stderr.endswith("KeyboardInterrupt\n")


def test_words_that_reach_nobody_are_a_failure() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    code = running("def program():\n    print('x')")
    with os.fdopen(writer, "wb") as nowhere:
        done = subprocess.run(
            [sys.executable, "-c", f"import sys\n{code}"],
            cwd=ROOT, stdout=nowhere, env=os.environ | {"PYTHONUNBUFFERED": ""}, timeout=60, check=False,
        )  # fmt: skip
    assert done.returncode == 120


@pytest.mark.parametrize("words", [["policy", "check"], ["policy", "check", "absent.yaml"]])
def test_the_command_line_ends_so(words: list[str]) -> None:
    plain = subprocess.run(
        [sys.executable, "-m", "cli.main", *words], cwd=ROOT, capture_output=True, timeout=60, check=False
    )
    trapped = ended(f"sys.argv = ['jiesu', *{words!r}]\nfrom cli.main import main\nmain()")
    assert trapped.returncode == plain.returncode >= 0
