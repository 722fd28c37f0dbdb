"""The password of the database role may be a separate setting, and is then put into the URL."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from adapters.database.engine import driver_url
from adapters.settings.settings import Settings, with_password

SAID = "a/b@c:d %&中"


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://u@db.example/jiesu?sslmode=verify-full",
        "postgres://u:old@db:5433/jiesu",
        "postgresql+psycopg://u@/jiesu?host=/run/sockets",
        "postgresql://u@[::1]:5432/jiesu",
    ],
)
def test_it_is_put_into_the_address_whatever_it_is_made_of(url: str) -> None:
    assert driver_url(with_password(url, SAID)) == driver_url(url).set(password=SAID)


def test_a_setting_may_say_where_it_stands_and_the_address_is_whole(tmp_path: Path) -> None:
    file = tmp_path / "password"
    file.write_text(f"{SAID}\n", "utf-8")
    given = {"DATABASE_URL": "postgresql://jiesu_app@db/jiesu", "JIESU_DATABASE_PASSWORD": f"file:{file}"}
    assert driver_url(Settings.model_validate(given).database_url).password == SAID
    assert Settings.model_validate(given | {"JIESU_DATABASE_PASSWORD": ""}).database_url == given["DATABASE_URL"]


def test_an_address_without_a_role_is_refused_and_the_password_is_not_told() -> None:
    given = {"DATABASE_URL": "postgresql:///jiesu", "JIESU_DATABASE_PASSWORD": "swordfish"}
    with pytest.raises(ValidationError, match="须写明用户名") as stopped:
        Settings.model_validate(given)
    assert "swordfish" not in str(stopped.value)
