"""Coverage is paused in a test marked `repetitive`, and measures the tests before and after it."""

import subprocess
import sys
from pathlib import Path

import pytest
from coverage import CoverageData

from adapters.settings.settings import ROOT

MEASURED = """
def before():
    return 1
def within():
    return 2
def after():
    return 3
"""
TESTS = """
import pytest, measured
def test_before():
    measured.before()
{mark}
def test_within():
    measured.within()
def test_after():
    measured.after()
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("mark", "bodies"), [("@pytest.mark.repetitive", {3, 7}), ("", {3, 5, 7})], ids=["repetitive", "unmarked"]
)
def test_a_repetitive_test_is_not_measured(tmp_path: Path, mark: str, bodies: set[int]) -> None:
    (tmp_path / "measured.py").write_text(MEASURED)
    (tmp_path / "test_inner.py").write_text(TESTS.format(mark=mark))
    data = tmp_path / "data"
    coverage = [
        "-m",
        "coverage",
        "run",
        f"--rcfile={tmp_path / 'none.ini'}",
        f"--data-file={data}",
        f"--source={tmp_path}",
    ]
    (tmp_path / "none.ini").touch()
    inner = ["-m", "pytest", "-q", "-c", str(tmp_path / "none.ini"), "-p", "tests.unmeasured", str(tmp_path)]
    subprocess.run(
        [sys.executable, *coverage, *inner], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True
    )
    found = CoverageData(str(data))
    found.read()
    assert set(found.lines(str(tmp_path / "measured.py")) or ()) & {3, 5, 7} == bodies
