"""The object store: a folder and an S3 bucket behave alike."""

import asyncio
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import httpx
import obstore
import pytest

from adapters.files.object_store import PART, WINDOW, Objects
from adapters.settings.settings import Settings


@pytest.fixture(params=["folder", "bucket"])
def objects(request: pytest.FixtureRequest, tmp_path: Path) -> Objects:
    url = tmp_path.as_uri() if request.param == "folder" else request.getfixturevalue("new_bucket")()
    return Objects(Settings.model_validate({"OBJECT_STORE_URL": url}))


@pytest.fixture
def bucket(new_bucket: Callable[[], str]) -> Objects:
    return Objects(Settings.model_validate({"OBJECT_STORE_URL": new_bucket()}))


async def pieces(content: bytes, size: int = 100_000, torn: bool = False) -> AsyncIterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]
    if torn:
        raise ConnectionAbortedError


async def keys(objects: Objects, folder: str) -> list[str]:
    return sorted([found.key async for found in objects.list(folder)])


async def test_an_object_is_written_once(objects: Objects) -> None:
    assert await objects.put_if_absent("a/b", b"first")
    assert not await objects.put_if_absent("a/b", b"second")
    written = await asyncio.gather(*(objects.put_if_absent("c", bytes([n])) for n in range(8)))
    assert sum(written) == 1
    assert await objects.get("a/b") == b"first"
    assert await objects.get("a") is None
    assert await objects.exists("a/b") and not await objects.exists("a/c")


async def test_a_long_object_is_written_and_read_in_pieces(objects: Objects) -> None:
    content = bytes(range(256)) * (2 * PART // 256 + 1000)
    await objects.put_stream("long", pieces(content))
    read = [chunk async for chunk in objects.get_stream("long", 0, len(content))]
    assert max(map(len, read)) <= WINDOW
    assert sha256(b"".join(read)).digest() == sha256(content).digest()
    part = b"".join([chunk async for chunk in objects.get_stream("long", PART - 3, PART + 5)])
    assert part == content[PART - 3 : PART + 5]
    with await asyncio.to_thread(objects.reader, "long") as file:
        assert await asyncio.to_thread(file.seek, -7, 2) == len(content) - 7
        assert await asyncio.to_thread(file.read, 100) == content[-7:]


async def test_a_stream_that_breaks_leaves_nothing(objects: Objects) -> None:
    for length in (0, 10, 2 * PART):
        with pytest.raises(ConnectionAbortedError):
            await objects.put_stream("incoming/torn", pieces(b"x" * length, torn=True))
    assert await keys(objects, "incoming") == []


async def test_objects_are_moved_listed_and_taken_away(objects: Objects) -> None:
    before = datetime.now(UTC) - timedelta(seconds=2)
    for key in ("incoming/1", "incoming/2", "incoming2/3"):
        await objects.put_stream(key, pieces(key.encode()))
    assert all(found.modified_at > before for found in [each async for each in objects.list("incoming")])
    await objects.move("incoming/1", "attachments/2026/11/24/1")
    assert await keys(objects, "incoming") == ["incoming/2"]
    assert await objects.get("attachments/2026/11/24/1") == b"incoming/1"
    with pytest.raises(FileNotFoundError):
        await objects.move("incoming/1", "attachments/elsewhere")
    for _ in range(2):
        await objects.delete("incoming/2")
    assert await keys(objects, "incoming") == []
    assert await keys(objects, "nowhere") == []
    with pytest.raises(FileNotFoundError):
        _ = [chunk async for chunk in objects.get_stream("incoming/2", 0, 5)]


async def test_a_bucket_hands_an_object_out_by_itself_for_a_while(bucket: Objects, tmp_path: Path) -> None:
    await bucket.put_if_absent("a", b"content")
    url = await bucket.presign("a", timedelta(seconds=60))
    assert url is not None and "X-Amz-Expires=60" in url
    async with httpx.AsyncClient(trust_env=False) as http:
        assert (await http.get(url)).content == b"content"
    folder = Objects(Settings.model_validate({"OBJECT_STORE_URL": tmp_path.as_uri()}))
    assert await folder.presign("a", timedelta(seconds=60)) is None


async def test_a_bucket_that_is_not_there_is_an_error(bucket: Objects, s3: str) -> None:
    missing = Objects(Settings.model_validate({"OBJECT_STORE_URL": "s3://no-such-bucket/x"}))
    with pytest.raises((obstore.exceptions.BaseError, FileNotFoundError)):
        await missing.put_if_absent("a", b"x")


async def test_a_bucket_of_production_is_not_spoken_to_in_clear_over_the_network(
    new_bucket: Callable[[], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Refused even if the provider's variables allow it; permitted on this machine, where the tests' bucket is."""
    production = Settings.model_validate({"JIESU_ENV": "production", "OBJECT_STORE_URL": new_bucket()})
    assert await Objects(production).get("nothing") is None
    monkeypatch.setenv("AWS_ALLOW_HTTP", "true")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://192.0.2.1:9000")
    with pytest.raises(obstore.exceptions.BaseError, match="builder error"):
        await Objects(production).get("nothing")
