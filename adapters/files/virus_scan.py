"""The virus scanner: clamd by `CLAMAV_URL`, like `tcp://host:3310` or `unix:/run/clamav/clamd.ctl`; '' for none."""

import asyncio
from enum import StrEnum
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket

from adapters.settings.settings import Settings

SECONDS: Final = 30
"""For making the connection, and for each thing that is said on it."""


class Scan(StrEnum):
    """What is known of a file: looked at and clean, let in without being looked at, or nobody looks here."""

    CLEAN = "clean"
    UNSCANNED = "unscanned"
    OFF = "off"


class Infected(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The scanner knows it; the text is the name that it has there."""


class ScannerUnavailable(Exception):  # noqa: N818
    """The scanner does not answer, or not in a way that says anything of the file."""


class Scanner:
    """Asks the scanner."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.clamav_url
        self._required = settings.clamav_required
        if self._url:
            _socket(self._url)

    async def scan(self, file: BinaryIO) -> Scan:
        """What the scanner says of a file, which is sent to it as it is read.

        One try, each step of which has 30 s; asking again changes nothing there. Raises Infected; and
        ScannerUnavailable where a scan is required (`CLAMAV_REQUIRED`), else such a file counts as unscanned.
        """
        if not self._url:
            return Scan.OFF
        try:
            status, name = await asyncio.to_thread(_asked, self._url, file)
        except (ClamdError, OSError) as error:
            if self._required:
                raise ScannerUnavailable(f"{type(error).__name__}: {error}") from None
            return Scan.UNSCANNED
        if status == "FOUND":
            raise Infected(name or "unknown")
        return Scan.CLEAN


def _asked(url: str, file: BinaryIO) -> tuple[str, str | None]:
    """The status and the name of what was found. Raises ClamdError, OSError."""
    answer = _socket(url).instream(file).get("stream")
    if answer is None or answer[0] not in {"OK", "FOUND"}:
        raise ClamdError(f"clamd says {answer}")
    return answer


def _socket(url: str) -> ClamdNetworkSocket:
    """Raises ValueError for another kind of address."""
    where = urlsplit(url)
    if where.scheme == "tcp" and where.hostname and where.port:
        return ClamdNetworkSocket(where.hostname, where.port, timeout=SECONDS)
    if where.scheme == "unix" and where.path:
        return ClamdUnixSocket(where.path, timeout=SECONDS)
    raise ValueError("CLAMAV_URL 应为 tcp://主机:端口 或 unix:/路径")
