"""Settings of every process, read once from the environment.

None of them has to be set for a county: `jiesu up` sets them for its child processes. A larger installation
sets them by hand (see docs/operations.md). `temporalio.envconfig` reads TEMPORAL_* variables and profiles.
"""

import json
import os
from functools import lru_cache
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import quote, urlsplit, urlunsplit

from pydantic import BeforeValidator, Field, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from adapters.settings.secret_sources import secret
from adapters.settings.setting_types import Hosts, Limited, Networks, Origins, Rate, Words
from domain.access.passwords import NEED_SECOND_FACTOR
from domain.words import Role

ROOT = Path(__file__).resolve().parents[2]
DEVELOPMENT_SECRET = "development-only-secret-that-production-refuses"  # noqa: S105


class UnusableSetting(ValueError):  # noqa: N818 (it reads as a sentence)
    """A setting is invalid, which was found when it was used. Quotes nothing: it may contain a password."""


def _from_json(value: object) -> object:
    """Parse the JSON of a variable; an empty one counts as not set."""
    try:
        return json.loads(value or "{}") if isinstance(value, str) else value
    except ValueError:
        raise ValueError("不是有效的 JSON") from None


class Settings(BaseSettings):
    """Addresses of external services, and secrets. Times are in seconds."""

    # An error names the variable only; its value, or one next to it, may be a secret.
    model_config = SettingsConfigDict(env_prefix="", extra="ignore", hide_input_in_errors=True)

    environment: Literal["development", "production"] = Field("development", alias="JIESU_ENV")
    data_folder: Path = Field(Path(".jiesu"), alias="JIESU_DATA")
    policy_file: Path = Field(ROOT / "policies.yaml", alias="JIESU_POLICIES")
    task_queue: str = Field("jiesu", alias="JIESU_TASK_QUEUE")
    jobs: bool = Field(True, alias="JIESU_JOBS")
    workflow_sandbox: bool = Field(True, alias="JIESU_WORKFLOW_SANDBOX")
    cached_orders: int = Field(4000, alias="JIESU_CACHED_ORDERS", ge=10)
    database_connections: int = Field(20, alias="JIESU_DATABASE_CONNECTIONS", ge=2, le=200)

    database_url: str = Field("postgresql://postgres@127.0.0.1:5432/jiesu", alias="DATABASE_URL")
    database_password: str = Field("", alias="JIESU_DATABASE_PASSWORD")
    database_owner_url: str = Field("", alias="DATABASE_OWNER_URL")
    object_store_url: str = Field("", alias="OBJECT_STORE_URL")
    link_seconds: int = Field(600, alias="JIESU_LINK_SECONDS", ge=1, le=86_400)
    presigned_links: bool = Field(False, alias="JIESU_PRESIGNED_LINKS")
    clamav_url: str = Field("", alias="CLAMAV_URL")
    clamav_required: bool = Field(True, alias="CLAMAV_REQUIRED")

    require_totp: bool | None = Field(None, alias="JIESU_REQUIRE_TOTP")
    sign_in_tries: int = Field(5, alias="JIESU_SIGN_IN_TRIES", ge=1, le=100)
    idle_minutes: int = Field(0, alias="JIESU_IDLE_MINUTES", ge=0, le=480)
    oidc_issuer: str = Field("", alias="JIESU_OIDC_ISSUER")
    oidc_audience: str = Field("", alias="JIESU_OIDC_AUDIENCE")
    oidc_name_claim: str = Field("sub", alias="JIESU_OIDC_NAME_CLAIM", min_length=1)
    oidc_role_claim: str = Field("role", alias="JIESU_OIDC_ROLE_CLAIM", min_length=1)
    oidc_unit_claim: str = Field("unit", alias="JIESU_OIDC_UNIT_CLAIM", min_length=1)
    oidc_regime_claim: str = Field("regime", alias="JIESU_OIDC_REGIME_CLAIM", min_length=1)
    oidc_roles: Annotated[dict[str, Role], NoDecode, BeforeValidator(_from_json)] = Field({}, alias="JIESU_OIDC_ROLES")
    oidc_clients: Words = Field((), alias="JIESU_OIDC_CLIENTS")
    oidc_acr: Words = Field((), alias="JIESU_OIDC_ACR")
    oidc_amr: Words = Field((), alias="JIESU_OIDC_AMR")
    oidc_strong_for: Literal["leaders", "everybody", "nobody"] = Field("leaders", alias="JIESU_OIDC_STRONG_FOR")

    secret_key: str = Field(DEVELOPMENT_SECRET, alias="JIESU_SECRET_KEY")
    bare_signals: bool | None = Field(None, alias="JIESU_BARE_SIGNALS")
    proof_seconds: int = Field(3600, alias="JIESU_PROOF_SECONDS", ge=60, le=86_400)
    data_key: str = Field(DEVELOPMENT_SECRET, alias="JIESU_DATA_KEY")
    archive_key: str = Field(DEVELOPMENT_SECRET, alias="JIESU_ARCHIVE_KEY")

    payload_key: str = Field("", alias="JIESU_PAYLOAD_KEY")
    codec_token: str = Field("", alias="JIESU_CODEC_TOKEN")
    codec_origins: Origins = Field((), alias="JIESU_CODEC_ORIGINS")

    twilio_account_sid: str = Field("ACsandbox000000000000000000000000", alias="TWILIO_ACCOUNT_SID")
    twilio_auth_token: str = Field(DEVELOPMENT_SECRET, alias="TWILIO_AUTH_TOKEN")
    twilio_base_url: str = Field("http://127.0.0.1:8025", alias="TWILIO_BASE_URL")
    twilio_from: str = Field("+8612345", alias="TWILIO_FROM")
    messages_per_second: float = Field(20, alias="JIESU_MESSAGES_PER_SECOND", gt=0, le=1000)

    city_base_url: str = Field("http://127.0.0.1:8026", alias="CITY_BASE_URL")
    city_secret: str = Field(DEVELOPMENT_SECRET, alias="CITY_SECRET")
    city_poll_seconds: float = Field(60.0, alias="CITY_POLL_SECONDS", ge=0, le=3600)

    public_base_url: str = Field("http://127.0.0.1:8000", alias="JIESU_PUBLIC_URL")

    hosts: Hosts = Field((), alias="JIESU_HOSTS")
    cors_origins: Origins = Field((), alias="JIESU_CORS_ORIGINS")
    trusted_proxies: Networks = Field((), alias="JIESU_TRUSTED_PROXIES")
    caller_rate: Limited = Field(Rate(100, 3000), alias="JIESU_RATE_CALLER")
    address_rate: Limited = Field(Rate(500, 10_000), alias="JIESU_RATE_ADDRESS")
    login_rate: Limited = Field(Rate(10, 100), alias="JIESU_RATE_LOGIN")
    body_seconds: float = Field(30.0, alias="JIESU_BODY_SECONDS", gt=0, le=600)

    @property
    def totp_required(self) -> bool:
        """Whether leaders need a second factor; the default is yes in production only."""
        return self.environment == "production" if self.require_totp is None else self.require_totp

    def asks_strength_of(self, role: Role) -> bool:
        """Whether a token of the identity provider has to show how a user of that role signed in."""
        if self.oidc_strong_for != "leaders":
            return self.oidc_strong_for == "everybody"
        return role in NEED_SECOND_FACTOR and bool(self.totp_required or self.oidc_acr or self.oidc_amr)

    @property
    def takes_bare_signals(self) -> bool:
        """Whether signals without a proof are accepted; the default is yes in development only."""
        return self.environment == "development" if self.bare_signals is None else self.bare_signals

    @field_validator(
        *("secret_key", "data_key", "archive_key", "twilio_auth_token", "city_secret", "payload_key", "codec_token"),
        *("database_url", "database_password", "database_owner_url"),
    )
    @classmethod
    def _resolve_secret(cls, value: str) -> str:
        """Resolve a secret that is given by reference (`adapters.settings.secret_sources`)."""
        return secret(value)

    @model_validator(mode="after")
    def _insert_password(self) -> Self:
        """Insert the separately set password into the database URL, so that no other code needs it."""
        if self.database_password:
            self.database_url = with_password(self.database_url, self.database_password)
        return self


def with_password(url: str, password: str) -> str:
    """The address with this password in place of its own, if any. Raises ValueError if it names no user."""
    parts = urlsplit(url)
    user, at, host = parts.netloc.rpartition("@")
    name = user.partition(":")[0]
    if not at or not name:
        raise ValueError("设置了 JIESU_DATABASE_PASSWORD，DATABASE_URL 须写明用户名")
    return urlunsplit(parts._replace(netloc=f"{name}:{quote(password, safe='')}@{host}"))


@lru_cache(maxsize=1)
def settings() -> Settings:
    """The settings of this process."""
    return Settings()


def environment() -> dict[str, str]:
    """The environment that a child process inherits."""
    return dict(os.environ)
