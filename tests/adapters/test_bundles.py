"""Bundles: a change of any byte is found and named, and standard tools can read them."""

import asyncio
import hashlib
import shutil
import subprocess
import tracemalloc
import zipfile
import zlib
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from pathlib import Path

import bagit
import pytest

from adapters.archive.bagit import BundleWriter
from adapters.archive.bundle_check import BundleCheck, NotABundle
from adapters.archive.bundles import Bundles
from adapters.archive.changed_byte import changed_byte
from adapters.archive.signature import SigningKeys
from adapters.archive.zip_layout import by_directory
from adapters.files.object_store import ONE_REQUEST, Objects
from adapters.settings.settings import Settings

NO = "20261123-000001"
DAY = date(2026, 12, 31)
OURS = SigningKeys("ours")
FILES = {"order.json": '{"title": "路灯不亮"}\n'.encode(), "personal/evidence/att-1.jpg": bytes(range(256))}


async def packed(folder: Path, files: dict[str, bytes] | None = None, signatures: SigningKeys = OURS) -> Path:
    """A bundle of these files."""
    path = folder / "bundle.zip"
    bundle = BundleWriter(NO, DAY, path, signatures)
    for name, content in (files or FILES).items():
        await bundle.add(name, content)
    await bundle.close()
    return path


def problems(path: Path, name: str = NO) -> Sequence[str]:
    return BundleCheck(OURS).check(name, path).problems


async def test_every_byte_that_is_changed_is_found_and_named(tmp_path: Path) -> None:
    path = await packed(tmp_path)
    whole, layout = path.read_bytes(), by_directory(path)
    assert problems(path) == ()

    def place(at: int) -> str:
        """The name of the part at this position."""
        for lies in layout:
            if lies.header <= at < lies.start:
                return f"{lies.path.removeprefix(f'{NO}/')} 的文件头"
            if lies.start <= at < lies.start + lies.size:
                return lies.path.removeprefix(f"{NO}/")
        return "zip 目录"

    # Every seventh byte is enough: it hits every field of every file, and every byte would take long.
    for at in range(0, len(whole), 7):
        damaged = bytearray(whole)
        damaged[at] ^= 1 << at % 8
        path.write_bytes(damaged)
        found = problems(path)
        assert found and all(each.startswith(place(at)) for each in found), (at, place(at), found)
        lies = next((each for each in layout if each.start <= at < each.start + each.size), None)
        if lies is None or lies.path.endswith(("tagmanifest-sha256.txt", "signature.bin")):
            continue  # parts without a checksum are named by their line, or are 64 bytes without meaning
        within = at - lies.start
        assert any(f"第 {within} 字节应为 0x{whole[at]:02x}，实为 0x{damaged[at]:02x}" in each for each in found), found


