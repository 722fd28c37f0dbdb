"""Production does not start with a secret that is known, guessable or used twice, and names each."""

import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest
from pydantic import ValidationError

from adapters.settings.cleartext_peers import ENDPOINTS
from adapters.settings.production_check import OPTIONAL, SECRETS, UnsafeSettings, faults, require_safe
from adapters.settings.settings import DEVELOPMENT_SECRET, ROOT, Settings, environment
from domain.words import Role

NAMES = [str(Settings.model_fields[field].alias) for field in SECRETS]
SOUND = {name: f"{name.lower()}-{'0123456789' * 3}" for name in NAMES} | {"JIESU_ENV": "production"}


def found(**changes: Any) -> list[str]:
    return faults(Settings.model_validate(SOUND | changes))


def test_sound_settings_are_safe_and_development_needs_none() -> None:
    assert found() == []
    assert faults(Settings.model_validate({"JIESU_ENV": "development"})) == []


@pytest.mark.parametrize("name", NAMES)
def test_each_secret_is_looked_at(name: str) -> None:
    assert found(**{name: ""}) == [f"{name} 没有设置"]
    assert found(**{name: " , "}) == [f"{name} 没有设置"]
    assert found(**{name: DEVELOPMENT_SECRET}) == [f"{name} 是开发环境的默认密钥"]
    assert found(**{name: f"{SOUND[name]},{'x' * 31}"}) == [f"{name} 短于 32 个字符"]
    assert found(**{name: f"{SOUND[name]},{DEVELOPMENT_SECRET}"}) == [f"{name} 是开发环境的默认密钥"]
    assert found(**{name: f"{'new' * 12},{SOUND[name]}"}) == []
    assert found(**{name: f"{SOUND[name]},{SOUND[name]}"}) == [f"{name} 中有重复的密钥"]


def test_no_secret_serves_for_two_things_not_even_an_old_one() -> None:
    one, other = NAMES[0], NAMES[1]
    assert found(**{one: f"{'new' * 12},{SOUND[other]}"}) == [f"{one} 与 {other} 不能相同"]


@pytest.mark.parametrize("field", OPTIONAL)
def test_a_secret_of_what_may_be_left_off_is_looked_at_where_it_is_set(field: str) -> None:
    name = str(Settings.model_fields[field].alias)
    assert found(**{name: ""}) == []
    assert found(**{name: "short"}) == [f"{name} 短于 32 个字符"]
    assert found(**{name: SOUND[NAMES[0]]}) == [f"{NAMES[0]} 与 {name} 不能相同"]


def test_everything_is_said_at_once_and_no_secret_is_quoted() -> None:
    with pytest.raises(UnsafeSettings) as unsafe:
        require_safe(Settings.model_validate({"JIESU_ENV": "production", "CITY_SECRET": "swordfish"}))
    lines = str(unsafe.value).splitlines()
    assert all(any(name in line for line in lines) for name in NAMES)
    assert "swordfish" not in str(unsafe.value)
    assert DEVELOPMENT_SECRET not in str(unsafe.value)


def test_no_signal_without_a_proof_is_heard_in_production() -> None:
    [fault] = found(JIESU_BARE_SIGNALS="true")
    assert "JIESU_BARE_SIGNALS" in fault
    assert faults(Settings.model_validate({"JIESU_BARE_SIGNALS": "true"})) == []


def test_the_owner_of_the_database_is_not_for_worker_and_api() -> None:
    [fault] = found(DATABASE_OWNER_URL="postgresql://jiesu:pw@db/jiesu")
    assert "DATABASE_OWNER_URL" in fault and "pw" not in fault
    assert found(JIESU_DATABASE_PASSWORD="a" * 32) == []
    assert found(JIESU_DATABASE_PASSWORD=f"{'a' * 32},{'b' * 32}") == ["JIESU_DATABASE_PASSWORD 只能有一个"]


def test_leaders_need_a_second_factor_in_production_unless_it_is_set_otherwise() -> None:
    assert Settings.model_validate(SOUND).totp_required
    assert not Settings.model_validate({"JIESU_ENV": "development"}).totp_required
    assert not Settings.model_validate(SOUND | {"JIESU_REQUIRE_TOTP": "false"}).totp_required


