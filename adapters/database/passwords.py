"""Passwords are kept as scrypt digests: `scrypt$n$r$p$salt$digest`, the last two in base64."""

import asyncio
import base64
import hashlib
import hmac
import os

COST, BLOCK, LANES = 2**14, 8, 1
MEMORY = 64 * 1024 * 1024


def _digest(password: str, salt: bytes, cost: int, block: int, lanes: int) -> bytes:
    return hashlib.scrypt(password.encode(), salt=salt, n=cost, r=block, p=lanes, maxmem=MEMORY)


def _encoded(*parts: bytes) -> str:
    return "$".join(["scrypt", str(COST), str(BLOCK), str(LANES), *(base64.b64encode(p).decode() for p in parts)])


def _hashed(password: str) -> str:
    salt = os.urandom(16)
    digest = _digest(password, salt, COST, BLOCK, LANES)
    return _encoded(salt, digest)


def _matches(password: str, stored: str) -> bool:
    _, cost, block, lanes, salt, digest = stored.split("$")
    candidate = _digest(password, base64.b64decode(salt), int(cost), int(block), int(lanes))
    return hmac.compare_digest(candidate, base64.b64decode(digest))


NOBODY = _encoded(bytes(16), bytes(64))
"""A digest that no password has: comparing with it costs what comparing with a real one costs."""


async def hashed(password: str) -> str:
    """The digest to keep; takes some 50 ms of one processor, off the event loop."""
    return await asyncio.to_thread(_hashed, password)


async def matches(password: str, stored: str) -> bool:
    """Whether `stored` is a digest of `password`, in a time that tells nothing."""
    return await asyncio.to_thread(_matches, password, stored)
