"""Bearer tokens: who somebody is, signed by this installation (JWT, HS256; RFC 7519, RFC 8725)."""

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
"""Keeps these tokens and the links to files apart, which are signed with one key."""


class BadToken(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The token is not ours, not for us, was altered, has expired, or its session is over."""

    def __init__(self, said: str = "登录已失效") -> None:
        super().__init__(said)


class Duty(StrEnum):
    """What somebody has to do before anything else is open to them."""

    CHANGE_PASSWORD = "change_password"  # noqa: S105 (a word)
    ENROL_TOTP = "enrol_totp"


class Identity(BaseModel):
    """Who acts. Without `regime` they serve every regime, without `unit` they belong to no unit.

    `session` is the id of what they signed in with here, None for someone whom the identity provider vouches for;
    with a `duty` they may do that and nothing else.
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
        """Whether this person works in a unit and sees what is that unit's only."""
        return self.role in UNIT_ROLES


def issue(identity: Identity, secrets: str) -> str:
    """A token that says so for `LIFE` from now; of several secrets, comma separated, the first signs."""
    now = datetime.now(UTC)
    said = identity.model_dump(mode="json", by_alias=True, exclude_none=True)
    claims = said | {"iss": ISSUER, "aud": AUDIENCE, "iat": now, "exp": now + LIFE}
    return jwt.encode(claims, secrets_of(secrets)[0], algorithm=ALGORITHM)


def read(token: str, secrets: str) -> Identity:
    """Who a token speaks of, which is signed with one of the secrets. Raises BadToken.

    That its session still holds is for the caller to ask.
    """
    for secret in secrets_of(secrets):
        try:
            claims = jwt.decode(
                token,
                secret,
                algorithms=[ALGORITHM],
                issuer=ISSUER,
                audience=AUDIENCE,
                # Another machine's clock may have been ahead when it signed; what ends is said by the session too.
                options={"require": ["iss", "aud", "exp", "sub", "jti"], "verify_iat": False},
            )
            return Identity.model_validate(claims)
        except jwt.InvalidSignatureError:
            continue
        except (jwt.InvalidTokenError, ValidationError):
            raise BadToken from None
    raise BadToken
