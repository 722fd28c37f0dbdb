"""Thumbnails of pictures, made in a separate process because the input is untrusted."""

import asyncio
import io
import sys
from collections.abc import AsyncIterable
from contextlib import suppress
from pathlib import Path
from typing import Final

from PIL import Image

from adapters.files.content_check import RejectedFile
from adapters.files.file_types import PICTURES
from adapters.files.thumbnail_process import TOO_MANY_PIXELS
from domain.policy.evidence import FileType

SIDE: Final = 480  # pixels
SECONDS: Final = 30.0
AT_ONCE: Final = 2
"""Concurrent thumbnail processes; each may use a processor and 1.5 GB for a moment."""

_PROGRAM: Final = Path(__file__).with_name("thumbnail_process.py")


class Thumbnails:
    """Makes thumbnails, at most `AT_ONCE` at the same time."""

    def __init__(self) -> None:
        self._free = asyncio.Semaphore(AT_ONCE)

    async def of(self, kind: FileType, content: AsyncIterable[bytes]) -> bytes | None:
        """A JPEG of at most 480 pixels a side, upright, without metadata; None for a type that cannot be opened.

        Each call has a process of its own, which ends within 30 s; a repetition makes the same picture again.
        Raises Unfit for a damaged picture, or one with too many pixels.
        """
        if kind not in PICTURES:
            return None
        async with self._free:
            return await _made(PICTURES[kind], content)


async def _made(file_format: str, content: AsyncIterable[bytes]) -> bytes:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-I", str(_PROGRAM), file_format, str(SIDE)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert process.stdin is not None and process.stdout is not None
    try:
        async with asyncio.timeout(SECONDS):
            with suppress(BrokenPipeError, ConnectionResetError):  # the process may stop reading early
                async for chunk in content:
                    process.stdin.write(chunk)
                    await process.stdin.drain()
            process.stdin.close()
            made = await process.stdout.read()
            status = await process.wait()
    except TimeoutError:
        raise RejectedFile("图片无法处理") from None
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    if status == TOO_MANY_PIXELS:
        raise RejectedFile("图片的像素过多")
    if status != 0 or not made:
        raise RejectedFile("图片已损坏或不完整")
    return made


def plain_png(width: int, height: int, colour: str) -> bytes:
    """A PNG of one colour, for samples."""
    written = io.BytesIO()
    Image.new("RGB", (width, height), colour).save(written, "PNG")
    return written.getvalue()
