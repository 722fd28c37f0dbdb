"""The rules of evidence: accepted files (`evidence` of a rule book), and the phases that a rule may require."""

from enum import StrEnum
from typing import Annotated, Final

from pydantic import Field

from domain.words import Frozen

MEGABYTE: Final = 1_000_000

Size = Annotated[str, Field(pattern=r"^[1-9][0-9]{0,2}MB$", examples=["100MB"])]
"""A size as written in a rule book, in millions of bytes; at most 999MB, which fits into a column of 32 bits."""


class FileType(StrEnum):
    """Kinds of files that can be told apart by their content."""

    JPEG = "jpeg"
    PNG = "png"
    WEBP = "webp"
    HEIC = "heic"
    GIF = "gif"
    PDF = "pdf"
    MP4 = "mp4"
    MOV = "mov"
    THREE_GP = "3gp"
    MP3 = "mp3"
    M4A = "m4a"
    AMR = "amr"
    WAV = "wav"
    DOCX = "docx"
    XLSX = "xlsx"
    DOC = "doc"
    XLS = "xls"
    TXT = "txt"


class Phase(StrEnum):
    """Of which moment of the handling a file speaks."""

    BEFORE = "before"
    AFTER = "after"
    PROCESS = "process"
    RESULT = "result"
    OTHER = "other"


USUAL: Final = tuple(kind for kind in FileType if kind is not FileType.TXT)
"""Plain text is left out: it proves little and may be mistaken for a web page. A county can list it explicitly."""


class Evidence(Frozen):
    """How large a file may be, how many an order may have, and of which kinds (HJ-03, HJ-11)."""

    max_size: Size = "100MB"
    max_files: int = Field(default=50, ge=1, le=500)
    types: tuple[FileType, ...] = Field(default=USUAL, min_length=1)
    clause: str | None = None

    @property
    def max_bytes(self) -> int:
        """The largest file, in bytes."""
        return int(self.max_size.removesuffix("MB")) * MEGABYTE
