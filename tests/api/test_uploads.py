"""Uploads of evidence: accepted and refused files; nothing of a refused file is left."""

import asyncio
import io
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from itertools import count
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import psutil
import pytest
from PIL import Image

from adapters.database.orders.attachments import NewFile
from application.jobs.abandoned_files import delete_abandoned_files
from application.jobs.expired_records import delete_expired_request_keys
from application.services import Services, services
from tests.api.callers import Caller, eventually, new_key, problem
from tests.api.conftest import Installation
from tests.api.evidence import (
    bring,
    brought,
    compound,
    link,
    long_compound,
    office,
    opened,
    picture,
    sound,
    video,
    zipped,
)

SignIn = Callable[[str], Caller]
LARGE = 60_000_000


@pytest.fixture
def agent(caller: SignIn) -> Caller:
    return caller("agent")


@pytest.fixture
def clerk(caller: SignIn) -> Caller:
    return caller("clerk-housing")


@pytest.fixture
def objects(installation: Installation) -> Path:
    """The folder of the object store."""
    return Path(urlsplit(installation.settings.object_store_url).path)


def kept(objects: Path) -> set[Path]:
    """Every stored object."""
    return {path for path in objects.rglob("*") if path.is_file()}


def test_a_picture_is_kept_as_it_is_with_a_small_one_beside_it(clerk: Caller) -> None:
    exif = Image.Exif()
    exif[0x010F], exif[0x0112] = "Canary Cameras", 6  # maker; turned to the right
    content = picture("green", (900, 600), exif=exif)
    said = brought(
        clerk, content, "路灯 修复后.JPG", phase="after", note="东门第三盏", captured_at="2026-11-23T10:00:00"
    )
    assert said["sha256"] == sha256(content).hexdigest()
    assert (said["name"], said["media_type"], said["size"]) == ("路灯 修复后.jpg", "image/jpeg", len(content))
    assert (said["phase"], said["note"], said["captured_at"]) == ("after", "东门第三盏", "2026-11-23T02:00:00Z")
    assert (said["order"], said["unit"], said["scan"]) == (None, "housing", "off")
    assert opened(clerk, link(clerk, said["id"])).content == content

    small = opened(clerk, said["thumbnail"])
    assert small.headers["Content-Type"] == "image/jpeg"
    with Image.open(io.BytesIO(small.content)) as shown:
        assert shown.size == (320, 480)
        assert not shown.getexif()
    assert b"Canary" in content and b"Canary" not in small.content


@pytest.mark.parametrize(
    ("content", "said", "name", "media_type"),
    [
        (picture(file_format="PNG"), "照片.jpg", "照片.png", "image/png"),
        (picture(file_format="WEBP"), "照片", "照片.webp", "image/webp"),
        (picture(file_format="GIF"), "../../etc/passwd", "passwd.gif", "image/gif"),
        (picture(), "恶意.php", "恶意.jpg", "image/jpeg"),
        (picture(), "a\u202egpj.exe", "a gpj.jpg", "image/jpeg"),
        (picture(), ".. .", "附件.jpg", "image/jpeg"),
        (picture(), "C:\\桌面\\2026.11.24", "2026.11.24.jpg", "image/jpeg"),
        (picture(), "长" * 300 + ".jpeg", "长" * 100 + ".jpeg", "image/jpeg"),
        (b"%PDF-1.7\n1 0 obj<<>>endobj\ntrailer<<>>\n%%EOF\n", "批复.doc", "批复.pdf", "application/pdf"),
        (video(), "录像.mov", "录像.mp4", "video/mp4"),
        (video(b"qt  "), "录像.mov", "录像.mov", "video/quicktime"),
        (video(b"3gp4"), "录像.3gp", "录像.3gp", "video/3gpp"),
        (video(b"M4A "), "录音.m4a", "录音.m4a", "audio/mp4"),
        (sound(), "录音.wav", "录音.wav", "audio/wav"),
        (b"#!AMR\n" + b"\x3c" * 64, "录音.amr", "录音.amr", "audio/amr"),
        ((b"\xff\xfb\x90\x00" + b"\0" * 413) * 3, "录音.mp3", "录音.mp3", "audio/mpeg"),
        (office(), "报告.docx", "报告.docx", None),
        (office("xl/workbook.xml"), "台账.docx", "台账.xlsx", None),
        (compound("WordDocument"), "报告.doc", "报告.doc", "application/msword"),
        (compound("Workbook"), "台账.xls", "台账.xls", "application/vnd.ms-excel"),
        (long_compound("WordDocument"), "长报告.doc", "长报告.doc", "application/msword"),
    ],
    ids=count(),
)
def test_the_content_says_what_a_file_is(
    clerk: Caller, content: bytes, said: str, name: str, media_type: str | None
) -> None:
    file = brought(clerk, content, said)
    assert (file["name"], file["media_type"]) == (name, media_type or file["media_type"])
    assert clerk.get(f"/attachments/{file['id']}").json() | {"thumbnail": None} == {
        key: value for key, value in file.items() if key != "items"
    } | {"thumbnail": None}


