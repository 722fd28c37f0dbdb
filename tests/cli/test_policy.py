"""`jiesu policy` as a process: its output and exit status."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from adapters.settings.settings import ROOT
from domain.labels import label
from domain.words import Template


def policy(*words: str, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    """Run the command."""
    command = [sys.executable, "-m", "cli.main", "policy", *words]
    return subprocess.run(command, input=stdin, capture_output=True, cwd=ROOT, timeout=60, check=False)


def explained(*words: str) -> dict[str, dict[str, Any]]:
    """The clocks of an order by name."""
    ran = policy("explain", *words, "--json")
    assert ran.returncode == 0, ran.stderr.decode()
    return {clock["clock"]: clock for clock in json.loads(ran.stdout)}


def test_templates_are_shown_as_they_go_out_with_their_length() -> None:
    ran = policy("templates", "huojia")
    assert ran.returncode == 0, ran.stderr.decode()
    shown = "".join(ran.stdout.decode().split()).replace("│", "")
    assert "20261123-000001" in shown and "条数" in shown
    assert all(label(name, "template") in shown for name in Template)
    assert policy("templates", "nowhere").returncode == 2


def test_due_prints_one_moment_a_line() -> None:
    lines = [
        "2026-09-18T16:00:00+08:00 5wd",
        "2026-09-30T17:00:00+08:00 2wh",
        "2026-09-30T09:00:00Z 2wh",
        "2026-11-23T09:00:07+08:00 3d",
        "2026-11-23T09:00:07.250+08:00 30m",
    ]
    ran = policy("due", "gaotai", stdin="\n".join(lines).encode())
    assert (ran.returncode, ran.stderr) == (0, b"")
    assert ran.stdout.decode().splitlines() == [
        "2026-09-24T17:30:00+08:00",
        "2026-10-08T10:00:00+08:00",
        "2026-10-08T10:00:00+08:00",
        "2026-11-27T00:00:00+08:00",
        "2026-11-23T09:30:07.250000+08:00",
    ]


def test_due_tells_of_bad_lines_and_goes_on() -> None:
    lines = [b"nonsense", b"2026-09-18T16:00:00+08:00 5wd", b"2026-09-18T16:00:00 5wd", b"", b"\xff\xfe 1h"]
    lines += [b"2026-09-18T16:00:00+08:00 0d", b"9999-12-31T00:00:00+08:00 9wd"]
    ran = policy("due", "hukou", stdin=b"\n".join(lines))
    assert ran.returncode == 2
    assert ran.stdout.decode().splitlines() == ["2026-09-24T17:30:00+08:00"]
    told = ran.stderr.decode().splitlines()
    assert [line.split(":")[0] for line in told] == [f"line {number}" for number in (1, 3, 4, 5, 6, 7)]


@pytest.mark.parametrize(
    "command", [("due",), ("explain", "--category", "help", "--dispatched-at", "2026-11-23T09+08")]
)
def test_an_unknown_regime_ends_in_status_2(command: tuple[str, ...]) -> None:
    ran = policy(command[0], "atlantis", *command[1:])
    assert (ran.returncode, ran.stdout) == (2, b"")
    assert "atlantis" in ran.stderr.decode()


def test_explain_gives_every_clock_with_its_basis() -> None:
    at = ("--dispatched-at", "2026-11-23T09:00:00+08:00", "--category", "complaint")
    huojia = explained("huojia", *at, "--grade", "normal")
    assert huojia["handling"]["due_at"] == "2026-11-27T00:00:00+08:00"
    assert huojia["result"]["due_at"] == "2026-11-26T00:00:00+08:00"
    assert (huojia["handling"]["basis"]["limit"], huojia["handling"]["basis"]["clause"]) == ("3d", "HJ-07")
    rugao = explained("rugao", *at, "--grade", "special_urgent", "--unit", "police")
    assert {"sign_off", "return", "handling", "first_opinion", "progress", "on_site"} <= set(rugao)


def test_clocks_from_sign_off_are_shown_too() -> None:
    gaotai = explained("gaotai", "--category", "help", "--dispatched-at", "2026-11-23T09:00:00+08:00")
    assert gaotai["return"]["due_at"] == "2026-11-23T12:00:00+08:00"


def test_a_year_without_a_schedule_is_provisional() -> None:
    later = explained("gaotai", "--category", "help", "--dispatched-at", "2090-11-23T09:00:00+08:00")
    assert later["handling"]["provisional"] is True


def test_explain_as_a_table_names_the_clause() -> None:
    ran = policy("explain", "dalad", "--category", "help", "--dispatched-at", "2026-11-23T09:00:00+08:00")
    shown = ran.stdout.decode()
    assert ran.returncode == 0
    assert "办理时限" in shown
    assert "DL-02" in shown


@pytest.mark.parametrize("wrong", [("--grade", "x"), ("--category", "joke"), ("--dispatched-at", "soon")])
def test_explain_refuses_what_the_rules_do_not_know(wrong: tuple[str, str]) -> None:
    usual = {"--category": "help", "--dispatched-at": "2026-11-23T09:00:00+08:00"} | dict([wrong])
    ran = policy("explain", "gaotai", *(word for pair in usual.items() for word in pair))
    assert ran.returncode == 2
    assert ran.stderr


def test_check_names_the_line_of_a_fault(tmp_path: Path) -> None:
    text = (ROOT / "policies.yaml").read_text()
    assert policy("check").returncode == 0
    broken = tmp_path / "broken.yaml"
    broken.write_text(text.replace("sign_off: {within: 1h, clause: GT-06}", "sign_off: {within: 1x, clause: GT-06}"))
    line = next(n for n, each in enumerate(broken.read_text().splitlines(), 1) if "1x" in each)
    ran = policy("check", str(broken))
    assert ran.returncode == 2
    assert f"{line}" in ran.stderr.decode()
    assert policy("check", str(tmp_path / "absent.yaml")).returncode == 2


def test_diff_shows_what_differs_and_nothing_else(tmp_path: Path) -> None:
    ran = policy("diff", "gaotai", "huojia")
    assert ran.returncode == 0
    assert "default_grade" in ran.stdout.decode()
    assert policy("diff", "gaotai", "gaotai").stdout == b""
    other = tmp_path / "other.yaml"
    other.write_text((ROOT / "policies.yaml").read_text().replace("sign_off: {within: 2wh", "sign_off: {within: 3wh"))
    shown = policy("diff", str(ROOT / "policies.yaml"), str(other)).stdout.decode()
    assert "rugao.sign_off.within" in shown
    assert "hukou" not in shown