def test_an_identity_provider_is_set_up_whole_or_not_at_all(monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(found(JIESU_OIDC_ISSUER="http://login.example.cn")) == 3
    whole = {"JIESU_OIDC_ISSUER": "https://login.example.cn", "JIESU_OIDC_AUDIENCE": "jiesu"}
    assert found(**whole, JIESU_OIDC_ROLES='{"话务": "agent"}') == []
    assert len(found(**whole, JIESU_OIDC_ROLES={"x": "clock"})) == 1
    for said, roles in (('{"话务": "agent"}', {"话务": Role.AGENT}), ("", {})):
        monkeypatch.setenv("JIESU_OIDC_ROLES", said)
        assert Settings().oidc_roles == roles


PEERS = ("JIESU_PUBLIC_URL", "TWILIO_BASE_URL", "CITY_BASE_URL", "JIESU_OIDC_ISSUER")
BUCKET = {"OBJECT_STORE_URL": "s3://evidence/jiesu"}


@pytest.mark.parametrize("name", PEERS)
def test_no_peer_is_spoken_to_in_clear_but_on_this_machine(name: str) -> None:
    whole = {"JIESU_OIDC_AUDIENCE": "jiesu", "JIESU_OIDC_ROLES": {"x": "agent"}}
    for bad in (
        "http://city.example.cn",
        "HTTP://10.0.0.7:8026",
        "http://127.0.0.1.example.cn",
        "city.example.cn",
        "http://[",
    ):
        assert found(**whole, **{name: bad}) == [f"{name} 须以 https:// 开头（本机地址除外）"], bad
        assert faults(Settings.model_validate({name: bad} | whole)) == [], "only in production"
    for good in ("https://city.example.cn", "http://127.0.0.1:8026", "http://localhost", "http://[::1]:8026/x"):
        assert found(**whole, **{name: good}) == [], good


@pytest.mark.parametrize("name", ENDPOINTS)
def test_no_bucket_is_spoken_to_in_clear_but_on_this_machine(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(name, "http://minio.example.cn:9000")
    assert found(**BUCKET) == [f"{name} 须以 https:// 开头（本机地址除外）"]
    assert found(OBJECT_STORE_URL="file:///data/objects") == found() == [], "which a folder has no use for"
    for good in ("http://127.0.0.1:9000", "https://minio.example.cn"):
        monkeypatch.setenv(name, good)
        assert found(**BUCKET) == []
    assert found(OBJECT_STORE_URL="http://dav.example.cn/x") == ["OBJECT_STORE_URL 须以 https:// 开头（本机地址除外）"]


@pytest.mark.parametrize("command", [["-m", "cli.main", "api"], ["worker.py"], ["-m", "cli.main", "up"]], ids=str)
def test_no_process_of_production_starts_with_the_secrets_of_development(command: list[str]) -> None:
    ended = started(command, {"JIESU_ENV": "production"})
    assert ended.returncode == 2, ended.stderr
    assert all(name in ended.stderr for name in NAMES), ended.stderr
    assert "Traceback" not in ended.stderr


def started(command: list[str], values: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in environment().items() if name not in NAMES} | dict(values)
    return subprocess.run(
        [sys.executable, *command], cwd=ROOT, env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_a_provider_of_leaders_has_to_say_how_strongly_they_signed_in() -> None:
    whole = {"JIESU_OIDC_ISSUER": "https://login.example.cn", "JIESU_OIDC_AUDIENCE": "jiesu"}
    leaders, agents = {"JIESU_OIDC_ROLES": {"x": "admin", "y": "agent"}}, {"JIESU_OIDC_ROLES": {"y": "agent"}}
    for unsaid in (found(**whole, **leaders), found(**whole, **agents, JIESU_OIDC_STRONG_FOR="everybody")):
        assert len(unsaid) == 1 and "JIESU_OIDC_ACR" in unsaid[0]
    for said in ({"JIESU_OIDC_ACR": "loa3"}, {"JIESU_OIDC_AMR": "mfa"}, {"JIESU_OIDC_STRONG_FOR": "nobody"}):
        assert found(**whole, **leaders, **said) == []


@pytest.mark.parametrize("words", ['a"b', "a b", "双因素", "a\\b"])
def test_words_of_tokens_can_stand_in_a_header(words: str) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate({"JIESU_OIDC_ACR": words})
