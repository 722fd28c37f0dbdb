"""Answers about files."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import zip_longest

from fastapi import Request
from pydantic import Field

from adapters.database.orders.attachments import File
from adapters.files.signed_links import Purpose, SignedLink, signed
from api.schemas.base import Shape
from application.services import Services
from domain.policy.evidence import Phase

OPEN: str = "open_file"
"""The name of the route that a link leads to."""


class FileOut(Shape):
    """A file. `thumbnail`: a link to its small picture that expires; null where there is none. `size` in bytes.

    `scan`: `clean`, `unscanned` (the virus scanner did not answer), or `off` (there is none).
    """

    id: str
    name: str
    media_type: str
    size: int
    sha256: str
    order: str | None
    phase: Phase
    note: str | None
    captured_at: datetime | None
    scan: str
    unit: str | None
    uploaded_by: str
    created_at: datetime
    thumbnail: str | None


class Uploaded(FileOut):
    """The file that was uploaded, or the first of several; `items` lists all of them."""

    items: tuple[FileOut, ...]


class Pair(Shape):
    """The ids of a picture of before and one of after, in the order in which each unit brought them."""

    unit: str | None
    before: str | None
    after: str | None


class FilesOut(Shape):
    """The files of an order, the oldest first, and its pairs of before and after."""

    items: tuple[FileOut, ...]
    pairs: tuple[Pair, ...]
    next: None = Field(default=None, description="一页即全部")


class LinkOut(Shape):
    """A link that anybody may open who has it, until `expires_at`. A path of this API, or an address of the bucket."""

    url: str
    purpose: Purpose
    expires_at: datetime
    expires_in: int


def shown_to(request: Request, services: Services) -> Callable[[File], FileOut]:
    """Return a function that describes files for the answer to a request."""

    def shown(file: File) -> FileOut:
        thumbnail = None
        if file.thumbnail_key:
            thumbnail = path_of(
                request, services, SignedLink(file=file.id, purpose="thumbnail"), life_of_links(services)
            )
        return FileOut.model_validate(file.model_dump() | {"order": file.order_no, "thumbnail": thumbnail})

    return shown


def path_of(request: Request, services: Services, link: SignedLink, life: timedelta) -> str:
    """The path of a link, without a host, which the caller knows."""
    token = signed(link, services.settings.secret_key, life)
    return str(request.app.url_path_for(OPEN, token=token))


def life_of_links(services: Services) -> timedelta:
    """The lifetime of links."""
    return timedelta(seconds=services.settings.link_seconds)


def paired(files: Sequence[File]) -> tuple[Pair, ...]:
    """Pair each unit's pictures of before and after in their order; the rest are without a partner."""
    pairs: list[Pair] = []
    for unit in dict.fromkeys(file.unit for file in files):
        before, after = (
            [file.id for file in files if file.unit == unit and file.phase == phase]
            for phase in (Phase.BEFORE, Phase.AFTER)
        )
        pairs += [Pair(unit=unit, before=one, after=other) for one, other in zip_longest(before, after)]
    return tuple(pairs)
