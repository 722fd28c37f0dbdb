"""`jiesu users` on a real database: the first administrator, and the operator's way back in."""

import asyncio
from getpass import getuser

import psycopg
import pytest
from typer.testing import CliRunner

from adapters.database.accounts.credentials import Credentials, RejectionReason, SignInRejected
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.settings.settings import Settings
from cli.users import app
from tests.postgres import DATA_KEY


def users(url: str, *words: str, status: int = 0) -> str:
    """The output of `jiesu users`; standard error if a failure is expected."""
    chosen = Settings.model_validate({"DATABASE_URL": url, "JIESU_DATA_KEY": DATA_KEY})
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("cli.users.settings", lambda: chosen)
        ended = CliRunner().invoke(app, words)
    assert ended.exit_code == status, ended.output
    return (ended.stdout if status == 0 else ended.stderr).strip()


async def why_not(url: str, password: str) -> RejectionReason | None:
    database = Database(url, Keyring(DATA_KEY), pool_size=1)
    try:
        card = await Credentials(database, 5).prove("first", password, None)
        assert card.temporary
    except SignInRejected as refused:
        return refused.why
    finally:
        await database.dispose()
    return None


def test_the_first_administrator_is_made_locked_reset_and_disabled(database_url: str) -> None:
    def answers(*passwords: str) -> list[RejectionReason | None]:
        return [asyncio.run(why_not(database_url, password)) for password in passwords]

    initial = users(database_url, "add", "first", "--role", "admin", "--display", "系统管理员")
    assert users(database_url, "list").split("\t") == ["first", "管理员", "各地", "-", "在用", "系统管理员"]
    assert answers(initial, *["not the password"] * 5, initial) == [
        None,
        *[RejectionReason.WRONG_PASSWORD] * 5,
        RejectionReason.LOCKED,
    ]
    users(database_url, "unlock", "first")
    assert answers(initial) == [None]
    made = users(database_url, "reset", "first", "--totp")
    assert answers(initial, made) == [RejectionReason.WRONG_PASSWORD, None]
    users(database_url, "disable", "first")
    assert "停用于" in users(database_url, "list")
    with psycopg.connect(database_url) as connection:
        told = connection.execute("SELECT deed, about, person FROM acts ORDER BY position").fetchall()
    deeds = ("user_added", "user_unlocked", "user_changed", "user_changed")
    assert told == [(deed, "first", getuser()) for deed in deeds]
    assert answers(made) == [RejectionReason.DISABLED]
    users(database_url, "enable", "first")
    assert answers(made) == [None]


@pytest.mark.parametrize(
    "words",
    [
        ("add", "x", "--role", "emperor"),
        ("add", "x", "--role", "unit_clerk"),
        ("add", "x", "--role", "agent", "--regime", "atlantis"),
        ("add", "oidc:x", "--role", "agent"),
        ("reset", "nobody"),
    ],
)
def test_what_cannot_be_is_refused(database_url: str, words: tuple[str, ...]) -> None:
    assert users(database_url, *words, status=2)
