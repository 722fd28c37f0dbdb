"""Bearer tokens: a person's identity, signed by this installation (JWT, HS256; RFC 7519, RFC 8725)."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Final

import jwt
from pydantic import BaseModel, ConfigDict, Field, ValidationError

from adapters.settings.secret_sources import secrets_of
from domain.words import UNIT_ROLES, Role

LIFE: Final = timedelta(hours=8)
ALGORITHM: Final = "HS256"
ISSUER: Final = "jiesu"
AUDIENCE: Final = "jiesu-api"
"""Distinguishes these tokens from links to files, which are signed with the same key."""


class BadToken(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The token is from another issuer or for another audience, altered, expired, or its session is over."""

    def __init__(self, said: str = "登录已失效") -> None:
        super().__init__(said)


class Duty(StrEnum):
    """An action required of a person before anything else is permitted."""

    CHANGE_PASSWORD = "change_password"  # noqa: S105 (a word)
    ENROL_TOTP = "enrol_totp"


class Identity(BaseModel):
    """The acting person. Without `regime` they serve every regime, without `unit` they belong to no unit.

    `session` is the id of their local session, None for a person from the identity provider;
    with a `duty` only that action is permitted.
    """

    model_config = ConfigDict(frozen=True, extra="ignore", populate_by_name=True)

    sub: str
    role: Role
    unit: str | None = None
    regime: str | None = None
    session: str | None = Field(None, alias="jti")
    duty: Duty | None = None

    @property
    def of_unit(self) -> bool:
        """Whether this person works in a unit and sees only that unit's data."""
        return self.role in UNIT_ROLES


def issue(identity: Identity, secrets: str) -> str:
    """A signed token for the identity, valid for `LIFE` from now; of comma-separated secrets the first signs."""
    now = datetime.now(UTC)
    said = identity.model_dump(mode="json", by_alias=True, exclude_none=True)
    claims = said | {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, secrets_of(secrets)[0], algorithm=ALGORITHM)


def read(token: str, secrets: str) -> Identity:
    """The identity in a token that is signed with one of the secrets. Raises BadToken.

    The caller must check that its session is still active.
    """
    for secret in secrets_of(secrets):
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Another machine's clock may have been ahead when it signed; the session ends tokens too.
                options={"require": ["iss", "aud", "exp", "sub", "jti"], "verify_iat": False},
            )
            return Identity.model_validate(claims)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, ValidationError):
            raise BadToken from None
    raise BadToken
