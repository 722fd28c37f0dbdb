"""The numbers, keys, addresses, entry points and trails in docs/security.md match the code."""

import os
import re
import shutil
import subprocess
import sys
import tomllib
from fnmatch import fnmatch
from pathlib import Path
from typing import Any, Final

import pytest
from packaging.utils import canonicalize_name
from setuptools.discovery import PackageFinder
from sqlalchemy import LargeBinary

from adapters.auth.tokens import LIFE
from adapters.city import signature
from adapters.database import engine
from adapters.database.accounts import password_hashes, sign_in_failures
from adapters.database.tables import Table
from adapters.settings.settings import ROOT, Settings
from api.middleware import body_limits, json_shape
from application import input_types
from domain.access import passwords
from domain.permissions import TABLE, Authentication
from domain.privacy import NEEDED, Personal
from tests.architecture.test_outbound import GOES_OUT
from tests.supply.production_lock import needed

MODEL: Final = (ROOT / "docs" / "security.md").read_text("utf-8")
FLAT: Final = " ".join(MODEL.split())
LEFT_OUT: Final = frozenset((ROOT / ".dockerignore").read_text("utf-8").split())
COME_UP: Final = """
import sys
from importlib.metadata import packages_distributions
import worker, cli.processes, adapters.database.migration
from api.app import create_app
create_app()
of = packages_distributions()
print(worker.__file__, *{of[name][0] for name in sys.modules if name in of})
"""
NOT_FOR_PRODUCTION: Final = {"tests", "sandbox", "benchmarks", "examples", "docs"}


def default(name: str) -> Any:
    return Settings.model_fields[name].default


def test_the_model_says_the_numbers_of_the_code() -> None:
    lock, longest = sign_in_failures.LOCK, sign_in_failures.LOCK * 2**sign_in_failures.MOST_DOUBLINGS
    caller, address, login = default("caller_rate"), default("address_rate"), default("login_rate")
    for said in (
        f"{default('sign_in_tries')} failures in a row lock a name for {lock.seconds // 60} minutes",
        f"up to {longest.total_seconds() / 3600:.0f} hours",
        f"{login.per_second} tries a second, {login.burst} at once",
        f"{passwords.SHORTEST} to {passwords.LONGEST} characters",
        f"Sessions: {LIFE.total_seconds() / 3600:.0f} hours, idle or not unless `JIESU_IDLE_MINUTES` is set",
        f"signed, for {default('link_seconds')} seconds",
        f"the city's holds for {signature.SKEW} seconds",
        f"{password_hashes.MEMORY_KIB / 1024:.0f} MiB and {password_hashes.PASSES} passes each",
        f"bodies of {body_limits.MAX_BODY} bytes within {default('body_seconds'):.0f} seconds",
        f"JSON {json_shape.MAX_DEPTH} levels deep",
        f"{caller.per_second} requests a second of a caller and {address.per_second} from an address",
        f"statements of {engine.STATEMENT_SECONDS:.0f} seconds",
        f"pages of {input_types.MAX_PAGE} rows",
    ):
        assert said in FLAT, said


def test_the_model_names_every_way_in() -> None:
    named = set(re.findall(r"`(\w+)`", MODEL))
    assert {act for act, grant in TABLE.items() if grant.door is not Authentication.TOKEN} <= named


def test_the_model_says_who_reads_what_of_a_citizen() -> None:
    rows = {tuple(cell.strip() for cell in line.strip("|").split("|")) for line in MODEL.splitlines()}
    for role, fields in NEEDED.items():
        marks = ("✓" if field in fields else "" for field in Personal)
        assert (f"`{role.value}`", *marks) in rows, role
    assert len([row for row in rows if "✓" in row]) == len(NEEDED)


def test_the_model_names_every_secret() -> None:
    secret = re.compile(r"(_KEY|_SECRET|_TOKEN)$")
    ours = {str(field.alias) for field in Settings.model_fields.values() if secret.search(str(field.alias))}
    assert ours == set(re.findall(r"^\| `([A-Z_]+)` \|", MODEL, re.MULTILINE))


