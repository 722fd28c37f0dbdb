"""Links to files, which anybody may open who has them, for a while.

What they open is signed, and nothing else stands in them.
"""

from datetime import UTC, datetime, timedelta
from typing import Final, Literal

import jwt
from pydantic import BaseModel, ConfigDict, ValidationError

from adapters.settings.secret_sources import secrets_of

AUDIENCE: Final = "file"
"""Keeps links and the tokens of people apart, which are signed with one key."""

ALGORITHM: Final = "HS256"
Purpose = Literal["view", "download", "thumbnail"]


class BadLink(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The link is not ours, or was altered."""


class ExpiredLink(Exception):  # noqa: N818
    """The link was ours, and its time is over."""


class Link(BaseModel):
    """What a link opens, and how it is handed out."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    file: str
    purpose: Purpose


def signed(link: Link, secrets: str, life: timedelta) -> str:
    """The token of a link that lasts so long from now, of letters, digits and `-_.`; the first of the secrets signs."""
    claims = link.model_dump() | {"aud": AUDIENCE, "exp": datetime.now(UTC) + life}
    return jwt.encode(claims, secrets_of(secrets)[0], algorithm=ALGORITHM)


def opened(token: str, secrets: str) -> Link:
    """What a token opens that is signed with one of the secrets, comma separated. Raises BadLink, ExpiredLink."""
    for secret in secrets_of(secrets):
        try:
            claims = jwt.decode(
                token, secret, algorithms=[ALGORITHM], audience=AUDIENCE, options={"require": ["exp", "aud"]}
            )
            return Link.model_validate(claims)
        except jwt.InvalidSignatureError:
            continue
        except jwt.ExpiredSignatureError:
            raise ExpiredLink from None
        except (jwt.InvalidTokenError, ValidationError):
            raise BadLink from None
    raise BadLink
