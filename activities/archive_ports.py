"""What archiving needs from the outside, as shapes; `worker` fills them with adapters."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple, Protocol


class Written(Protocol):
    """Something that is kept as it is."""

    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class KeptPort(Protocol):
    """Things of an order: texts sent, texts that came in, calls."""

    async def of_order(self, order_no: str, /) -> Sequence[Written]: ...


class FileRow(Written, Protocol):
    """What is known of an uploaded file; `size` in bytes."""

    @property
    def id(self) -> str: ...
    @property
    def media_type(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def object_key(self) -> str: ...


class AttachmentsPort(Protocol):
    """Uploaded files by order."""

    async def of_order(self, order_no: str, /) -> Sequence[FileRow]: ...


class ObjectsPort(Protocol):
    """The object store. A bundle is whole or absent, and never replaced; `reader` blocks."""

    async def exists(self, key: str, /) -> bool: ...
    async def fetch(self, key: str, into: Path, /) -> None: ...
    async def put_file_if_absent(self, key: str, file: Path, /) -> bool: ...
    def reader(self, key: str, /) -> BinaryIO: ...


class Piece(NamedTuple):
    """A file that is copied into a bundle: its path there, its size in bytes, and how to open it (blocks)."""

    path: str
    size: int
    open: Callable[[], BinaryIO]


class BundlesPort(Protocol):
    """Makes the bundle of an order, the same bytes for the same content, and checks one; both block."""

    def pack(
        self, into: Path, name: str, closed_on: date, files: Mapping[str, bytes], pieces: Sequence[Piece], /
    ) -> None: ...
    def verify(self, name: str, bundle: Path, /) -> None: ...


class SheetsPort(Protocol):
    """Makes the sheet for people, as a page and as PDF; both block."""

    def html(self, sheet: Mapping[str, Any], /) -> bytes: ...
    def pdf(self, sheet: Mapping[str, Any], /) -> bytes: ...


class BundleRow(Protocol):
    """Where an order's bundle is."""

    @property
    def bundle(self) -> str: ...
    @property
    def sha256(self) -> str: ...


class ArchivesPort(Protocol):
    """Bundles by order."""

    async def record(self, order_no: str, bundle: str, sha256: str, /) -> BundleRow: ...
    async def get(self, order_no: str, /) -> BundleRow | None: ...
