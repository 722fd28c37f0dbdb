"""Time-based one-time passwords (TOTP, RFC 6238): six digits, 30 seconds, SHA-1, as every authenticator app supports.

The keyring seals the secret. A code is valid in its own time step and the two next to it, and only once.
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
"""Time steps by which a telephone's clock may be wrong."""


class Enrolment(NamedTuple):
    """Data for an authenticator app: the secret in base32, and the same as an `otpauth://` URL."""

    secret: str
    uri: str


class SecondFactor:
    """Second factors by user."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def offer(self, username: str) -> Enrolment:
        """Generate a new secret; it replaces the current one when a code of it is confirmed."""
        secret = pyotp.random_base32()
        sealed = self.database.keyring.encrypt(secret)
        async with self.database.begin() as session:
            await session.execute(update(User).where(col(User.username) == username).values(totp_pending=sealed))
        return Enrolment(secret, pyotp.TOTP(secret).provisioning_uri(name=username, issuer_name=ISSUER))

    async def confirm(self, username: str, code: str, noting: Sequence[Act] = ()) -> bool:
        """Activate the offered secret, and end sessions that began without it. `noting` are acts recorded with it.

        False for a wrong code, and when none was offered. Of two concurrent confirmations one is True.
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
        """Whether the code is right and unused; marks it as used for every process."""
        step = _step(self.database.keyring.decrypt(sealed), code)
        if step is None:
            return False
        unused = or_(col(User.totp_step).is_(None), col(User.totp_step) < step)
        use = update(User).where(col(User.username) == username, unused).values(totp_step=step)
        async with self.database.begin() as session:
            return await session.scalar(use.returning(col(User.username))) is not None


def _step(secret: str, code: str) -> int | None:
    """The time step of a code; None if it is of none nearby."""
    try:
        return pyotp.TOTP(secret).verify_and_get_timecode(code, for_time=time.time(), valid_window=NEIGHBOURS)
    except OTPVerificationError:
        return None
