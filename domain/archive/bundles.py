"""Archive bundles as they are written and stored: the files added, the packed file, the noted place."""

from datetime import datetime
from pathlib import Path
from typing import NamedTuple


class AddedFile(NamedTuple):
    """A file in a bundle: `size` in bytes, `sha256` in hex."""

    size: int
    sha256: str


class PackedBundle(NamedTuple):
    """A complete bundle: the file into which it was packed, its size in bytes and its SHA-256 in hex."""

    path: Path
    size: int
    sha256: str


class StoredBundle(NamedTuple):
    """The bundle of an archived order: its key in the object store, and the SHA-256 of its bytes in hex.

    `erased_at`: when it was deleted, at the end of its retention.
    """

    order_no: str
    bundle: str
    sha256: str
    created_at: datetime
    erased_at: datetime | None = None
