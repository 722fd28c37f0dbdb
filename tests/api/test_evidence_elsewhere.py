"""The same API with its files in a bucket, and with a virus scanner."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress

import httpx
import pytest
import uvicorn

from adapters.files.object_store import Objects
from adapters.local.temporal import free_port
from adapters.settings.settings import Settings
from api.app import create_app
from tests.api.callers import Caller, eventually, problem
from tests.api.conftest import Installation
from tests.api.evidence import bring, brought, link, opened, picture, video
from tests.clamd import VIRUS, Clamd, clamd


@asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[str]:
    """Serve the API with these settings; yields its base URL."""
    port = free_port()
    server = uvicorn.Server(uvicorn.Config(create_app(settings), port=port, log_config=None, access_log=False))
    serving = asyncio.create_task(server.serve())
    base = f"http://127.0.0.1:{port}"

    def up() -> bool | None:
        with suppress(httpx.TransportError):
            return httpx.get(f"{base}/health/live", trust_env=False).is_success or None
        return None

    try:
        await asyncio.to_thread(eventually, up)
        yield base
    finally:
        server.should_exit = True
        await serving


@pytest.fixture
async def other(
    installation: Installation, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Callable[..., asyncio.Future[Caller]]]:
    """A function that returns a clerk's client at an API with some settings changed."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    ends = asyncio.Event()
    running: list[asyncio.Task[None]] = []

    def at(**changes: str) -> asyncio.Future[Caller]:
        ready: asyncio.Future[Caller] = asyncio.get_running_loop().create_future()
        names = {field.alias: name for name, field in Settings.model_fields.items()}
        values = {alias: getattr(installation.settings, name) for alias, name in names.items()}

        async def run() -> None:
            async with served(Settings.model_validate(values | changes)) as base:
                clerk = await asyncio.to_thread(Caller, base, "clerk-housing")
                ready.set_result(clerk)
                await ends.wait()
                clerk.http.close()

        running.append(asyncio.create_task(run()))
        return ready

    yield at
    ends.set()
    await asyncio.gather(*running)


Other = Callable[..., asyncio.Future[Caller]]


async def test_files_live_in_a_bucket(other: Other, new_bucket: Callable[[], str]) -> None:
    url = new_bucket()
    clerk = await other(OBJECT_STORE_URL=url)

    def life() -> None:
        content = video(content=7_000_000)
        file = brought(clerk, content, "录像.mp4")["id"]
        url = link(clerk, file)
        assert url.startswith("/api/v1/files/")
        assert opened(clerk, url).content == content
        assert opened(clerk, url, Range="bytes=6999000-6999999").content == content[6_999_000:7_000_000]
        shown = brought(clerk, picture())
        assert opened(clerk, shown["thumbnail"]).headers["Content-Type"] == "image/jpeg"
        problem(bring(clerk, picture()[:-300]), 422, "invalid")

    await asyncio.to_thread(life)
    bucket = Objects(Settings.model_validate({"OBJECT_STORE_URL": url}))
    assert len([found async for found in bucket.list("attachments")]) == 3  # a film, a picture and its small one
    assert [found async for found in bucket.list("incoming")] == []


async def test_a_bucket_may_hand_out_its_files_itself(other: Other, new_bucket: Callable[[], str]) -> None:
    clerk = await other(OBJECT_STORE_URL=new_bucket(), JIESU_PRESIGNED_LINKS="true")

    def life() -> None:
        content = picture()
        url = link(clerk, brought(clerk, content)["id"], expires_in=60)
        assert "X-Amz-Expires=60" in url
        assert httpx.get(url, trust_env=False).content == content

    await asyncio.to_thread(life)


async def test_a_bucket_that_does_not_answer_is_an_outage(other: Other, monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"ENDPOINT_URL": f"http://127.0.0.1:{free_port()}", "REGION": "us-east-1"}.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    for name in ("ACCESS_KEY_ID", "SECRET_ACCESS_KEY"):
        monkeypatch.setenv(f"AWS_{name}", "key")
    clerk = await other(OBJECT_STORE_URL="s3://bucket/evidence")
    problem(await asyncio.to_thread(bring, clerk, picture()), 503, "unavailable")


async def test_what_the_scanner_knows_is_not_kept(other: Other) -> None:
    with clamd() as peer:
        clerk = await other(CLAMAV_URL=peer.url)
        await asyncio.to_thread(_scanned, clerk, peer)


def _scanned(clerk: Caller, peer: Clamd) -> None:
    assert brought(clerk, video(), "录像.mp4")["scan"] == "clean"
    problem(bring(clerk, video() + VIRUS), 422, "infected")
    peer.close()
    away = bring(clerk, video())
    problem(away, 503, "unavailable")


async def test_without_the_scanner_a_file_may_be_let_in_and_says_so(other: Other) -> None:
    clerk = await other(CLAMAV_URL=f"tcp://127.0.0.1:{free_port()}", CLAMAV_REQUIRED="false")
    said = await asyncio.to_thread(brought, clerk, video(), "录像.mp4")
    assert said["scan"] == "unscanned"
