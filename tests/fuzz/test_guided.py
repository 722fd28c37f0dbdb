"""Coverage-guided fuzzing of code that parses external input.

`JIESU_FUZZ_SECONDS` is the duration; `JIESU_FUZZ_FOLDER` stores findings and seeds the next run.
"""

import os
import re
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from adapters.settings.settings import ROOT, environment

SECONDS = int(os.environ.get("JIESU_FUZZ_SECONDS", "10"))
HARNESSES = ("durations", "rule_books", "forms", "city")
LEAST = {"durations": 1000, "rule_books": 100, "forms": 300, "city": 50}
"""The minimum number of inputs in the shortest run, even on a slow and busy machine."""

pytestmark = pytest.mark.skipif(find_spec("atheris") is None, reason="atheris is not made for this platform")


def fuzz(name: str, folder: Path, *options: str) -> subprocess.CompletedProcess[str]:
    limits = [f"-max_total_time={SECONDS}", "-seed=12345", "-timeout=30", "-rss_limit_mb=2048", "-print_final_stats=1"]
    command = [sys.executable, "-m", "tests.fuzz.guided", name, str(folder), *limits, *options]
    return subprocess.run(
        command,
        cwd=ROOT,
        env=environment(),
        capture_output=True,
        text=True,
        errors="replace",
        timeout=SECONDS + 240,
        check=False,
    )


@pytest.mark.parametrize("name", HARNESSES)
def test_nothing_but_what_is_documented_is_raised(
    name: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = os.environ.get("JIESU_FUZZ_FOLDER")
    ended = fuzz(name, Path(kept) / name if kept else tmp_path)
    assert ended.returncode == 0, ended.stdout[-6000:] + ended.stderr[-2000:]
    tried = re.search(r"stat::number_of_executed_units:\s+(\d+)", ended.stderr)
    assert tried, ended.stderr[-2000:]
    with capsys.disabled():
        sys.stdout.write(f"\n{name}: {tried[1]} inputs\n")
    assert int(tried[1]) >= LEAST[name]


def test_a_fault_would_be_found(tmp_path: Path) -> None:
    (tmp_path / "faulty.py").write_text("SEEDS = (b'a',)\ndef one(data):\n    int(data or b'0')\n")
    script = (
        "import sys; from pathlib import Path; import tests.fuzz.harnesses as h; h.__path__.append(sys.argv[2]);"
        "from tests.fuzz.guided import main; main('faulty', Path(sys.argv[2]), ['-max_total_time=20', '-seed=1'])"
    )
    command = [sys.executable, "-c", script, "faulty", str(tmp_path)]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment(), capture_output=True, text=True, timeout=240, check=False
    )
    assert ended.returncode != 0
    assert "ValueError" in ended.stdout + ended.stderr
