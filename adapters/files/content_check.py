"""Checks the content of a file before it is stored: intact, of a single format, and not malicious.

All functions block and read little: file ends, directories and tables, never the whole file.
"""

import re
import struct
import zipfile
from collections.abc import Iterator
from typing import BinaryIO, Final

from adapters.files.file_types import BOXED, COMPOUND, ZIPPED, holds_markup
from domain.policy.evidence import FileType

MAX_ENTRIES: Final = 5_000
MAX_UNPACKED: Final = 500_000_000
"""Unpacked size limit of an office document in bytes; it may also be at most `MAX_RATIO` times the packed size."""

MAX_RATIO: Final = 200
_RATIO_FROM: Final = 10_000_000  # a short, mostly empty document compresses well and is harmless
_MAX_DIRECTORY: Final = 2_000_000  # bytes
_MAX_BOXES: Final = 10_000
_MAX_SECTORS: Final = 2_000
_END: Final = 0xFFFFFFFE  # end of a sector chain; greater values mark free entries
_PDF_END: Final = 4096
_MACROS: Final = re.compile(r"(^|/)vbaProject\.bin$", re.IGNORECASE)
_COMPOUND_MACROS: Final = frozenset({"Macros", "_VBA_PROJECT_CUR", "VBA"})
_PARTS: Final = {FileType.DOCX: "word/document.xml", FileType.XLSX: "xl/workbook.xml"}
_STREAMS: Final = {"WordDocument": FileType.DOC, "Workbook": FileType.XLS, "Book": FileType.XLS}
_NEEDED_BOX: Final = {FileType.HEIC: b"meta"}


class RejectedFile(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The file is rejected; the text gives the reason in Chinese."""


class _SizeLimitedFile:
    """A file wrapper that limits the size of a directory read, so that none can fill the memory."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self.seek, self.tell = file.seek, file.tell

    def read(self, size: int = -1) -> bytes:
        """Read bytes; without a size, the rest of the file. Raises Unfit."""
        content = self._file.read(_MAX_DIRECTORY + 1 if size < 0 else min(size, _MAX_DIRECTORY + 1))
        if len(content) > _MAX_DIRECTORY:
            raise RejectedFile("文件里的目录过大")
        return content


def examined(file: BinaryIO, size: int, possible: frozenset[FileType]) -> FileType:
    """The type of a file that may be one of `possible`. Raises Unfit."""
    head = file.read(4096)
    if possible & ZIPPED:
        return _office_type(file, size)
    if possible & COMPOUND:
        found = _compound_type(file)
    else:
        (found,) = possible
    if found is FileType.PDF:
        _require_whole_pdf(file, size)
    else:
        _reject_markup_and_pdf(head)
    if found in BOXED:
        _require_whole_box(file, size, _NEEDED_BOX.get(found, b"moov"))
    _reject_zip(file)
    return found


def _reject_markup_and_pdf(head: bytes) -> None:
    """Reject markup, which a browser may run, and the PDF mark, which PDF readers accept in the first 1024 bytes."""
    if holds_markup(head) or b"%PDF-" in head[:1024]:
        raise RejectedFile("文件里夹带了网页、脚本或其他文档")


def _reject_zip(file: BinaryIO) -> None:
    """Reject zip content: a zip file is read from its end, and so may follow any other content."""
    try:
        with zipfile.ZipFile(_SizeLimitedFile(file)) as packed:
            hidden = bool(packed.filelist)
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        return
    if hidden:
        raise RejectedFile("文件里夹带了压缩包")


def _require_whole_pdf(file: BinaryIO, size: int) -> None:
    file.seek(max(0, size - _PDF_END))
    if b"%%EOF" not in file.read(_PDF_END):
        raise RejectedFile("PDF 文件不完整")


def _office_type(file: BinaryIO, size: int) -> FileType:
    """The type of a Word or Excel file (ECMA-376): a pure zip file, without macros, limited in unpacked size."""
    try:
        with zipfile.ZipFile(_SizeLimitedFile(file)) as packed:
            entries = packed.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, struct.error, OSError):
        raise RejectedFile("文档已损坏或不完整") from None
    names = {entry.filename for entry in entries}
    found = next((kind for kind, part in _PARTS.items() if part in names), None)
    if found is None or "[Content_Types].xml" not in names:
        raise RejectedFile("压缩包不能作为附件，请上传其中的文件")
    if any(_MACROS.search(name) for name in names):
        raise RejectedFile("不接受含宏的文档")
    unpacked, packed_size = sum(e.file_size for e in entries), sum(e.compress_size for e in entries)
    # Overlapping entries are packed larger than the file (such zip bombs need no high ratio).
    swollen = unpacked > max(_RATIO_FROM, MAX_RATIO * packed_size) or packed_size > size
    if len(entries) > MAX_ENTRIES or unpacked > MAX_UNPACKED or swollen:
        raise RejectedFile("文档解压后过大")
    if any(entry.flag_bits & 1 for entry in entries):
        raise RejectedFile("不接受加密的文档")
    if min(entry.header_offset for entry in entries) != 0:
        raise RejectedFile("文件里夹带了其他内容")
    return found