async def test_what_was_cut_off_added_or_is_no_bundle_is_found(tmp_path: Path) -> None:
    path = await packed(tmp_path)
    whole = path.read_bytes()
    for broken in (b"", b"something else", whole[:-1], whole[: len(whole) // 2], whole + b"x", b"x" + whole):
        path.write_bytes(broken)
        assert problems(path), len(broken)


async def test_who_rewrites_a_file_and_all_checksums_is_found_by_the_signature(tmp_path: Path) -> None:
    forged = await packed(tmp_path, FILES | {"order.json": b"another story"}, SigningKeys("theirs"))
    assert problems(forged) == ("signature.bin：不是本热线对 tagmanifest-sha256.txt 的签名",)
    assert BundleCheck(SigningKeys("new,theirs")).check(NO, forged).problems == ()  # a key that was rotated


async def test_the_bundle_of_another_order_is_not_taken_for_this_one(tmp_path: Path) -> None:
    path = await packed(tmp_path)
    with pytest.raises(NotABundle):
        BundleCheck(OURS).verify("20261123-000002", path)


async def test_equal_content_is_equal_bytes(tmp_path: Path) -> None:
    (tmp_path / "1").mkdir()
    (tmp_path / "2").mkdir()
    one, two = await packed(tmp_path / "1"), await packed(tmp_path / "2")
    assert one.read_bytes() == two.read_bytes()


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
async def test_standard_tools_check_it(tmp_path: Path) -> None:
    """The instructions in README.txt of a bundle work without this project's software."""
    with zipfile.ZipFile(await packed(tmp_path)) as zipped:
        zipped.extractall(tmp_path)
    folder = tmp_path / NO
    bagit.Bag(str(folder)).validate()
    await asyncio.to_thread(run, folder, "sha256sum -c manifest-sha256.txt")
    await asyncio.to_thread(run, folder, "sha256sum -c tagmanifest-sha256.txt")
    signed = "-in tagmanifest-sha256.txt -sigfile signature.bin"
    await asyncio.to_thread(run, folder, f"openssl pkeyutl -verify -pubin -inkey signing-key.pem -rawin {signed}")
    assert (folder / "signing-key.pem").read_bytes() == OURS.public_key


def run(folder: Path, command: str) -> None:
    done = subprocess.run(command.split(), cwd=folder, capture_output=True, text=True, check=False, timeout=30)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("at", [0, 1, 500, 998, 999])
def test_one_changed_byte_is_found_by_checksums_alone(at: int) -> None:
    whole = bytes(n % 251 for n in range(1000))
    damaged = bytearray(whole)
    damaged[at] ^= 0x41
    crc, digest = zlib.crc32(whole), hashlib.sha256(whole).hexdigest()
    found = changed_byte(bytes(damaged), crc, digest)
    assert found == (at, whole[at], damaged[at])
    damaged[at - 1] ^= 1
    assert changed_byte(bytes(damaged), crc, digest) is None


async def test_hundreds_of_megabytes_take_no_memory(tmp_path: Path) -> None:
    async def film(chunks: int) -> AsyncIterator[bytes]:
        for number in range(chunks):
            yield bytes([number % 256]) * (1024 * 1024)

    tracemalloc.start()
    bundle = BundleWriter(NO, DAY, tmp_path / "long.zip", OURS)
    await bundle.stream("personal/evidence/film.mp4", 64 * 1024 * 1024, film(64))
    done = await bundle.close()
    objects = Objects(Settings.model_validate({"OBJECT_STORE_URL": (tmp_path / "store").as_uri()}))
    assert await objects.put_file("archives/2026/1.zip", done.path)
    assert await asyncio.to_thread(BundleCheck(OURS).check, NO, done.path) is not None
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert done.size > 64 * 1024 * 1024
    assert peak < 24 * 1024 * 1024, peak


@pytest.mark.parametrize("size", [1000, ONE_REQUEST + 1])
@pytest.mark.parametrize("kind", ["folder", "bucket"])
async def test_a_file_becomes_an_object_once(
    kind: str, size: int, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    url = (tmp_path / "store").as_uri() if kind == "folder" else request.getfixturevalue("new_bucket")()
    objects = Objects(Settings.model_validate({"OBJECT_STORE_URL": url}))
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"1" * size)
    other.write_bytes(b"2" * size)
    assert await objects.put_file("archives/2026/1.zip", one)
    assert not await objects.put_file("archives/2026/1.zip", other)
    assert await objects.get("archives/2026/1.zip") == b"1" * size
    assert [found.key async for found in objects.list("incoming")] == []
    if kind == "folder":
        assert (tmp_path / "store/archives/2026/1.zip").stat().st_mode & 0o222 == 0
    await objects.delete("archives/2026/1.zip")
    assert await objects.size("archives/2026/1.zip") is None


async def test_of_many_writers_in_a_folder_one_comes_first(tmp_path: Path) -> None:
    objects = Objects(Settings.model_validate({"OBJECT_STORE_URL": (tmp_path / "store").as_uri()}))
    files = [tmp_path / str(number) for number in range(8)]
    for file in files:
        file.write_bytes(file.name.encode() * 100_000)
    written = await asyncio.gather(*(objects.put_file("archives/1.zip", file) for file in files))
    assert sum(written) == 1
    assert await objects.get("archives/1.zip") == files[written.index(True)].read_bytes()


async def test_one_that_stands_is_adopted_only_if_it_is_whole(tmp_path: Path, new_bucket: Callable[[], str]) -> None:
    objects = Objects(Settings.model_validate({"OBJECT_STORE_URL": new_bucket()}))
    bundles = Bundles(objects, OURS)
    async with bundles.begin(NO, DAY) as bundle:
        await bundle.add("order.json", b"{}")
        done = await bundle.close()
        await objects.put_file("whole", done.path)
        await objects.put_if_absent("torn", done.path.read_bytes()[:-40])
    assert await bundles.adopt(NO, "whole") == done.sha256
    for key in ("torn", "nothing"):
        with pytest.raises(NotABundle):
            await bundles.adopt(NO, key)