def test_the_model_names_every_address() -> None:
    settings = {where for where in GOES_OUT.values() if where.isupper()}
    assert settings == {name for name in settings if f"`{name}`" in MODEL}


def test_every_column_that_is_sealed_is_classed() -> None:
    sealed = {
        table.name
        for table in Table.metadata.tables.values()
        if any(isinstance(column.type, LargeBinary) for column in table.columns)
    }
    classed = " ".join(line for line in MODEL.splitlines() if line.startswith(("| secret |", "| personal |")))
    assert {"work_orders", "documents"} <= sealed == {name for name in sealed if f"`{name}`" in classed}


def test_the_model_names_every_trail() -> None:
    proof = next(line for line in MODEL.splitlines() if line.startswith("| proof |"))
    tables = set(re.findall(r"`(\w+)`", proof))
    assert tables == {"audit_trail", "acts", "anchors", "anchored_heads"} & set(Table.metadata.tables)
    assert {"`audit_trail`", "`acts`", "`anchors`"} <= {line.split(" | ")[0][2:] for line in MODEL.splitlines()}


def test_the_image_leaves_out_what_production_has_no_use_for() -> None:
    assert {".git", ".env", ".jiesu", ".venv", *NOT_FOR_PRODUCTION} <= LEFT_OUT
    assert not LEFT_OUT & {"requirements-production.lock", "pyproject.toml", "README.md", "worker.py", "policies.yaml"}
    assert not [line for line in LEFT_OUT if line.startswith("!")], "nothing is let in again"


@pytest.mark.slow
def test_what_is_in_the_image_needs_nothing_that_is_not(tmp_path: Path) -> None:
    """The build finds its packages, its processes start as far as their settings, and trial commands say that they are
    not included."""
    image = tmp_path / "app"
    shutil.copytree(ROOT, image, ignore=left_out)
    assert not {path.name for path in image.iterdir()} & NOT_FOR_PRODUCTION
    include = tomllib.loads((image / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]["packages"]["find"]
    packages = {name.partition(".")[0] for name in PackageFinder.find(str(image), **include)}
    assert packages == {"domain", "workflows", "activities", "adapters", "application", "api", "cli", "migrations"}
    done = run(image, "-c", COME_UP)
    assert done.returncode == 0, done.stderr
    place, *loaded = done.stdout.split()
    assert place == str(image / "worker.py")
    assert {"temporalio", "fastapi", "alembic"} <= set(loaded)
    assert {canonicalize_name(name) for name in loaded} - needed() <= {"jiesu"}
    for command in ("up", "rehearse", "bench"):
        done = run(image, "-m", "cli.main", command)
        assert (done.returncode, "此安装不含" in done.stderr, "Traceback" in done.stderr) == (2, True, False), (
            done.stderr
        )
    assert run(image, "-m", "cli.main", "--help").returncode == 0


def left_out(folder: str, names: list[str]) -> set[str]:
    """The names that `.dockerignore` excludes; supports names at the top and `**/`, which are all it uses."""
    lines = {line.removeprefix("**/") for line in LEFT_OUT if Path(folder) == ROOT or line.startswith("**/")}
    return {name for name in names if any(fnmatch(name, line) for line in lines)}


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    # A measured run loads `coverage` into each process that it starts; the image has none.
    env = {name: value for name, value in os.environ.items() if not name.startswith("COVERAGE_")}
    return subprocess.run(
        [sys.executable, *words],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def test_whoever_finds_a_hole_is_told_where_to_go() -> None:
    policy = (ROOT / "SECURITY.md").read_text("utf-8")
    assert "docs/security.md" in policy and "requirements.lock" in policy
    assert re.findall(r"(\d+) (?:天|个工作日) / ", policy)
    for readme in ("README.md", "README.zh.md"):
        assert "(SECURITY.md)" in (ROOT / readme).read_text("utf-8")
