"""Passwords are kept as argon2id digests in their standard form, `$argon2id$v=19$m=…,t=…,p=…$salt$digest`.

Cost as the OWASP Password Storage Cheat Sheet asks for: 19 MiB, two passes, one lane. A digest of another cost is made
anew when its owner signs in. Hashing has two threads of its own, so that a storm of sign-ins takes neither the event
loop nor the memory, and delays no other work that threads do.
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
"""A digest that no password has: comparing with it costs what comparing with a real one costs."""

_hasher: Final = PasswordHasher(PASSES, MEMORY_KIB, LANES, type=Type.ID)
_threads: Final = ThreadPoolExecutor(2, thread_name_prefix="argon2")


def drawn() -> str:
    """A first password for somebody else, of 128 bits."""
    return secrets.token_urlsafe(16)


async def hashed(password: str) -> str:
    """The digest to keep; some 30 ms of one processor."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _hasher.hash, _normal(password))


async def matches(password: str, stored: str | None) -> bool:
    """Whether `stored` is a digest of `password`; without one, after the same time, it is not."""
    return await asyncio.get_running_loop().run_in_executor(_threads, _matches, password, stored or NOBODY)


def outdated(stored: str) -> bool:
    """Whether the digest was made at another cost than today's."""
    return _hasher.check_needs_rehash(stored)


def _matches(password: str, stored: str) -> bool:
    try:
        return _hasher.verify(stored, _normal(password))
    except (VerificationError, InvalidHashError):
        return False


def _normal(password: str) -> bytes:
    """One form for characters that can be typed in several; half a surrogate pair is a password of nobody."""
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")
