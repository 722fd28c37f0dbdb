"""Plays every example scenario; all of its expectations are met."""

import json
import subprocess
import sys
from collections import Counter

from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, environment

EXAMPLES = sorted(path.relative_to(ROOT) for path in (ROOT / "examples").glob("*.yaml"))
COUNTIES = RuleBooks.load(ROOT / "policies.yaml").ids


def test_the_examples_hold() -> None:
    command = [sys.executable, "-m", "cli.main", "rehearse", *map(str, EXAMPLES), "--json"]
    # As in production, where no signal is accepted without a proof.
    env = environment() | {"JIESU_BARE_SIGNALS": "false"}
    ran = subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=480, check=False)
    assert (ran.returncode, ran.stderr) == (0, "")
    rows = [json.loads(line) for line in ran.stdout.splitlines()]
    archived = Counter(row["scenario"] for row in rows if row["event"] == "order_archived")
    assert archived == Counter(map(str, EXAMPLES))
    assert {row["scenario"] for row in rows} == archived.keys()


def test_every_county_has_a_plain_life_one_that_slips_and_one_of_its_own() -> None:
    for county in COUNTIES:
        names = {path.stem for path in EXAMPLES if path.stem.startswith(f"{county}-")}
        assert {f"{county}-plain", f"{county}-slips"} < names, county


def test_every_example_expects_something_and_explains_itself() -> None:
    for path in EXAMPLES:
        text = (ROOT / path).read_text()
        assert text.startswith("# "), path
        assert "\nexpect:\n" in text, path
