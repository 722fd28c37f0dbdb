"""Accepted file types, detected by their first bytes; names and declared types are ignored.

puremagic knows thousands of types and names the rejected ones; an accepted file has to begin as the format's
specification says.
"""

import re
from typing import Final, NamedTuple

import puremagic

from domain.policy.evidence import FileType

HEAD: Final = 64 * 1024
"""Bytes that are read to detect the type."""


class Kind(NamedTuple):
    """Content type and extensions of a file type; a file gets the first extension. `shown`: a browser displays it."""

    media_type: str
    extensions: tuple[str, ...]
    shown: bool = True


_OFFICE = "application/vnd.openxmlformats-officedocument"
KINDS: Final = {
    FileType.JPEG: Kind("image/jpeg", ("jpg", "jpeg", "jpe", "jfif")),
    FileType.PNG: Kind("image/png", ("png",)),
    FileType.WEBP: Kind("image/webp", ("webp",)),
    FileType.HEIC: Kind("image/heic", ("heic", "heif")),
    FileType.GIF: Kind("image/gif", ("gif",)),
    FileType.PDF: Kind("application/pdf", ("pdf",)),
    FileType.MP4: Kind("video/mp4", ("mp4", "m4v")),
    FileType.MOV: Kind("video/quicktime", ("mov", "qt")),
    FileType.THREE_GP: Kind("video/3gpp", ("3gp", "3g2")),
    FileType.MP3: Kind("audio/mpeg", ("mp3",)),
    FileType.M4A: Kind("audio/mp4", ("m4a",)),
    FileType.AMR: Kind("audio/amr", ("amr",)),
    FileType.WAV: Kind("audio/wav", ("wav",)),
    FileType.DOCX: Kind(f"{_OFFICE}.wordprocessingml.document", ("docx",), shown=False),
    FileType.XLSX: Kind(f"{_OFFICE}.spreadsheetml.sheet", ("xlsx",), shown=False),
    FileType.DOC: Kind("application/msword", ("doc",), shown=False),
    FileType.XLS: Kind("application/vnd.ms-excel", ("xls",), shown=False),
    FileType.TXT: Kind("text/plain; charset=utf-8", ("txt",), shown=False),
}
PICTURES: Final = {FileType.JPEG: "JPEG", FileType.PNG: "PNG", FileType.WEBP: "WEBP", FileType.GIF: "GIF"}
"""Pictures that Pillow opens, by its names."""

BOXED: Final = frozenset({FileType.HEIC, FileType.MP4, FileType.MOV, FileType.THREE_GP, FileType.M4A})
"""Files made of boxes (ISO/IEC 14496-12)."""

ZIPPED: Final = frozenset({FileType.DOCX, FileType.XLSX})
COMPOUND: Final = frozenset({FileType.DOC, FileType.XLS})
NAMED_BY: Final = {kind.media_type: name for name, kind in KINDS.items()}

_STARTS: Final[tuple[tuple[bytes, frozenset[FileType]], ...]] = (
    (b"\xff\xd8\xff", frozenset({FileType.JPEG})),
    (b"\x89PNG\r\n\x1a\n", frozenset({FileType.PNG})),
    (b"GIF87a", frozenset({FileType.GIF})),
    (b"GIF89a", frozenset({FileType.GIF})),
    (b"%PDF-", frozenset({FileType.PDF})),
    (b"#!AMR\n", frozenset({FileType.AMR})),
    (b"#!AMR-WB\n", frozenset({FileType.AMR})),
    (b"ID3", frozenset({FileType.MP3})),
    (b"PK\x03\x04", ZIPPED),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", COMPOUND),
)
_RIFF: Final = {b"WEBP": FileType.WEBP, b"WAVE": FileType.WAV}
_BRANDS: Final[tuple[tuple[re.Pattern[bytes], FileType], ...]] = (
    (re.compile(rb"hei[cxms]|hev[cxms]|mif1|msf1"), FileType.HEIC),
    (re.compile(rb"qt  "), FileType.MOV),
    (re.compile(rb"3g[a-z0-9]{2}"), FileType.THREE_GP),
    (re.compile(rb"M4[AB] "), FileType.M4A),
    (re.compile(rb"isom|iso[2-9a-m]|mp4[12]|avc1|M4V |MSNV|dash|mmp4|f4v "), FileType.MP4),
)
_MARKUP: Final = re.compile(rb"<\s*(!doctype|html|head|body|script|svg|iframe|\?php|\?xml)", re.IGNORECASE)
_BITRATES: Final = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_RATES: Final = (44_100, 48_000, 32_000)
_NOT_TEXT: Final = frozenset(range(32)) - {9, 10, 13} | {127}


def sniffed(head: bytes) -> frozenset[FileType]:
    """The types that a file with this head may have: none, one, or several that share a container."""
    for start, kinds in _STARTS:
        if head.startswith(start):
            return kinds
    found: FileType | None = None
    if head[:4] == b"RIFF":
        found = _RIFF.get(head[8:12])
    elif head[4:8] == b"ftyp":
        found = next((kind for brand, kind in _BRANDS if brand.fullmatch(head[8:12])), None)
    elif _is_mpeg_audio(head):
        found = FileType.MP3
    elif _is_text(head):
        found = FileType.TXT
    return frozenset() if found is None else frozenset({found})


def holds_markup(head: bytes) -> bool:
    """Whether a browser or an interpreter might treat it as a page or a program."""
    return _MARKUP.search(head[:4096]) is not None


def looks_like(head: bytes) -> str:
    """The type by puremagic, as an extension like `.exe`; '' if it is unknown."""
    try:
        return str(puremagic.from_string(head[:4096])) if head else ""
    except (puremagic.PureError, ValueError):
        return ""


def _is_mpeg_audio(head: bytes) -> bool:
    """Two consecutive frames of MPEG-1 layer III (ISO/IEC 11172-3); a single one may occur by chance."""
    length = _frame(head[:4])
    return length > 0 and _frame(head[length : length + 4]) > 0


def _frame(header: bytes) -> int:
    """The length of the frame with this header, 0 if it is invalid."""
    if len(header) < 4 or header[0] != 0xFF or header[1] & 0xFE != 0xFA:
        return 0
    bitrate, rate = header[2] >> 4, header[2] >> 2 & 3
    if bitrate in {0, 15} or rate == 3:
        return 0
    return 144_000 * _BITRATES[bitrate] // _RATES[rate] + (header[2] >> 1 & 1)


def _is_text(head: bytes) -> bool:
    """UTF-8 without control characters and without markup; the last character may be cut."""
    if not head or holds_markup(head) or not _NOT_TEXT.isdisjoint(head):
        return False
    try:
        head.decode()
    except UnicodeDecodeError as error:
        return len(head) == HEAD and error.start > HEAD - 4
    return True
