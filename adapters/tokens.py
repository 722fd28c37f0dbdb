"""Bearer tokens: who somebody is, signed by this installation (JWT, HS256)."""

from datetime import UTC, datetime, timedelta
from typing import Final

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from domain.words import UNIT_ROLES, Role

LIFE: Final = timedelta(hours=8)
ALGORITHM: Final = "HS256"


class BadToken(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The token is not ours, was altered, or has expired."""


class Identity(BaseModel):
    """Who acts. Without `regime` they serve every regime, without `unit` they belong to no unit."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sub: str
    role: Role
    unit: str | None = None
    regime: str | None = None

    @property
    def of_unit(self) -> bool:
        """Whether this person works in a unit and sees what is that unit's only."""
        return self.role in UNIT_ROLES


def issue(identity: Identity, secret: str) -> str:
    """A token that says so for `LIFE` from now."""
    now = datetime.now(UTC)
    claims = identity.model_dump(mode="json") | {"iat": now, "exp": now + LIFE}
    return jwt.encode(claims, secret, algorithm=ALGORITHM)


def read(token: str, secret: str) -> Identity:
    """Who a token speaks of. Raises BadToken."""
    try:
        claims = jwt.decode(token, secret, algorithms=[ALGORITHM], options={"require": ["exp", "sub"]})
        return Identity.model_validate(claims)
    except (jwt.InvalidTokenError, ValidationError) as error:
        raise BadToken("登录已失效") from error