def _compound_type(file: BinaryIO) -> FileType:
    """The type of a Word or Excel file of 97 to 2003 ([MS-CFB]), by the names in its directory."""
    try:
        names = set(_directory(file))
    except struct.error:
        raise RejectedFile("文档已损坏或不完整") from None
    if names & _COMPOUND_MACROS:
        raise RejectedFile("不接受含宏的文档")
    found = next((kind for stream, kind in _STREAMS.items() if stream in names), None)
    if found is None:
        raise RejectedFile("不是 Word 或 Excel 文档")
    return found


def _directory(file: BinaryIO) -> Iterator[str]:
    """The names in the directory, whose sectors are chained through the allocation table. Raises struct.error."""
    file.seek(0)
    header = file.read(512)
    (shift,) = struct.unpack_from("<H", header, 30)
    (sector,) = struct.unpack_from("<I", header, 48)
    if shift not in {9, 12}:
        raise struct.error("no such sectors")
    size = 1 << shift
    tables = _tables(file, header, size)
    for _ in range(_MAX_SECTORS):
        if sector == _END:
            return
        file.seek((sector + 1) * size)
        content = file.read(size)
        for start in range(0, size, 128):
            (length,) = struct.unpack_from("<H", content, start + 64)
            if 2 <= length <= 64:
                yield content[start : start + length - 2].decode("utf-16-le", "replace")
        table, place = divmod(sector, size // 4)
        if table >= len(tables):
            break
        file.seek((tables[table] + 1) * size + 4 * place)
        (sector,) = struct.unpack("<I", file.read(4))
    raise struct.error("a directory without an end")


def _tables(file: BinaryIO, header: bytes, size: int) -> list[int]:
    """The sectors of the allocation table: the first in the header, the others in a chain. Raises struct.error."""
    tables = list(struct.unpack_from("<109I", header, 76))
    (sector,) = struct.unpack_from("<I", header, 68)
    for _ in range(_MAX_SECTORS):
        if sector >= _END:
            return tables
        file.seek((sector + 1) * size)
        *more, sector = struct.unpack(f"<{size // 4}I", file.read(size))
        tables += more
    raise struct.error("an allocation table without an end")


def _require_whole_box(file: BinaryIO, size: int, needed: bytes) -> None:
    """Require the box without which nothing can be played or shown, in full length."""
    start = 0
    for _ in range(_MAX_BOXES):
        file.seek(start)
        header = file.read(16)
        if len(header) < 8:
            break
        length, name = struct.unpack_from(">I4s", header)
        if length == 1 and len(header) == 16:
            (length,) = struct.unpack_from(">Q", header, 8)
        elif length == 0:  # the last box, up to the end
            length = size - start
        if length < 8 or start + length > size:
            break
        if name == needed:
            return
        start += length
    raise RejectedFile("音像文件不完整，无法播放")
