"""Virus scanner client: clamd at `CLAMAV_URL`, like `tcp://host:3310` or `unix:/run/clamav/clamd.ctl`; '' for none."""

import asyncio
from enum import StrEnum
from typing import BinaryIO, Final
from urllib.parse import urlsplit

from clamav_client.clamd import ClamdError, ClamdNetworkSocket, ClamdUnixSocket

from adapters.settings.settings import Settings

SECONDS: Final = 30
"""Limit for connecting, and for each read or write."""


class Scan(StrEnum):
    """Scan result of a file: scanned and clean, accepted unscanned, or no scanner configured."""

    CLEAN = "clean"
    UNSCANNED = "unscanned"
    OFF = "off"


class Infected(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The scanner found malware; the text is the malware's name."""


class ScannerUnavailable(Exception):  # noqa: N818
    """The scanner gives no answer, or an unusable one."""


class Scanner:
    """Client of the virus scanner."""

    def __init__(self, settings: Settings) -> None:
        self._url = settings.clamav_url
        self._required = settings.clamav_required
        if self._url:
            _socket(self._url)

    async def scan(self, file: BinaryIO) -> Scan:
        """Scan a file, which is streamed to the scanner.

        One try, each step limited to 30 s; it may be repeated. Raises Infected; and
        ScannerUnavailable where a scan is required (`CLAMAV_REQUIRED`), otherwise the file counts as unscanned.
        """
        if not self._url:
            return Scan.OFF
        try:
            status, name = await asyncio.to_thread(_scan_stream, self._url, file)
        except (ClamdError, OSError) as error:
            if self._required:
                raise ScannerUnavailable(f"{type(error).__name__}: {error}") from None
            return Scan.UNSCANNED
        if status == "FOUND":
            raise Infected(name or "unknown")
        return Scan.CLEAN


def _scan_stream(url: str, file: BinaryIO) -> tuple[str, str | None]:
    """The status and the malware's name. Raises ClamdError, OSError."""
    answer = _socket(url).instream(file).get("stream")
    if answer is None or answer[0] not in {"OK", "FOUND"}:
        raise ClamdError(f"clamd says {answer}")
    return answer


def _socket(url: str) -> ClamdNetworkSocket:
    """Connect to the scanner's address. Raises ValueError for an unsupported scheme."""
    where = urlsplit(url)
    if where.scheme == "tcp" and where.hostname and where.port:
        return ClamdNetworkSocket(where.hostname, where.port, timeout=SECONDS)
    if where.scheme == "unix" and where.path:
        return ClamdUnixSocket(where.path, timeout=SECONDS)
    raise ValueError("CLAMAV_URL 应为 tcp://主机:端口 或 unix:/路径")
