"""Pages of a list: the cursor names the last row of a page, so rows added meanwhile shift nothing."""

import base64
from dataclasses import dataclass
from typing import Annotated, Any, Generic, TypeVar

from pydantic import StringConstraints, TypeAdapter
from pydantic_core import to_json

T = TypeVar("T")
Name = Annotated[str, StringConstraints(pattern=r"^\P{Cc}+$")]
"""A text that the database can store: without control characters."""


class BadCursor(ValueError):  # noqa: N818 - reads as a sentence where it is caught
    """The cursor was not made by `to_cursor`."""


@dataclass(frozen=True)
class Page(Generic[T]):
    """Some of a list; `next` is the cursor of the following page, None on the last."""

    items: tuple[T, ...]
    next: str | None


def to_cursor(*place: Any) -> str:
    """Encode a row's place in its list as an opaque text."""
    return base64.urlsafe_b64encode(to_json(place)).decode().rstrip("=")


def from_cursor(cursor: str, place: TypeAdapter[T]) -> T:
    """Decode the place from a cursor. Raises BadCursor unless it is of the given type."""
    try:
        return place.validate_json(base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)), strict=True)
    except ValueError as error:
        raise BadCursor("翻页游标无效") from error
