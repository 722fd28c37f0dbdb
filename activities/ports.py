"""What activities need from the outside, as shapes; `worker` fills them with adapters."""

from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from domain.access.signal_proof import VerifiedProof
from domain.archive.dossier import Dossier
from domain.archive.sheet import Sheet
from domain.order.read_model import OrderView, RecordBatch


class ProofsPort(Protocol):
    """The verifier of proofs beside signals."""

    def verify(self, proof: str | None, /) -> VerifiedProof: ...


class CitizenRow(Protocol):
    """Who made the demand."""

    @property
    def phone(self) -> str | None: ...


class OrderRow(Protocol):
    """An order as it was taken in, in clear."""

    @property
    def realm(self) -> str: ...
    @property
    def regime(self) -> str: ...
    @property
    def policy_hash(self) -> str: ...
    @property
    def category(self) -> str: ...
    @property
    def city_no(self) -> str | None: ...
    @property
    def city_ref(self) -> str | None: ...
    @property
    def citizen(self) -> CitizenRow: ...
    def model_dump(self, *, mode: str) -> dict[str, Any]: ...


class OrdersPort(Protocol):
    """Orders and their read model by number."""

    async def get(self, no: str, /) -> OrderRow | None: ...
    async def view(self, no: str, /) -> OrderView | None: ...
    async def note_city_ref(self, no: str, city_ref: str, /) -> None: ...


class ContentRow(Protocol):
    """What a link of the trail says; `seq` is None for a refusal."""

    @property
    def seq(self) -> int | None: ...
    @property
    def at(self) -> datetime: ...
    @property
    def event(self) -> str: ...
    @property
    def actor(self) -> str: ...
    @property
    def data(self) -> dict[str, Any]: ...


class LinkRow(Protocol):
    """A link of the trail with its proof."""

    @property
    def position(self) -> int: ...
    @property
    def content(self) -> ContentRow: ...
    @property
    def previous_hash(self) -> str: ...
    @property
    def hash(self) -> str: ...
    def outside(self) -> dict[str, Any]: ...


class TrailPort(Protocol):
    """The audit trail."""

    async def record(self, batch: RecordBatch, /) -> int: ...
    async def standing(self, order_no: str, /) -> Sequence[LinkRow]: ...


class ContactRow(Protocol):
    """Whom to reach."""

    @property
    def phone(self) -> str: ...


class UnitRow(Protocol):
    """An office."""

    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


class CataloguePort(Protocol):
    """Offices and whom to reach there."""

    async def units(self, *, realm: str, regime: str | None) -> Sequence[UnitRow]: ...
    async def contact(self, role: str, /, *, regime: str, unit: str | None, realm: str) -> ContactRow | None: ...


class SnapshotRow(Protocol):
    """A rule book as it stood; `data` is the whole of it."""

    @property
    def data(self) -> dict[str, Any]: ...


class PoliciesPort(Protocol):
    """Rule books by the hash of their content."""

    async def get(self, policy_hash: str, /) -> SnapshotRow | None: ...


class DocumentRow(Protocol):
    """A text that someone wrote."""

    @property
    def id(self) -> str: ...
    @property
    def kind(self) -> str: ...
    @property
    def field(self) -> str: ...
    @property
    def text(self) -> str: ...
    @property
    def created_at(self) -> datetime: ...


class DocumentsPort(Protocol):
    """What people wrote on orders."""

    async def text(self, document_id: str, /) -> str | None: ...
    async def of_order(self, order_no: str, /) -> Sequence[DocumentRow]: ...


class CityAnswer(Protocol):
    """What the platform answered: its number of the order, or how long it wants to be left alone."""

    @property
    def city_no(self) -> str | None: ...
    @property
    def wait(self) -> timedelta | None: ...


class CityPort(Protocol):
    """The city platform: posts one signed JSON object under a message id that may be posted again."""

    async def post(self, path: str, key: str, body: Mapping[str, Any], /) -> CityAnswer: ...


class CountRow(Protocol):
    """Overdue orders of a unit."""

    @property
    def in_a_row(self) -> int: ...
    @property
    def in_total(self) -> int: ...


class TalliesPort(Protocol):
    """Counts over the trails of many orders; None while the order's own overdue is not on its trail."""

    async def overdue(self, order_no: str, unit: str, /) -> CountRow | None: ...


class DossiersPort(Protocol):
    """All that is known of an order."""

    async def of_order(self, no: str, /) -> Dossier | None: ...


class ObjectsPort(Protocol):
    """The object store. An object is whole or absent, and those of the archive are never replaced."""

    async def size(self, key: str, /) -> int | None: ...
    def get_stream(self, key: str, start: int, end: int, /) -> AsyncIterator[bytes]: ...
    async def put_file(self, key: str, path: Path, /) -> bool: ...


class AddedFile(Protocol):
    """A file that went into a bundle."""

    @property
    def size(self) -> int: ...
    @property
    def sha256(self) -> str: ...


class PackedBundle(Protocol):
    """A bundle that is whole, in a file that goes away once it is archived."""

    @property
    def path(self) -> Path: ...
    @property
    def sha256(self) -> str: ...


class BundlePort(Protocol):
    """A bundle that is being written."""

    async def add(self, path: str, content: bytes, /) -> AddedFile: ...
    async def stream(self, path: str, size: int, chunks: AsyncIterable[bytes], /) -> AddedFile: ...
    async def close(self) -> PackedBundle: ...


class BundlesPort(Protocol):
    """Makes the bundle of an order, the same bytes for the same content.

    `adopt` checks the one that stands in the object store and returns its SHA-256; raises `NotABundle`.
    """

    def begin(self, name: str, closed_on: date, /) -> AbstractAsyncContextManager[BundlePort]: ...
    async def adopt(self, name: str, key: str, /) -> str: ...


class SheetsPort(Protocol):
    """Sets the sheet of an order; `pdf` blocks for some 30 ms."""

    def html(self, sheet: Sheet, /) -> bytes: ...
    def pdf(self, sheet: Sheet, /) -> bytes: ...


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
