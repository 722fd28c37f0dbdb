"""Sample files of evidence, and their upload."""

import io
import struct
import wave
import zipfile
from typing import Any

import httpx
from PIL import Image

from tests.api.callers import Caller


def picture(colour: str = "red", size: tuple[int, int] = (640, 480), file_format: str = "JPEG", **more: Any) -> bytes:
    """A picture of one colour."""
    written = io.BytesIO()
    Image.new("RGB", size, colour).save(written, file_format, **more)
    return written.getvalue()


def video(brand: bytes = b"isom", content: int = 1000) -> bytes:
    """An MP4 container with `content` bytes of data."""
    return box(b"ftyp", brand + b"\0\0\2\0" + brand) + box(b"mdat", b"\x5a" * content) + box(b"moov", b"\0" * 100)


def box(name: bytes, content: bytes) -> bytes:
    """A box of ISO/IEC 14496-12."""
    return struct.pack(">I4s", 8 + len(content), name) + content


def sound() -> bytes:
    """A short WAV."""
    written = io.BytesIO()
    with wave.open(written, "wb") as file:
        file.setparams((1, 1, 8000, 0, "NONE", ""))
        file.writeframes(b"\x80" * 800)
    return written.getvalue()


def office(part: str = "word/document.xml", **more: str) -> bytes:
    """An Office Open XML document: Word, or Excel by its part."""
    return zipped({"[Content_Types].xml": "<Types/>", part: "<document/>", **more})


def zipped(files: dict[str, str]) -> bytes:
    """A zip file."""
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(name, content)
    return written.getvalue()


def compound(*streams: str) -> bytes:
    """A compound file (old Word or Excel): header, allocation table, directory with these names."""
    header = _compound_header(directory=1, tables=[0])
    allocation = struct.pack("<128I", TABLE, END, *[FREE] * 126)
    return header + allocation + _directory(*streams)


def long_compound(*streams: str) -> bytes:
    """A compound file whose allocation table does not fit into the header, with the directory at its end."""
    sectors = 110 * 128
    last, chained = sectors - 1, sectors - 2
    header = _compound_header(directory=last, tables=list(range(109)), chained=chained)
    entries = [END] * sectors
    allocation = struct.pack(f"<{sectors}I", *entries)
    chain = struct.pack("<128I", 109, *[FREE] * 126, END)
    film = b"\x5a" * (512 * (chained - 110))
    return header + allocation + film + chain + _directory(*streams)


FREE, END, TABLE = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD


def _compound_header(directory: int, tables: list[int], chained: int = END) -> bytes:
    header = bytearray(512)
    header[:8] = bytes.fromhex("D0CF11E0A1B11AE1")
    struct.pack_into("<HHHHH", header, 24, 0x3E, 3, 0xFFFE, 9, 6)
    struct.pack_into("<II", header, 44, len(tables), directory)
    struct.pack_into("<I", header, 68, chained)
    struct.pack_into("<109I", header, 76, *tables, *[FREE] * (109 - len(tables)))
    return bytes(header)


def _directory(*streams: str) -> bytes:
    return b"".join(_entry(name) for name in ("Root Entry", *streams)).ljust(512, b"\0")


def _entry(name: str) -> bytes:
    written = name.encode("utf-16-le") + b"\0\0"
    return written.ljust(64, b"\0") + struct.pack("<H", len(written)) + b"\0" * 62


def bring(
    who: Caller, content: Any, name: str = "现场.jpg", *, key: str | None = None, **fields: str
) -> httpx.Response:
    """Upload one file."""
    headers = {"Idempotency-Key": key} if key else {}
    return who.http.post("/attachments", files={"file": (name, content)}, data=fields, headers=headers)


def brought(who: Caller, content: Any = None, name: str = "现场.jpg", **fields: str) -> dict[str, Any]:
    """Upload one file, which must be accepted; returns its metadata."""
    answer = bring(who, picture() if content is None else content, name, **fields)
    assert answer.status_code == 201, answer.text
    said: dict[str, Any] = answer.json()
    return said


def opened(who: Caller, path: str, **headers: str) -> httpx.Response:
    """The answer to a request of a link without a token."""
    base = str(who.http.base_url).removesuffix("/api/v1/")
    return httpx.get(base + path, headers={n.replace("_", "-"): v for n, v in headers.items()}, trust_env=False)


def link(who: Caller, file_id: str, **asked: Any) -> str:
    """A link to a file."""
    answer = who.post(f"/attachments/{file_id}/link", asked or None)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])
