"""Commands beside a `jiesu up`: they find its database by the data folder, and say so where none answers."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.local_temporal import free_port
from adapters.settings import ROOT, environment
from cli.up.folder import ADDRESSES, keep_addresses, load_secrets, settings_in

ADD = ("keys", "add", "--regime", "rugao", "--source", "snapshot", "--name", "随手拍小程序")


def jiesu(*words: str, **values: str) -> subprocess.CompletedProcess[str]:
    """The command in an environment that says of databases and folders only what is given here."""
    inherited = {name: value for name, value in environment().items() if name not in ("DATABASE_URL", "JIESU_DATA")}
    command = [sys.executable, "-m", "cli.main", *words]
    return subprocess.run(
        command, cwd=ROOT, env=inherited | values, capture_output=True, text=True, timeout=60, check=False
    )


def folder_of(folder: Path, database_url: str) -> str:
    """A data folder of which a `jiesu up` with this database has written down where it is."""
    load_secrets(folder)
    keep_addresses(folder, {"DATABASE_URL": database_url, "JIESU_PUBLIC_URL": "http://127.0.0.1:8000"})
    return str(folder)


def nobodys() -> str:
    """The address of a database that is not there."""
    return f"postgresql://postgres@127.0.0.1:{free_port()}/jiesu"


def test_the_database_is_found_by_the_folder(tmp_path: Path, database_url: str) -> None:
    data = folder_of(tmp_path, database_url)
    added = jiesu(*ADD, JIESU_DATA=data)
    assert added.returncode == 0, added.stderr
    prefix = added.stdout.strip().partition("_")[0]
    assert prefix in jiesu("keys", "list", JIESU_DATA=data).stdout
    whole = jiesu("archive", "verify", "--all", JIESU_DATA=data)
    assert (whole.returncode, whole.stderr) == (0, "")


def test_a_database_that_the_environment_names_is_meant(tmp_path: Path, database_url: str) -> None:
    data = folder_of(tmp_path, nobodys())
    assert jiesu("keys", "list", JIESU_DATA=data, DATABASE_URL=database_url).returncode == 0


@pytest.mark.parametrize("words", ["archive verify --all", "users list", "db upgrade"])
def test_what_does_not_answer_is_named_and_is_no_finding(tmp_path: Path, words: str) -> None:
    url = nobodys()
    said = jiesu(*words.split(), JIESU_DATA=folder_of(tmp_path, url))
    assert (said.returncode, said.stdout) == (2, "")
    assert "没有响应" in said.stderr and url.split(":")[2].partition("/")[0] in said.stderr
    assert "Traceback" not in said.stderr


def test_a_folder_says_what_its_services_were_started_with(tmp_path: Path) -> None:
    assert settings_in(tmp_path) == {}
    known = load_secrets(tmp_path)
    assert settings_in(tmp_path) == {}
    keep_addresses(tmp_path, {"DATABASE_URL": "postgresql:///jiesu"})
    found = settings_in(tmp_path)
    assert found["DATABASE_URL"] == "postgresql:///jiesu" and found["JIESU_DATA"] == str(tmp_path)
    assert found["JIESU_DATA_KEY"] == known["data_key"] and found["JIESU_ARCHIVE_KEY"] == known["archive_key"]
    assert (tmp_path / ADDRESSES).stat().st_mode & 0o777 == 0o600
    (tmp_path / "secrets.json").write_text("{")
    damaged = jiesu("keys", "list", JIESU_DATA=str(tmp_path))
    assert damaged.returncode == 2 and str(tmp_path) in damaged.stderr and "Traceback" not in damaged.stderr