@pytest.mark.parametrize(
    ("content", "status", "code"),
    [
        (b"", 422, "invalid"),
        (b"<html><script>alert(1)</script></html>", 415, "unsupported_type"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'/>", 415, "unsupported_type"),
        ("只是文字".encode(), 415, "unsupported_type"),
        (b"MZ" + b"\0" * 500, 415, "unsupported_type"),
        (zipped({"a.txt": "压缩包"}), 422, "invalid"),
        (office(**{"word/vbaProject.bin": "macro"}), 422, "invalid"),
        (office(**{"word/media/a.bin": "0" * 20_000_000}), 422, "invalid"),
        (b"GIF89a" + office(), 422, "invalid"),
        (picture() + zipped({"a.jar": "java"}), 422, "invalid"),
        (picture(comment=b"<script>alert(1)</script>"), 422, "invalid"),
        (picture(comment=b"%PDF-1.4"), 422, "invalid"),
        (picture()[:-300], 422, "invalid"),
        (picture("white", (9_000, 9_000), "PNG"), 422, "invalid"),
        (video()[:-50], 422, "invalid"),
        (b"%PDF-1.7\n1 0 obj", 422, "invalid"),
        (compound("WordDocument", "Macros"), 422, "invalid"),
        (compound("PowerPoint Document"), 422, "invalid"),
        (long_compound("WordDocument", "Macros"), 422, "invalid"),
        (compound()[:700], 422, "invalid"),
    ],
    ids=count(),
)
def test_what_is_no_evidence_is_refused_and_leaves_nothing(
    clerk: Caller, objects: Path, content: bytes, status: int, code: str
) -> None:
    before = kept(objects)
    problem(bring(clerk, content), status, code)
    assert kept(objects) == before


def test_a_large_file_passes_through_without_filling_the_memory(clerk: Caller, installation: Installation) -> None:
    process = psutil.Process(installation.api.process.pid)
    brought(clerk, video(), "前.mp4")  # imports happen before the measurement
    before = highest = process.memory_info().rss
    done = threading.Event()

    def watch() -> None:
        nonlocal highest
        while not done.wait(0.005):
            highest = max(highest, process.memory_info().rss)

    content = video(content=LARGE)
    watching = threading.Thread(target=watch)
    watching.start()
    try:
        file = brought(clerk, content, "长.mp4")
        url = link(clerk, file["id"])
        answer = opened(clerk, url)
    finally:
        done.set()
        watching.join()
    assert (file["size"], file["sha256"]) == (len(content), sha256(content).hexdigest())
    assert sha256(answer.content).hexdigest() == file["sha256"]
    assert highest - before < LARGE / 2


def test_more_than_the_county_allows_is_refused_while_it_comes(clerk: Caller, objects: Path) -> None:
    before, sent = kept(objects), 0

    def endless() -> Iterator[bytes]:
        nonlocal sent
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + video()[:28]
        for _ in range(150):
            sent += 1
            yield b"\x5a" * 1_000_000

    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = clerk.http.post("/attachments", content=endless(), headers=headers)
    assert "100MB" in problem(answer, 413, "too_large")["detail"]
    assert sent > 100
    assert kept(objects) == before


@pytest.mark.parametrize(
    ("content", "status"),
    [
        (b"", 400),
        (b"--b", 400),
        (b"rubbish", 400),
        (b"--b--\r\n", 422),
        (b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\n\r\n' + picture(), 400),
        (b'--b\r\nContent-Disposition: form-data; filename="a.jpg"\r\n\r\nx\r\n--b--\r\n', 400),
        (b'--b\r\nContent-Disposition: form-data; name="f"; filename="a.jpg"\r\n\r\nx\r\n--b--\r\n', 422),
        (b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n\xff\r\n--b--\r\n', 422),
        (b'--b\r\nContent-Disposition: form-data; name="note"\r\n\r\n' + b"x" * 9_000 + b"\r\n--b--\r\n", 413),
        (b"--b\r\n" + b"A: b\r\n" * 50 + b"\r\n\r\n--b--\r\n", 400),
    ],
    ids=count(),
)
def test_a_broken_body_is_a_problem_document(clerk: Caller, objects: Path, content: bytes, status: int) -> None:
    before = kept(objects)
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = clerk.http.post("/attachments", content=content, headers=headers)
    problem(answer, status, answer.json()["code"])
    assert kept(objects) == before


def test_other_content_types_and_strange_fields_are_refused(clerk: Caller, caller: SignIn) -> None:
    problem(clerk.post("/attachments", {"file": "x"}), 415, "invalid")
    problem(bring(clerk, picture(), phase="during"), 422, "invalid")
    problem(bring(clerk, picture(), motive="无"), 422, "invalid")
    problem(bring(clerk, picture(), captured_at="昨天"), 422, "invalid")
    problem(bring(clerk, picture(), note="有\x00字"), 422, "invalid")
    problem(bring(clerk, picture(), order="20000101-999999"), 404, "unknown_order")
    problem(bring(caller(""), picture()), 401, "not_authenticated")
    assert bring(clerk, picture(), note="", order="").status_code == 201


def test_an_upload_that_breaks_off_leaves_nothing(clerk: Caller, objects: Path) -> None:
    before = kept(objects)

    def torn() -> Iterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\n' + video(content=9_000_000)
        raise ConnectionAbortedError

    with pytest.raises(ConnectionAbortedError):
        clerk.http.post("/attachments", content=torn(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    eventually(lambda: kept(objects) == before or None)


def test_several_files_come_together_or_not_at_all(clerk: Caller, objects: Path) -> None:
    def together(*contents: bytes) -> httpx.Response:
        files = [("file", (f"{n}.jpg", content)) for n, content in enumerate(contents)]
        return clerk.http.post("/attachments", files=files, data={"phase": "process"})

    said = together(picture("red"), picture("blue")).json()
    assert [(each["name"], each["phase"]) for each in said["items"]] == [("0.jpg", "process"), ("1.jpg", "process")]
    assert said["id"] == said["items"][0]["id"]
    before = kept(objects)
    problem(together(picture(), b"MZ"), 415, "unsupported_type")
    problem(together(*[b"#!AMR\n" + b"\x3c" * 64] * 11), 422, "invalid")
    assert kept(objects) == before


def test_the_same_upload_under_one_key_is_one_file(clerk: Caller, objects: Path) -> None:
    key, content = new_key(), picture("pink")
    first, second = bring(clerk, content, key=key), bring(clerk, content, key=key)
    assert first.status_code == second.status_code == 201, second.text
    assert second.headers["Idempotency-Replayed"] == "true"
    assert first.json() == second.json()
    assert first.headers["Location"] == second.headers["Location"] == f"/api/v1/attachments/{first.json()['id']}"
    assert len([path for path in kept(objects) if first.json()["id"] in path.name]) == 2  # and its small picture
    problem(bring(clerk, picture("black"), key=key), 422, "invalid")
    problem(bring(clerk, content, key=key, note="别的"), 422, "invalid")
    assert not list((objects / "incoming").iterdir())


async def test_a_key_that_was_forgotten_brings_other_files_and_the_same_one_again(
    inside: Services, clerk: Caller
) -> None:
    key, content = new_key(), {"first": picture("teal"), "other": picture("olive")}

    def brings(which: str) -> dict[str, str]:
        answer = bring(clerk, content[which], key=key)
        assert answer.status_code == 201, answer.text
        said: dict[str, str] = answer.json()
        return said

    ids = []
    for which in ("first", "other", "first"):
        said = await asyncio.to_thread(brings, which)
        assert said["sha256"] == sha256(content[which]).hexdigest()
        ids.append(said["id"])
        await delete_expired_request_keys(inside, timedelta(0))
    assert ids[0] == ids[2] != ids[1]


@pytest.fixture
async def inside(installation: Installation, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Services]:
    """The services of the running installation."""
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    async with services(installation.settings) as opened_:
        yield opened_


async def test_what_a_crash_left_and_what_nobody_used_is_cleared_away(
    inside: Services, clerk: Caller, objects: Path
) -> None:
    file = await asyncio.to_thread(brought, clerk)
    known = await inside.attachments.get(file["id"])
    assert known is not None and known.thumbnail_key is not None
    folder = known.object_key.rpartition("/")[0]
    for key in ("incoming/crashed", f"{folder}/never-noted", f"{folder}/never-noted.thumbnail.jpg"):
        await inside.objects.put_if_absent(key, b"x")
    assert await delete_abandoned_files(inside) == 0  # its upload may still be under way
    assert await delete_abandoned_files(inside, older_than=timedelta(seconds=-1)) == 3
    assert await inside.objects.exists(known.object_key) and await inside.objects.exists(known.thumbnail_key)

    bound = NewFile(name="a", media_type="image/png", size=1, sha256="", object_key="x", uploaded_by="a", order_no="1")
    stays = await inside.attachments.add(bound)
    assert await delete_abandoned_files(inside, unused_for=timedelta(seconds=-1)) >= 1
    assert await inside.attachments.get(file["id"]) is None
    assert not await inside.objects.exists(known.object_key) and not await inside.objects.exists(known.thumbnail_key)
    assert await inside.attachments.get(stays) is not None
