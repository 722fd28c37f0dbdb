"""Ports: the interfaces through which activities reach database, providers and archive; `worker` supplies adapters."""

from collections.abc import AsyncIterable, AsyncIterator, Collection, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, Protocol

from domain.access.signal_proof import VerifiedProof
from domain.archive.bundles import AddedFile, PackedBundle, StoredBundle
from domain.archive.dossier import Dossier
from domain.archive.sheet import Sheet
from domain.citizen.outbound_records import NewCall, NewMessage, OutboundCall, OutboundMessage, ProviderAnswer
from domain.city.messages import CityAnswer
from domain.order.audit_chain import Link
from domain.order.read_model import OrderView, RecordBatch
from domain.order.records import OverdueCount, StoredOrder, StoredRuleBook
from domain.units import StoredContact, StoredUnit

# Orders


class ProofsPort(Protocol):
    """Verifies the proof that accompanies a signal."""

    def verify(self, proof: str | None, /) -> VerifiedProof: ...


class OrdersPort(Protocol):
    """Orders and their read model by number."""

    async def get(self, no: str, /) -> StoredOrder | None: ...
    async def view(self, no: str, /) -> OrderView | None: ...
    async def note_city_ref(self, no: str, city_ref: str, /) -> None: ...


class TrailPort(Protocol):
    """The audit trail."""

    async def record(self, batch: RecordBatch, /) -> int: ...
    async def valid_links(self, order_no: str, /) -> Sequence[Link]: ...


class DocumentsPort(Protocol):
    """Texts that people wrote on orders."""

    async def text(self, document_id: str, /) -> str | None: ...


class RuleBooksPort(Protocol):
    """Rule books by the hash of their content."""

    async def get(self, policy_hash: str, /) -> StoredRuleBook | None: ...


class UnitDirectoryPort(Protocol):
    """Units and their contacts."""

    async def units(self, *, realm: str, regime: str | None) -> Sequence[StoredUnit]: ...
    async def contact(self, role: str, /, *, regime: str, unit: str | None, realm: str) -> StoredContact | None: ...


class TalliesPort(Protocol):
    """Counts over the trails of many orders; None while the order's own overdue is not on its trail."""

    async def overdue(self, order_no: str, unit: str, /) -> OverdueCount | None: ...


class CityPort(Protocol):
    """The city platform: posts one signed JSON object under a message id that may be posted again."""

    async def post(self, path: str, key: str, body: Mapping[str, Any], /) -> CityAnswer: ...


# Text messages and calls


class MessagesPort(Protocol):
    """Text messages by key."""

    async def claim(self, new: NewMessage, /) -> OutboundMessage: ...
    async def attempting(
        self, key: str, /, *, at_most: int | None = None, within: timedelta | None = None
    ) -> timedelta: ...
    async def sent(self, key: str, provider_sid: str, /) -> None: ...
    async def failed(self, key: str, error: str, /) -> None: ...
    async def of_order(self, order_no: str, /) -> Sequence[OutboundMessage]: ...


class SmsPort(Protocol):
    """The provider of text messages. Both methods raise when the outcome of the request cannot be known."""

    async def send(self, to: str, body: str, /) -> ProviderAnswer: ...
    async def find(self, to: str, body: str, since: datetime, /) -> Sequence[str]: ...


class OptOutsPort(Protocol):
    """Numbers that want no more texts."""

    async def add(self, phone: str, /) -> None: ...
    async def holds(self, phone: str, /) -> bool: ...


class CallsPort(Protocol):
    """Automatic calls by the key of their effect."""

    async def claim(self, new: NewCall, /) -> OutboundCall: ...
    async def attempting(self, key: str, /) -> None: ...
    async def placed(self, key: str, provider_sid: str, /) -> None: ...
    async def failed(self, key: str, error: str, /) -> None: ...
    async def known(self, provider_sids: Sequence[str], /) -> Collection[str]: ...


class VoicePort(Protocol):
    """The provider of calls. Both methods raise when the outcome of the request cannot be known."""

    async def place(self, to: str, call_id: str, /) -> ProviderAnswer: ...
    async def find(self, to: str, since: datetime, /) -> Sequence[str]: ...


class CallbacksPort(Protocol):
    """Calls that are owed to citizens."""

    async def open(
        self,
        order_no: str,
        round_: int,
        party: str,
        /,
        *,
        realm: str,
        regime: str,
        attempt: int,
        due_at: datetime | None,
    ) -> None: ...


class CallTasksPort(Protocol):
    """People to telephone because no text reached them."""

    async def open(
        self,
        key: str,
        order_no: str,
        /,
        *,
        realm: str,
        regime: str,
        template: str,
        to_role: str,
        unit: str | None,
        party: str | None,
    ) -> None: ...


# Archive


class DossiersPort(Protocol):
    """All stored data of an order."""

    async def of_order(self, no: str, /) -> Dossier | None: ...


class ObjectsPort(Protocol):
    """The object store. An object is whole or absent, and those of the archive are never replaced."""

    async def size(self, key: str, /) -> int | None: ...
    def get_stream(self, key: str, start: int, end: int, /) -> AsyncIterator[bytes]: ...
    async def put_file(self, key: str, path: Path, /) -> bool: ...


class BundleWriterPort(Protocol):
    """A bundle that is being written."""

    async def add(self, path: str, content: bytes, /) -> AddedFile: ...
    async def stream(self, path: str, size: int, chunks: AsyncIterable[bytes], /) -> AddedFile: ...
    async def close(self) -> PackedBundle: ...


class BundlesPort(Protocol):
    """Writes the bundle of an order, the same bytes for the same content; its file is deleted with the context.

    `adopt` checks the bundle that is in the object store and returns its SHA-256; raises `NotABundle`.
    """

    def begin(self, name: str, closed_on: date, /) -> AbstractAsyncContextManager[BundleWriterPort]: ...
    async def adopt(self, name: str, key: str, /) -> str: ...


class SheetsPort(Protocol):
    """Renders the sheet of an order; `pdf` blocks for some 30 ms."""

    def html(self, sheet: Sheet, /) -> bytes: ...
    def pdf(self, sheet: Sheet, /) -> bytes: ...


class ArchivedBundlesPort(Protocol):
    """Bundles by order."""

    async def record(self, order_no: str, bundle: str, sha256: str, /) -> StoredBundle: ...
    async def get(self, order_no: str, /) -> StoredBundle | None: ...
