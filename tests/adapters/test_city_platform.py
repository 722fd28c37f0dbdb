"""Answers of the city platform are parsed with caution."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest

from adapters.city.api_client import LONGEST_WAIT, CityUnavailable, OutboxPage, _page, _wait


@pytest.mark.parametrize(
    ("header", "wait"),
    [("7", 7), ("0", 0), ("999999999999", 3600), ("9" * 5000, None), ("", None), ("soon", None), ("-1", None)],
)
def test_how_long_it_wants_to_be_left_alone(header: str, wait: int | None) -> None:
    assert _wait(header) == (None if wait is None else timedelta(seconds=wait))


def test_a_date_counts_from_now_and_never_for_longer_than_an_hour() -> None:
    now = datetime.now(UTC)
    in_a_minute = _wait(format_datetime(now + timedelta(minutes=1), usegmt=True))
    assert in_a_minute is not None and timedelta(seconds=50) < in_a_minute <= timedelta(minutes=1)
    assert _wait(format_datetime(now + timedelta(days=9), usegmt=True)) == LONGEST_WAIT
    assert _wait(format_datetime(now - timedelta(days=9), usegmt=True)) == timedelta(0)


@pytest.mark.parametrize(
    ("content", "after", "page"),
    [
        (b'{"messages": [1], "next": "b", "more": true}', "a", OutboxPage((1,), "b", True)),
        (b'{"messages": [], "next": "a", "more": true, "new": 1}', "a", OutboxPage((), "a", False)),
        (b'{"messages": [], "next": null, "more": true}', None, OutboxPage((), None, False)),
        (b'{"messages": [{}], "next": "b"}', None, OutboxPage(({},), "b", False)),
    ],
)
def test_a_page_ends_where_its_cursor_stands_still(content: bytes, after: str | None, page: OutboxPage) -> None:
    assert _page(content, after) == page


@pytest.mark.parametrize(
    "content",
    [b"", b"<html>", b"[" * 100_000, b"[]", b'{"messages": {}, "next": "a"}', b'{"messages": []}',
     b'{"messages": [], "next": 5}', b'{"messages": [], "next": ""}', b'{"messages": [], "next": "%s"}' % (b"x" * 300)],
)  # fmt: skip
def test_anything_else_moves_no_cursor(content: bytes) -> None:
    with pytest.raises(CityUnavailable):
        _page(content, None)
