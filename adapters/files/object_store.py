"""Object store: a folder, or a bucket at S3, GCS or Azure (`OBJECT_STORE_URL`, like `s3://bucket/prefix`).

A bucket's credentials and endpoint come from the environment variables of its provider's tools.
"""

import asyncio
import io
import secrets
from collections.abc import AsyncIterable, AsyncIterator
from contextlib import suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, NamedTuple

import obstore
from obstore.exceptions import AlreadyExistsError, BaseError
from obstore.store import AzureStore, GCSStore, LocalStore, S3Store, from_url

from adapters.settings.cleartext_peers import store_is_local
from adapters.settings.settings import Settings, UnusableSetting, environment

if TYPE_CHECKING:
    from obstore import ReadableFile
    from obstore.store import ClientConfig, ObjectStore, RetryConfig
    from typing_extensions import Buffer

CLIENT: "ClientConfig" = {
    "connect_timeout": timedelta(seconds=5),
    "timeout": timedelta(seconds=30),
}
RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
PART: Final = 5 * 1024 * 1024
"""Size of an upload part in bytes, the least that S3 accepts; two are in memory while one is written."""

WINDOW: Final = 1024 * 1024
"""Bytes that one request reads of a long object, so that each ends within its limit however slow the reader is."""

ONE_REQUEST: Final = 8 * 1024 * 1024
"""Largest object in bytes that is uploaded in one request, from memory."""

DRAFTS: Final = "incoming"
"""Prefix of unfinished objects; those of a crashed process are deleted later."""

READ_ONLY: Final = 0o440
_FILE_URL = "file://"


class Found(NamedTuple):
    """An object in a listing."""

    key: str
    modified_at: datetime


class Objects:
    """Objects by key; each is written once and whole.

    A request to a bucket has 30 s and is tried 4 times within 60 s; reads and conditional writes may be
    repeated. Raises `obstore.exceptions.BaseError`; the constructor raises UnusableSetting.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = _open(settings)

    async def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object unless the key exists; returns whether it was written.

        A repetition after a lost answer finds the object that the first one wrote.
        """
        try:
            await obstore.put_async(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    async def put_file(self, key: str, path: Path) -> bool:
        """Write a file of any size as an object unless the key exists; returns whether it was written.

        In a folder the object becomes read-only, and the first of several writers wins. In a bucket the first writer
        wins up to `ONE_REQUEST` bytes; a longer object is uploaded in parts, which have no such condition: of two
        concurrent ones the last wins, unless the bucket keeps versions.
        """
        if isinstance(self._store, LocalStore):
            return await self._put_local(self._store, key, path)
        size = (await asyncio.to_thread(path.stat)).st_size
        if size <= ONE_REQUEST:
            return await self.put_if_absent(key, await asyncio.to_thread(path.read_bytes))
        if await self.exists(key):
            return False
        await obstore.put_async(self._store, key, path, chunk_size=PART, max_concurrency=2)
        return True

    async def _put_local(self, store: LocalStore, key: str, path: Path) -> bool:
        """Write under a draft key first, so that the object is never visible incomplete."""
        draft = f"{DRAFTS}/{secrets.token_hex(16)}"
        await obstore.put_async(store, draft, path, chunk_size=PART, max_concurrency=2)
        try:
            await asyncio.to_thread((Path(str(store.prefix)) / draft).chmod, READ_ONLY)
            await obstore.copy_async(store, draft, key, overwrite=False)
        except AlreadyExistsError:
            return False
        finally:
            await self.delete(draft)
        return True

    async def put_stream(self, key: str, chunks: AsyncIterable[bytes]) -> None:
        """Write an object from a stream, with at most three parts in memory; an existing one is replaced.

        An exception of `chunks` ends the upload, is raised here, and no object is left: a store cannot discard
        uploaded parts, so the object is completed and then deleted.
        """
        failure: Exception | None = None

        async def until_it_fails() -> AsyncIterator["Buffer"]:
            nonlocal failure
            try:
                async for chunk in chunks:
                    yield chunk
            except Exception as error:
                failure = error

        await obstore.put_async(self._store, key, until_it_fails(), chunk_size=PART, max_concurrency=2)
        if failure is not None:
            await self.delete(key)
            raise failure

    async def get(self, key: str) -> bytes | None:
        """The content of an object, None if there is none."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def get_stream(self, key: str, start: int, end: int) -> AsyncIterator[bytes]:
        """The bytes from `start` to `end` (exclusive), a window at a time. Raises FileNotFoundError."""
        while start < end:
            read = await obstore.get_range_async(self._store, key, start=start, end=min(start + WINDOW, end))
            yield bytes(read)
            start += len(read)

    def reader(self, key: str) -> BinaryIO:
        """The object as a seekable file; every call blocks. Raises FileNotFoundError."""
        return io.BufferedReader(_Raw(obstore.open_reader(self._store, key)), buffer_size=16 * 1024)

    async def size(self, key: str) -> int | None:
        """The size of an object in bytes; None if there is none."""
        try:
            found = await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return None
        return int(found["size"])

    async def exists(self, key: str) -> bool:
        """Whether the object exists."""
        return await self.size(key) is not None

    async def move(self, key: str, to: str) -> None:
        """Rename an object. Raises FileNotFoundError, also when an earlier attempt moved it."""
        await obstore.rename_async(self._store, key, to)

    async def delete(self, key: str) -> None:
        """Delete an object; may be repeated."""
        with suppress(FileNotFoundError):
            await obstore.delete_async(self._store, key)

    async def list(self, prefix: str) -> AsyncIterator[Found]:
        """The objects below a prefix that is a whole folder, like `incoming`, in no particular order."""
        async for page in obstore.list(self._store, prefix):
            for each in page:
                yield Found(each["path"], each["last_modified"])

    async def presign(self, key: str, life: timedelta) -> str | None:
        """A URL at which the bucket itself serves the object for that long; None for a folder."""
        if not isinstance(self._store, S3Store | GCSStore | AzureStore):
            return None
        return await obstore.sign_async(self._store, "GET", key, life)


class _Raw(io.RawIOBase):
    """Adapts the store's reader to Python's file interface."""

    def __init__(self, file: "ReadableFile") -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def readinto(self, buffer: "Buffer") -> int:
        view = memoryview(buffer)
        read = memoryview(self._file.read(len(view)))
        view[: len(read)] = read
        return len(read)


def _open(settings: Settings) -> "ObjectStore":
    url = settings.object_store_url
    if not url or url.startswith(_FILE_URL):
        folder = Path(url.removeprefix(_FILE_URL)) if url else settings.data_folder / "objects"
        return LocalStore(folder.absolute(), mkdir=True)
    # In production only for this machine, even if a provider variable unknown to `cleartext_peers` allows more.
    in_clear = settings.environment != "production" or store_is_local(settings, environment())
    try:
        return from_url(url, client_options={**CLIENT, "allow_http": in_clear}, retry_config=RETRY)
    except (ValueError, BaseError):
        raise UnusableSetting("OBJECT_STORE_URL：无法识别，或缺少存储服务商要求的设置") from None
