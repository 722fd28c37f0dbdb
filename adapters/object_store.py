"""Files that last: a folder, or a bucket at S3, GCS or Azure (`OBJECT_STORE_URL`, like `s3://bucket/prefix`).

Credentials of a bucket come from the environment, as its provider's tools read them.
"""

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import AlreadyExistsError
from obstore.store import LocalStore, from_url

from adapters.settings import Settings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, ObjectStore, RetryConfig

CLIENT: "ClientConfig" = {"connect_timeout": timedelta(seconds=5), "timeout": timedelta(seconds=30)}
RETRY: "RetryConfig" = {"max_retries": 3, "retry_timeout": timedelta(seconds=60)}
_FILE_URL = "file://"


class Objects:
    """Objects by key; each is written once and whole.

    A request to a bucket has 30 s and is tried 4 times within 60 s; reads and conditional writes may be
    repeated. Raises `obstore.exceptions.BaseError`.
    """

    def __init__(self, settings: Settings) -> None:
        self._store = _open(settings)

    async def put_if_absent(self, key: str, content: bytes) -> bool:
        """Write an object unless there is one; says whether it was written.

        A repetition after a lost answer finds the object that the first one wrote.
        """
        try:
            await obstore.put_async(self._store, key, content, mode="create")
        except AlreadyExistsError:
            return False
        return True

    async def get(self, key: str) -> bytes | None:
        """The content of an object, None if there is none."""
        try:
            found = await obstore.get_async(self._store, key)
            return bytes(await found.bytes_async())
        except FileNotFoundError:
            return None

    async def exists(self, key: str) -> bool:
        """Whether there is such an object."""
        try:
            await obstore.head_async(self._store, key)
        except FileNotFoundError:
            return False
        return True


def _open(settings: Settings) -> "ObjectStore":
    url = settings.object_store_url
    if not url or url.startswith(_FILE_URL):
        folder = Path(url.removeprefix(_FILE_URL)) if url else settings.data_folder / "objects"
        return LocalStore(folder.absolute(), mkdir=True)
    return from_url(url, client_options=CLIENT, retry_config=RETRY)
