"""The single account of the simulated provider, and its authentication."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from fastapi.security import HTTPBasic, HTTPBasicCredentials

from sandbox.telephone.twilio_formats import TwilioError


@dataclass(frozen=True)
class Account:
    """`number` is the hotline's, to which citizens write; their messages are posted to `inbound_url`."""

    sid: str
    token: str
    number: str
    inbound_url: str


def authorised(account: Account) -> Callable[..., None]:
    """The dependency of every API route: Basic authentication with the account and its token."""
    basic = HTTPBasic(auto_error=False)

    def authorise(sid: str, who: Annotated[HTTPBasicCredentials | None, Depends(basic)]) -> None:
        right = who and who.username == sid == account.sid
        if not (right and who and secrets.compare_digest(who.password.encode(), account.token.encode())):
            raise TwilioError(401, 20003, "Authenticate")

    return authorise


def new_sid(prefix: str) -> str:
    """`SM` or `CA` and 32 hexadecimal digits."""
    return prefix + secrets.token_hex(16)
