"""Characters that a font covers, read from its `cmap` table (OpenType 1.9, format 12)."""

import struct
from collections.abc import Sequence
from pathlib import Path
from typing import Final

FULL_UNICODE: Final = frozenset({(0, 4), (0, 6), (3, 10)})
"""Platform and encoding of the tables that map every plane of Unicode."""


def coverage(font: Path) -> Sequence[range]:
    """The covered characters as ranges of code points, rising. Raises ValueError for a font without such a table."""
    content = font.read_bytes()
    start = _table(content, b"cmap")
    (count,) = struct.unpack_from(">2xH", content, start)
    for index in range(count):
        platform, encoding, offset = struct.unpack_from(">HHI", content, start + 4 + 8 * index)
        if (platform, encoding) in FULL_UNICODE:
            return _groups(content, start + offset)
    raise ValueError(f"{font.name}: no table of all of Unicode")


def _table(content: bytes, wanted: bytes) -> int:
    (count,) = struct.unpack_from(">4xH", content)
    for index in range(count):
        tag, offset = struct.unpack_from(">4s4xI", content, 12 + 16 * index)
        if tag == wanted:
            return int(offset)
    raise ValueError(f"no table {wanted.decode()}")


def _groups(content: bytes, start: int) -> list[range]:
    table_format, count = struct.unpack_from(">H10xI", content, start)
    if table_format != 12:
        raise ValueError(f"cmap of format {table_format}")
    groups = struct.iter_unpack(">III", content[start + 16 : start + 16 + 12 * count])
    return [range(first, last + 1) for first, last, _ in groups]
