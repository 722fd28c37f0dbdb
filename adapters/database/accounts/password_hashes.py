"""Password hashes: argon2id digests in their standard form, `$argon2id$v=19$m=…,t=…,p=…$salt$digest`.

The cost follows the OWASP Password Storage Cheat Sheet: 19 MiB, two passes, one lane. A digest of another cost is
renewed when its owner signs in. Hashing has two threads of its own, so that many sign-ins at once block neither the
event loop nor other threads, and memory stays bounded.
"""

import asyncio
import secrets
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from argon2 import PasswordHasher, Type
from argon2.exceptions import InvalidHashError, VerificationError

MEMORY_KIB, PASSES, LANES = 19_456, 2, 1
NOBODY: Final = (
    f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}"
    "$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
)
"""A digest that no password has: comparing with it takes as long as comparing with a real one."""

_hasher: Final = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
_threads: Final = ThreadPoolExecutor(2, thread_name_prefix="argon2")


def random_password() -> str:
    """Generate a first password of 128 bits for another user."""
    return secrets.token_urlsafe(16)


async def hashed(password: str) -> str:
    """The digest to store; takes about 30 ms of one processor."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def matches(password: str, stored: str | None) -> bool:
    """Whether `stored` is a digest of `password`; without one, False after the same time."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, password, stored or NOBODY)


def outdated(stored: str) -> bool:
    """Whether the digest was made at a cost other than today's."""
    return _hasher.check_needs_rehash(stored)


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> bytes:
    """Normalise characters that can be typed in several forms; a lone surrogate matches no password."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
