"""The one customer of this telephone company, and how it proves who it is."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from sandbox.telephone.twilio_formats import TwilioError


@dataclass(frozen=True)
class Account:
    """`number` is the hotline's, what citizens write to; `inbound_url` is told what they write."""

    sid: str
    token: str
    number: str
    inbound_url: str


def authorised(account: Account) -> Callable[..., None]:
    """A dependency of every route of the API: Basic authentication with the account and its token."""
    basic = HTTPBasic(auto_error=False)

    def authorise(sid: str, who: Annotated[HTTPBasicCredentials | None, Depends(basic)]) -> None:
        right = who and who.username == sid == account.sid
        if not (right and who and secrets.compare_digest(who.password.encode(), account.token.encode())):
            raise TwilioError(401, 20003, "Authenticate")

    return authorise


def new_sid(prefix: str) -> str:
    """`SM` or `CA` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
