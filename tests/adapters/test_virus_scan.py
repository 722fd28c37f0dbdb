"""The virus scanner over a real connection."""

import io

import pytest

from adapters.files.virus_scan import Infected, Scan, Scanner, ScannerUnavailable
from adapters.settings.settings import Settings
from tests.clamd import NAME, VIRUS, clamd


def scanner(url: str, required: str = "true") -> Scanner:
    return Scanner(Settings.model_validate({"CLAMAV_URL": url, "CLAMAV_REQUIRED": required}))


async def test_the_whole_file_is_looked_at() -> None:
    with clamd() as peer:
        assert await scanner(peer.url).scan(io.BytesIO(b"x" * 100_000)) is Scan.CLEAN
        assert peer.seen == [100_000]
        with pytest.raises(Infected, match=NAME):
            await scanner(peer.url).scan(io.BytesIO(b"x" * 100_000 + VIRUS))


async def test_without_an_address_nobody_looks() -> None:
    assert await scanner("").scan(io.BytesIO(VIRUS)) is Scan.OFF


async def test_a_scanner_that_is_away_or_says_nothing_lets_nothing_in_unless_it_may() -> None:
    with clamd() as peer:
        peer.broken = True
        with pytest.raises(ScannerUnavailable):
            await scanner(peer.url).scan(io.BytesIO(b"x"))
        peer.close()
        with pytest.raises(ScannerUnavailable):
            await scanner(peer.url).scan(io.BytesIO(b"x"))
        assert await scanner(peer.url, "false").scan(io.BytesIO(b"x")) is Scan.UNSCANNED
    with pytest.raises(ScannerUnavailable):
        await scanner("unix:/nowhere/clamd.ctl").scan(io.BytesIO(b"x"))


@pytest.mark.parametrize("url", ["clamd:3310", "tcp://host", "http://host:3310", "unix:"])
def test_an_address_that_is_none_is_told_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="CLAMAV_URL"):
        scanner(url)
