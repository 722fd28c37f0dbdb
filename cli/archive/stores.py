"""The stores that the archive commands use."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from adapters.archive.signature import SigningKeys
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from adapters.settings.settings import settings


@dataclass(frozen=True)
class ArchiveStores:
    """The database, the object store and the keys of the archive, from the settings of the environment."""

    database: Database
    objects: Objects
    signatures: SigningKeys


@asynccontextmanager
async def open_stores() -> AsyncIterator[ArchiveStores]:
    """Opens the stores and closes them at the end of the block."""
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=2)
    try:
        yield ArchiveStores(database, Objects(chosen), SigningKeys(chosen.archive_key))
    finally:
        await database.dispose()
