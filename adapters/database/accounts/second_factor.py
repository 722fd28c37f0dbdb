"""One-time passwords by time (TOTP, RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator app speaks it.

The secret is sealed by the keyring. A code holds for its own time step and its two neighbours, and once.
"""

import time
from collections.abc import Sequence
from typing import Final, NamedTuple

import pyotp
from pyotp.exceptions import OTPVerificationError
from sqlalchemy import or_, update
from sqlmodel import col, select

from adapters.database.accounts.sessions import revoke_all
from adapters.database.audit.acts import append
from adapters.database.engine import Database
from adapters.database.tables import User
from domain.access.acts import Act

ISSUER: Final = "接诉 12345"
NEIGHBOURS: Final = 1
"""Time steps by which the clock of a telephone may be wrong."""


class Enrolment(NamedTuple):
    """What an authenticator app has to know: the secret in base32, and the same as `otpauth://` address."""

    secret: str
    uri: str


class SecondFactor:
    """Second factors by user."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def offer(self, username: str) -> Enrolment:
        """A new secret, which counts once a code of it has come; until then the one before it does."""
        secret = pyotp.random_base32()
        sealed = self.database.keyring.encrypt(secret)
        async with self.database.begin() as session:
            await session.execute(update(User).where(col(User.username) == username).values(totp_pending=sealed))
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))

    async def confirm(self, username: str, code: str, noting: Sequence[Act] = ()) -> bool:
        """Have the secret that was offered count from now on, and end the sessions begun without it.

        False for a wrong code, and when none was offered. Of two confirmations at once one is true. `noting` are acts
        that are written with it.
        """
        async with self.database.begin() as session:
            pending = await session.scalar(select(User.totp_pending).where(User.username == username).with_for_update())
            step = None if pending is None else _step(self.database.keyring.decrypt(pending), code)
            if step is None:
                return False
            taken = {"totp_secret": pending, "totp_pending": None, "totp_step": step}
            await session.execute(update(User).where(col(User.username) == username).values(taken))
            await revoke_all(session, username)
            await append(session, noting)
        return True

    async def spend(self, username: str, sealed: bytes, code: str) -> bool:
        """Whether the code is right and was not used before; from now on it is used, in every process."""
        step = _step(self.database.keyring.decrypt(sealed), code)
        if step is None:
            return False
        unused = or_(col(User.totp_step).is_(None), col(User.totp_step) < step)
        use = update(User).where(col(User.username) == username, unused).values(totp_step=step)
        async with self.database.begin() as session:
            return await session.scalar(use.returning(col(User.username))) is not None


def _step(secret: str, code: str) -> int | None:
    """The time step that a code is of; None if it is of none that is near."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=time.time(), valid_window=NEIGHBOURS)
    except OTPVerificationError:
        return None
