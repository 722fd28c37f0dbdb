"""Writes archive bundles: a BagIt 1.0 bag (RFC 8493) in one zip file, serialised as in the RFC's section 4.2.

A bundle is streamed into a temporary file, whatever its size; the library `bagit` checks it. Equal
content gives equal bytes: entries keep the order in which they were added, uncompressed (so that no version of a
compressor matters, and damage stays local) and dated 1980-01-01.
"""

import asyncio
import zipfile
from collections.abc import AsyncIterable, AsyncIterator
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO, Final

from adapters.archive.signature import SigningKeys
from domain.archive.bundles import AddedFile, PackedBundle

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
READABLE: Final = 0o644 << 16
DECLARATION: Final = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
MANIFEST: Final = "manifest-sha256.txt"
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
SIGNATURE: Final = "signature.bin"
PUBLIC_KEY: Final = "signing-key.pem"
CHUNK: Final = 1024 * 1024


class BundleWriter:
    """A bundle that is being written. One writer at a time."""

    def __init__(self, name: str, closed_on: date, path: Path, signatures: SigningKeys) -> None:
        self.name, self.path = name, path
        self._closed_on, self._signatures = closed_on, signatures
        self._zip = zipfile.ZipFile(path, "w", zipfile.ZIP_STORED, allowZip64=True)
        self._payload: dict[str, AddedFile] = {}

    async def add(self, path: str, content: bytes) -> AddedFile:
        """Add a payload file, by its path below `data/`."""

        async def whole() -> AsyncIterator[bytes]:
            yield content

        return await self.stream(path, len(content), whole())

    async def stream(self, path: str, size: int, chunks: AsyncIterable[bytes]) -> AddedFile:
        """Add a payload file from a stream; `size` is its approximate size, for the header."""
        digest, count = sha256(), 0
        entry = await asyncio.to_thread(self._zip.open, entry_of(f"{self.name}/data/{path}", size), "w")
        try:
            async for chunk in chunks:
                count += len(chunk)
                digest.update(chunk)
                await asyncio.to_thread(entry.write, chunk)
        finally:
            await asyncio.to_thread(entry.close)
        self._payload[f"data/{path}"] = AddedFile(count, digest.hexdigest())
        return self._payload[f"data/{path}"]

    async def close(self) -> PackedBundle:
        """Add the tag files and the signature; then nothing can be added any more."""
        return await asyncio.to_thread(self._close)

    def _close(self) -> PackedBundle:
        info = {
            "Bagging-Date": self._closed_on.isoformat(),
            "External-Identifier": self.name,
            "Payload-Oxum": f"{sum(each.size for each in self._payload.values())}.{len(self._payload)}",
            "Jiesu-Signing-Key-SHA256": self._signatures.fingerprint,
        }
        tags = {
            "bagit.txt": DECLARATION.encode(),
            "bag-info.txt": "".join(f"{key}: {value}\n" for key, value in info.items()).encode(),
            PUBLIC_KEY: self._signatures.public_key,
            MANIFEST: manifest({path: each.sha256 for path, each in self._payload.items()}),
        }
        tags[TAG_MANIFEST] = manifest({path: sha256(content).hexdigest() for path, content in tags.items()})
        tags[SIGNATURE] = self._signatures.sign(tags[TAG_MANIFEST])
        for path, content in tags.items():
            with self._zip.open(entry_of(f"{self.name}/{path}", len(content)), "w") as entry:
                entry.write(content)
        self._zip.close()
        with self.path.open("rb") as file:
            return PackedBundle(self.path, self.path.stat().st_size, digest_of(file))


def manifest(digests: dict[str, str]) -> bytes:
    """The lines of a manifest: a hash in hex, two spaces, a path; sorted by path."""
    return "".join(f"{digests[path]}  {path}\n" for path in sorted(digests)).encode()


def entry_of(path: str, size: int) -> zipfile.ZipInfo:
    """The zip entry of a file, the same on every system."""
    entry = zipfile.ZipInfo(path, EPOCH)
    entry.create_system = 3
    entry.external_attr = READABLE
    entry.file_size = size
    return entry


def digest_of(file: BinaryIO) -> str:
    """SHA-256 in hex of the rest of a file; blocks."""
    digest = sha256()
    while chunk := file.read(CHUNK):
        digest.update(chunk)
    return digest.hexdigest()
