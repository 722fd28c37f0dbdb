"""Errors of commands: a sentence in Chinese instead of a trace, and a distinct exit status."""

import subprocess
import sys
from pathlib import Path

import pytest

from adapters.local.postgres import LocalPostgres
from adapters.local.temporal import free_port
from adapters.settings.settings import ROOT, environment
from cli.local_environment import settings_of_up
from cli.up.folder import keep_addresses, load_secrets

UNSEEN = "-".join(["not", "for", "a", "screen"])
"""A fake secret, which must appear nowhere."""


def said(status: int, *words: str, **env: str) -> str:
    """The standard error of a command that ends with this status."""
    command = [sys.executable, "-m", "cli.main", *words]
    ended = subprocess.run(
        command, cwd=ROOT, env=environment() | env, capture_output=True, text=True, timeout=60, check=False
    )
    assert ended.returncode == status, ended.stderr
    assert "Traceback" not in ended.stderr
    assert ended.stdout == ""
    return ended.stderr


def test_settings_are_all_told_at_once_and_none_is_quoted() -> None:
    told = said(2, "users", "list", JIESU_SIGN_IN_TRIES=UNSEEN, JIESU_DATA_KEY="file:/nowhere", JIESU_OIDC_ROLES="{")
    assert "JIESU_SIGN_IN_TRIES：应为整数" in told
    assert "JIESU_DATA_KEY：读不到密钥文件 /nowhere" in told
    assert "JIESU_OIDC_ROLES：不是有效的 JSON" in told
    assert UNSEEN not in told


@pytest.mark.parametrize(("scheme", "host"), [("mysql", "h"), ("postgresql", "h:port")])
def test_an_address_of_no_database_is_refused_without_its_password(scheme: str, host: str) -> None:
    told = said(2, "users", "list", DATABASE_URL="".join([scheme, "://u:", UNSEEN, "@", host, "/d"]))
    assert "DATABASE_URL：" in told
    assert UNSEEN not in told


def test_wrong_usage_is_framed_in_chinese() -> None:
    told = said(2, "users", "add")
    assert "用法有误" in told and "用法见" in told


def test_a_store_that_nothing_understands_is_refused() -> None:
    assert "OBJECT_STORE_URL：" in said(2, "archive", "verify", "--all", OBJECT_STORE_URL="nonsense")


def test_a_rule_book_that_cannot_be_read_is_named() -> None:
    words = ("keys", "add", "--regime", "x", "--source", "web", "--name", "x")
    assert "无法读取 /nowhere" in said(2, *words, JIESU_POLICIES="/nowhere")


@pytest.mark.parametrize("words", [("archive", "verify", "--all"), ("db", "upgrade")])
def test_a_database_that_is_away_is_no_broken_archive(words: tuple[str, ...], tmp_path: Path) -> None:
    url = f"postgresql://postgres@127.0.0.1:{free_port()}/jiesu"
    assert said(3, *words, DATABASE_URL=url, JIESU_DATA=str(tmp_path)).startswith("数据库没有响应（")


def test_a_database_without_its_tables_says_what_to_run(postgres: LocalPostgres) -> None:
    assert "jiesu db upgrade" in said(2, "users", "list", DATABASE_URL=postgres.url("postgres"))


def test_a_folder_of_up_serves_only_who_names_no_database_and_is_not_production(tmp_path: Path) -> None:
    keep_addresses(tmp_path, {"DATABASE_URL": "here", "DATABASE_OWNER_URL": "owner", "TEMPORAL_ADDRESS": "there"})
    secrets = load_secrets(tmp_path)
    env = {"JIESU_DATA": str(tmp_path), "TEMPORAL_ADDRESS": "mine"}
    found = settings_of_up("users", env)
    assert found["DATABASE_URL"] == "here"
    assert found["JIESU_ARCHIVE_KEY"] == secrets["archive_key"]
    assert found["CITY_SECRET"] == secrets["city_secret"]
    assert "TEMPORAL_ADDRESS" not in found
    assert "DATABASE_OWNER_URL" not in found
    assert settings_of_up("db", env)["DATABASE_OWNER_URL"] == "owner"
    assert settings_of_up("rehearse", env) == {}
    assert settings_of_up("users", env | {"DATABASE_URL": "elsewhere"}) == {}
    assert settings_of_up("users", env | {"JIESU_ENV": "production"}) == {}
    assert settings_of_up("users", {"JIESU_DATA": str(tmp_path / "none")}) == {}
