"""Signed links to files, valid for a limited time for anybody who has them.

The token is signed and contains only what it gives access to.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.settings.secret_sources import secrets_of

AUDIENCE: Final = "file"
"""Distinguishes links from tokens of users, which are signed with the same key."""

ALGORITHM: Final = "HS256"
Purpose = Literal["view", "download", "thumbnail"]


class BadLink(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The link is from another issuer, or was altered."""


class ExpiredLink(Exception):  # noqa: N818
    """The link was valid and has expired."""


class SignedLink(BaseModel):
    """The object that a link gives access to, and how it is served."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    purpose: Purpose


def signed(link: SignedLink, secrets: str, life: timedelta) -> str:
    """A link's token, valid for `life` from now, of letters, digits and `-_.`; the first of the secrets signs."""
    claims = link.model_dump() | {"aud": AUDIENCE, "exp": datetime.now(UTC) + life}
    return jwt.encode(claims, secrets_of(secrets)[0], algorithm=ALGORITHM)


def opened(token: str, secrets: str) -> SignedLink:
    """The link in a token that is signed with one of the comma-separated secrets. Raises BadLink, ExpiredLink."""
    for secret in secrets_of(secrets):
        try:
            claims = jwt.decode(
                token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
            )
            return SignedLink.model_validate(claims)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise ExpiredLink from None
        except (jwt.InvalidTokenError, ValidationError):
            raise BadLink from None
    raise BadLink
