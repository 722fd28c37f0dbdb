"""Rejects unsafe settings: in production, missing, default, short or shared secrets, and cleartext peers.

All faults are reported at once and in Chinese, for whoever installs. No secret is quoted.
"""

from itertools import combinations
from typing import Final

from adapters.settings.cleartext_peers import cleartext_peers
from adapters.settings.secret_sources import secrets_of
from adapters.settings.settings import DEVELOPMENT_SECRET, Settings, environment
from domain.words import Role

SHORTEST: Final = 32
SECRETS: Final = ("secret_key", "data_key", "archive_key", "twilio_auth_token", "city_secret")
"""Every required secret, by its field. Each may be several, comma separated."""

OPTIONAL: Final = ("payload_key", "codec_token", "database_password")
"""Secrets of optional features; one that is set has to be as strong as the others."""

NOBODY: Final = frozenset({Role.CITIZEN, Role.CLOCK, Role.SYSTEM})


class UnsafeSettings(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """Nothing may be started; the text has a line for each fault."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(["设置不安全，未启动：", *(f"- {fault}" for fault in faults)]))


def require_safe(settings: Settings) -> None:
    """Raise UnsafeSettings if the settings have faults."""
    if found := faults(settings):
        raise UnsafeSettings(found)


class CannotServe(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """A setting of the codec server is missing or too weak; the text is Chinese and addresses the operator."""


def require_codec(settings: Settings) -> None:
    """Raise CannotServe if the codec server could decrypt nothing, or would serve anybody."""
    if not settings.payload_key:
        raise CannotServe("没有设置 JIESU_PAYLOAD_KEY，内容没有加密，不需要编解码服务")
    if len(settings.codec_token) < SHORTEST:
        raise CannotServe(f"JIESU_CODEC_TOKEN 须至少 {SHORTEST} 个字符")


def faults(settings: Settings) -> list[str]:
    """Faults of the settings, a sentence each."""
    found = _oidc(settings)
    if settings.environment == "production":
        kept = (*SECRETS, *(field for field in OPTIONAL if getattr(settings, field)))
        found += [fault for field in kept for fault in _secret(settings, field)]
        for one, other in combinations(kept, 2):
            if _usable(settings, one) & _usable(settings, other):
                found.append(f"{_alias(one)} 与 {_alias(other)} 不能相同")
        found += [f"{name} 须以 https:// 开头（本机地址除外）" for name in cleartext_peers(settings, environment())]
        if settings.takes_bare_signals:
            found.append("JIESU_BARE_SIGNALS 只能在开发环境中开启：生产环境的信号必须附身份凭证")
        found += _database(settings)
    return found


def _secret(settings: Settings, field: str) -> list[str]:
    name, secrets = _alias(field), secrets_of(getattr(settings, field))
    if not secrets:
        return [f"{name} 没有设置"]
    found = []
    if DEVELOPMENT_SECRET in secrets:
        found.append(f"{name} 是开发环境的默认密钥")
    if any(len(secret) < SHORTEST for secret in secrets):
        found.append(f"{name} 短于 {SHORTEST} 个字符")
    if len(set(secrets)) < len(secrets):
        found.append(f"{name} 中有重复的密钥")
    return found


def _usable(settings: Settings, field: str) -> set[str]:
    """The secrets of a field, without the default one, which is reported anyway."""
    return set(secrets_of(getattr(settings, field))) - {DEVELOPMENT_SECRET}


def _database(settings: Settings) -> list[str]:
    found = []
    if settings.database_owner_url:
        found.append("DATABASE_OWNER_URL 只供 jiesu db upgrade 使用，不得交给工作进程和接口")
    if len(secrets_of(settings.database_password)) > 1:
        found.append("JIESU_DATABASE_PASSWORD 只能有一个")
    return found


def _oidc(settings: Settings) -> list[str]:
    if not settings.oidc_issuer:
        return []
    found = []
    if not settings.oidc_audience:
        found.append("设置了 JIESU_OIDC_ISSUER，还须设置 JIESU_OIDC_AUDIENCE")
    if not settings.oidc_roles:
        found.append("设置了 JIESU_OIDC_ISSUER，还须设置 JIESU_OIDC_ROLES（声明值与岗位的对应）")
    if NOBODY & set(settings.oidc_roles.values()):
        found.append("JIESU_OIDC_ROLES 只能对应到人员的岗位")
    said = settings.oidc_acr or settings.oidc_amr
    if not said and any(map(settings.asks_strength_of, settings.oidc_roles.values())):
        found.append(
            "统一身份认证的账号须用第二因素登录：还须设置 JIESU_OIDC_ACR 或 JIESU_OIDC_AMR"
            "（令牌不能表明的，明确设置 JIESU_OIDC_STRONG_FOR=nobody）"
        )
    return found


def _alias(field: str) -> str:
    return str(Settings.model_fields[field].alias)
