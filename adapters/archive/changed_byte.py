"""Finds the single changed byte of a file by comparing CRC-32 values.

A CRC is linear: the two differ by the CRC of the byte's change, shifted once for every byte behind it. Shifting
back from the end gives each place where one byte could have made the difference; the SHA-256 decides.
"""

import zlib
from collections.abc import Iterator
from hashlib import sha256
from typing import Final, NamedTuple

LONGEST: Final = 16 * 1024 * 1024
"""Largest file searched, in bytes; a search takes that much memory and some seconds."""


class Changed(NamedTuple):
    """A changed byte: its offset from 0, the expected and the found value."""

    offset: int
    expected: int
    found: int


def changed_byte(content: bytes, crc: int, digest: str) -> Changed | None:
    """The one byte by which `content` differs from a file with this CRC-32 and SHA-256 (hex); else None."""
    if len(content) > LONGEST:
        return None
    for offset, change in _candidates(zlib.crc32(content) ^ crc, len(content)):
        expected = content[offset] ^ change
        restored = sha256(content[:offset])
        restored.update(bytes([expected]))
        restored.update(memoryview(content)[offset + 1 :])
        if restored.hexdigest() == digest:
            return Changed(offset, expected, content[offset])
    return None


def _table() -> list[int]:
    found = []
    for byte in range(256):
        value = byte
        for _ in range(8):
            value = (value >> 1) ^ (0xEDB88320 if value & 1 else 0)
        found.append(value)
    return found


_TABLE: Final = _table()
_CHANGE: Final = {value: byte for byte, value in enumerate(_TABLE) if byte}
_LAST: Final = {value >> 24: byte for byte, value in enumerate(_TABLE)}


def _candidates(difference: int, length: int) -> Iterator[tuple[int, int]]:
    for offset in range(length - 1, -1, -1):
        if difference in _CHANGE:
            yield offset, _CHANGE[difference]
        byte = _LAST[difference >> 24]
        difference = ((difference ^ _TABLE[byte]) << 8 | byte) & 0xFFFFFFFF
