"""Archive bundles, moved between temporary files and the object store. `TMPDIR` sets the temporary folder."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory

from adapters.archive.bagit import BundleWriter, digest_of
from adapters.archive.bundle_check import BundleCheck, NotABundle
from adapters.archive.signature import SigningKeys
from adapters.files.object_store import Objects


class Bundles:
    """Begins signed bundles, and fetches stored ones."""

    def __init__(self, objects: Objects, signatures: SigningKeys) -> None:
        self._objects, self._signatures = objects, signatures

    @asynccontextmanager
    async def begin(self, name: str, closed_on: date) -> AsyncIterator[BundleWriter]:
        """Begin a bundle; its file is deleted when the block ends."""
        with TemporaryDirectory(prefix="jiesu-bag-") as folder:
            yield BundleWriter(name, closed_on, Path(folder) / f"{name}.zip", self._signatures)

    async def adopt(self, name: str, key: str) -> str:
        """The SHA-256 in hex of the intact bundle of `name` under this key. Raises NotABundle."""
        async with self.fetched(key) as path:
            if path is None:
                raise NotABundle(f"{name}: nothing is there")
            await asyncio.to_thread(BundleCheck(self._signatures).verify, name, path)
            return await asyncio.to_thread(_digest, path)

    @asynccontextmanager
    async def fetched(self, key: str) -> AsyncIterator[Path | None]:
        """Fetch a bundle into a file that is deleted when the block ends; None if the store has none."""
        size = await self._objects.size(key)
        if size is None:
            yield None
            return
        with TemporaryDirectory(prefix="jiesu-bag-") as folder:
            path = Path(folder) / "bundle.zip"
            with path.open("wb") as file:
                async for chunk in self._objects.get_stream(key, 0, size):
                    await asyncio.to_thread(file.write, chunk)
            yield path


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return digest_of(file)
