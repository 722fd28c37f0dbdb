"""Receives files: they are stored apart until they are checked, and a refused file leaves nothing behind."""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from typing import Any, Final, Protocol

from adapters.database.orders.attachments import Attachments, NewFile, TooManyFiles, new_id
from adapters.files.content_check import RejectedFile, examined
from adapters.files.file_types import HEAD, KINDS, looks_like, sniffed
from adapters.files.object_store import Objects
from adapters.files.thumbnails import Thumbnails
from adapters.files.virus_scan import Infected, Scanner, ScannerUnavailable
from application.evidence.file_names import kept_name
from application.evidence.upload_refusal import UploadRefused, too_large, unsupported
from domain.calendar.business_calendar import CST
from domain.policy.evidence import Evidence, FileType
from domain.refusal import Code, Refused

log = logging.getLogger(__name__)

INCOMING: Final = "incoming"
KEPT: Final = "attachments"


class StoreNeeds(Protocol):
    """Needed to put files into the object store."""

    @property
    def objects(self) -> Objects:
        """The object store."""


class ReceiveNeeds(StoreNeeds, Protocol):
    """Needed to receive a file and check it."""

    scanner: Scanner
    thumbnails: Thumbnails


class KeepNeeds(StoreNeeds, Protocol):
    """Needed to keep received files."""

    attachments: Attachments


@dataclass(frozen=True)
class ReceivedFile:
    """A file that was received whole and passed the checks, under its own key below `INCOMING`. `size` in bytes."""

    key: str
    name: str
    kind: FileType
    size: int = 0
    sha256: str = ""
    scan: str = "off"
    thumbnail: bytes | None = field(default=None, repr=False)


class _Counted:
    """The bytes that go to the store, counted and hashed."""

    def __init__(self, head: bytes, rest: AsyncIterator[bytes], limit: Evidence) -> None:
        self._head, self._rest, self._limit = head, rest, limit
        self.size = 0
        self.hash = sha256()

    async def __aiter__(self) -> AsyncIterator[bytes]:
        yield self._counted(self._head)
        async for chunk in self._rest:
            yield self._counted(chunk)

    def _counted(self, chunk: bytes) -> bytes:
        self.size += len(chunk)
        if self.size > self._limit.max_bytes:
            raise too_large(self._limit)
        self.hash.update(chunk)
        return chunk


@asynccontextmanager
async def upload_batch(services: StoreNeeds) -> AsyncIterator[list[ReceivedFile]]:
    """Collects the files of one upload; deletes at its end those that were not kept."""
    received: list[ReceivedFile] = []
    try:
        yield received
    finally:
        for each in received:
            await services.objects.delete(each.key)


async def receive(
    services: ReceiveNeeds, said_name: str, chunks: AsyncIterator[bytes], limits: Evidence
) -> ReceivedFile:
    """Receive a file and check it: type, integrity, active content, viruses.

    Raises UploadRefused; nothing is left in the store then.
    """
    head = bytearray()
    async for chunk in chunks:
        head += chunk
        if len(head) >= HEAD:
            break
    if not head:
        raise UploadRefused("invalid", "文件是空的")
    possible = sniffed(bytes(head[:HEAD])) & frozenset(limits.types)
    if not possible:
        raise unsupported(limits, looks_like(bytes(head)))
    passing = _Counted(bytes(head), chunks, limits)
    coming = ReceivedFile(f"{INCOMING}/{new_id()}", said_name, min(possible))
    await services.objects.put_stream(coming.key, passing)
    coming = replace(coming, size=passing.size, sha256=passing.hash.hexdigest())
    try:
        return await _checked(services, coming, possible, limits)
    except BaseException:
        await services.objects.delete(coming.key)
        raise


async def keep(services: KeepNeeds, files: Mapping[str, ReceivedFile], of: Mapping[str, Any], *, at_most: int) -> None:
    """Move the files to their final keys and store them under these ids, all or none; `of` are fields of `NewFile`
    that they share.

    A key begins with the day of receipt (`application.jobs.abandoned_files` looks there for objects that a crash left).
    Under the same ids it may be repeated. Raises Refused(limit_reached).
    """
    folder = f"{KEPT}/{datetime.now(CST):%Y/%m/%d}"
    rows: dict[str, NewFile] = {}
    placed: list[str] = []
    try:
        for file_id, each in files.items():
            key, thumbnail_key = f"{folder}/{file_id}", None
            placed.append(key)
            await services.objects.move(each.key, key)
            if each.thumbnail is not None:
                thumbnail_key = f"{key}.thumbnail.jpg"
                placed.append(thumbnail_key)
                await services.objects.put_if_absent(thumbnail_key, each.thumbnail)
            rows[file_id] = NewFile(
                name=each.name,
                media_type=KINDS[each.kind].media_type,
                size=each.size,
                sha256=each.sha256,
                scan=each.scan,
                object_key=key,
                thumbnail_key=thumbnail_key,
                **of,
            )
        await services.attachments.add_all(rows, at_most=at_most)
    except TooManyFiles:
        # Keys that a first attempt stored under these ids stay.
        await _delete(services, await services.attachments.unknown_keys(placed))
        raise Refused(Code.LIMIT_REACHED, f"附件不能超过 {at_most} 个") from None


async def _checked(
    services: ReceiveNeeds, coming: ReceivedFile, possible: frozenset[FileType], limits: Evidence
) -> ReceivedFile:
    objects = services.objects
    try:
        reader = await asyncio.to_thread(objects.reader, coming.key)
        kind = await asyncio.to_thread(examined, reader, coming.size, possible)
        if kind not in limits.types:
            raise unsupported(limits)
        reader.seek(0)
        scan = await services.scanner.scan(reader)
        thumbnail = await services.thumbnails.of(kind, objects.get_stream(coming.key, 0, coming.size))
    except RejectedFile as unfit:
        raise UploadRefused("invalid", str(unfit)) from None
    except Infected as infected:
        log.warning("upload not kept: %s found in %s", infected, coming.sha256)
        raise UploadRefused("infected", "文件含有病毒，未予保存") from None
    except ScannerUnavailable as away:
        log.warning("virus scanner: %s", away)
        raise UploadRefused("unavailable", "病毒扫描暂不可用，请稍后重试") from None
    return replace(coming, kind=kind, name=kept_name(coming.name, kind), scan=scan, thumbnail=thumbnail)


async def _delete(services: StoreNeeds, keys: Collection[str]) -> None:
    for key in keys:
        await services.objects.delete(key)
