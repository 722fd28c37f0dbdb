"""Locates the files in a damaged zip: by its central directory, or, if that is broken, by the local headers.

Supports only zips that `adapters.archive.bagit` writes: stored entries with their sizes in the local header.
"""

import struct
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final, NamedTuple

from adapters.archive.bagit import CHUNK, entry_of

HEADER: Final = struct.Struct("<4s5H3I2H")
SIGNATURE: Final = b"PK\x03\x04"
UTF8_NAME: Final = 0x800
MOST_ENTRIES: Final = 100_000


class ZipMember(NamedTuple):
    """Location of a file in the zip: path, offsets of its header and content, and the size and CRC-32 stated there."""

    path: str
    header: int
    start: int
    size: int
    crc: int


def by_directory(bundle: Path) -> list[ZipMember]:
    """Files listed in the central directory. Raises zipfile.BadZipFile, or another error of a broken directory."""
    end = bundle.stat().st_size
    with zipfile.ZipFile(bundle) as packed:
        found = [
            ZipMember(
                each.filename, each.header_offset, each.header_offset + _header_size(each), each.file_size, each.CRC
            )
            for each in packed.infolist()
        ]
    if any(each.header < 0 or each.start + each.size > end for each in found):
        raise zipfile.BadZipFile("the directory points outside")
    return found


def by_headers(bundle: Path) -> list[ZipMember]:
    """Files found by their local headers; stops at the first invalid header."""
    found: list[ZipMember] = []
    end = bundle.stat().st_size
    with bundle.open("rb") as file:
        at = 0
        while at + HEADER.size <= end and len(found) < MOST_ENTRIES:
            file.seek(at)
            fields = HEADER.unpack(file.read(HEADER.size))
            if fields[0] != SIGNATURE:
                break
            size, name, extra = fields[8], fields[9], fields[10]
            path = file.read(name).decode("utf-8", "replace")
            start = at + HEADER.size + name + extra
            if start + size > end:
                break
            found.append(ZipMember(path, at, start, size, fields[6]))
            at = start + size
    return found


def content(file: BinaryIO, lies: ZipMember) -> Iterator[bytes]:
    """The content of a file in chunks; shorter if the zip ends before."""
    file.seek(lies.start)
    left = lies.size
    while left > 0 and (chunk := file.read(min(left, CHUNK))):
        left -= len(chunk)
        yield chunk


def difference(bundle: Path, layout: list[ZipMember], made: Path) -> tuple[int, int | None, int | None, str] | None:
    """First difference from a zip rebuilt from the same files: offset, expected and found byte, and the region's name.

    `made` is the path for the rebuilt zip. None if they are equal.
    """
    with bundle.open("rb") as file:
        with zipfile.ZipFile(made, "w", zipfile.ZIP_STORED, allowZip64=True) as again:
            for lies in layout:
                with again.open(entry_of(lies.path, lies.size), "w") as entry:
                    for chunk in content(file, lies):
                        entry.write(chunk)
        file.seek(0)
        with made.open("rb") as expected:
            at = _first_difference(expected, file)
    if at is None:
        return None
    return at, _byte(made, at), _byte(bundle, at), _region(layout, at)


def _header_size(entry: zipfile.ZipInfo) -> int:
    name = entry.orig_filename
    return HEADER.size + (len(name.encode()) if entry.flag_bits & UTF8_NAME else len(name))


def _first_difference(one: BinaryIO, other: BinaryIO) -> int | None:
    at = 0
    while True:
        left, right = one.read(CHUNK), other.read(CHUNK)
        if left != right:
            shorter = min(len(left), len(right))
            return at + next((n for n in range(shorter) if left[n] != right[n]), shorter)
        if not left:
            return None
        at += len(left)


def _byte(path: Path, at: int) -> int | None:
    with path.open("rb") as file:
        file.seek(at)
        found = file.read(1)
    return found[0] if found else None


def _region(layout: list[ZipMember], at: int) -> str:
    for lies in layout:
        if lies.header <= at < lies.start:
            return f"{lies.path.partition('/')[2]} 的文件头"
    return "zip 目录"
