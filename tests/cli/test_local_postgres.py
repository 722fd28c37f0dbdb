"""The local PostgreSQL: reuse, leftovers, and clear error messages."""

import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from adapters.local.postgres import LocalPostgres, PostgresUnavailableError
from adapters.settings.settings import ROOT


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder below a private one, as `mkdtemp` creates it."""
    with tempfile.TemporaryDirectory() as private:
        yield Path(private) / "below" / "postgres"


def value(server: LocalPostgres, query: str, database: str = "jiesu") -> object:
    with psycopg.connect(server.url(database)) as connection:
        row = connection.execute(query).fetchone()
    assert row
    return row[0]


def test_data_survive_a_restart(folder: Path) -> None:
    with LocalPostgres.start(folder) as server:
        server.create_database("jiesu")
        server.create_database("jiesu")
        assert (value(server, "SHOW fsync"), value(server, "SHOW max_connections")) == ("on", "200")
        assert str(value(server, "SHOW server_version")).startswith("18.")
        with psycopg.connect(server.url("jiesu")) as connection:
            connection.execute("CREATE TABLE kept AS SELECT '接诉' AS word")
    assert not server.alive
    with LocalPostgres.start(folder, durable=False) as server:
        assert (value(server, "SELECT word FROM kept"), value(server, "SHOW fsync")) == ("接诉", "off")


def test_a_server_left_behind_is_taken_over_and_stopped(folder: Path) -> None:
    code = "import os, sys; from adapters.local.postgres import *; LocalPostgres.start(Path(sys.argv[1])); os._exit(1)"
    subprocess.run([sys.executable, "-c", code, str(folder)], cwd=ROOT, check=False, timeout=60)
    pid = (folder / "postmaster.pid").read_text().split()[0]
    with LocalPostgres.start(folder) as server:
        assert value(server, "SELECT 1", "postgres") == 1
        assert (folder / "postmaster.pid").read_text().split()[0] == pid
    assert not (folder / "postmaster.pid").exists()


def test_a_pid_file_that_names_another_program_is_harmless(folder: Path) -> None:
    LocalPostgres.start(folder).stop()
    file = folder / "postmaster.pid"
    file.write_text(f"{os.getpid()}\n{folder}\n1\n5432\n{folder}\n\n0\nready\n")
    os.chown(file, folder.stat().st_uid, folder.stat().st_gid)
    with LocalPostgres.start(folder) as server:
        assert value(server, "SELECT 1", "postgres") == 1


def test_a_path_too_long_for_a_socket_works(folder: Path) -> None:
    with LocalPostgres.start(folder.parent / ("很长" * 20) / "postgres") as server:
        assert value(server, "SELECT 1", "postgres") == 1


def test_a_folder_of_an_older_version_is_refused_in_chinese(folder: Path) -> None:
    folder.mkdir(parents=True)
    (folder / "PG_VERSION").write_text("16\n")
    with pytest.raises(PostgresUnavailableError, match="由 PostgreSQL 16 建立，这里需要 18"):
        LocalPostgres.start(folder)


def test_a_folder_that_cannot_be_made_is_refused_in_chinese(folder: Path) -> None:
    folder.parent.mkdir()
    folder.parent.joinpath("file").touch()
    with pytest.raises(PostgresUnavailableError, match="同名的文件已经存在"):
        LocalPostgres.start(folder.parent / "file" / "postgres")


def test_damaged_data_are_reported_with_the_servers_own_words(folder: Path) -> None:
    LocalPostgres.start(folder).stop()
    (folder / "global" / "pg_control").write_bytes(b"")
    with pytest.raises(PostgresUnavailableError, match="pg_control"):
        LocalPostgres.start(folder)
