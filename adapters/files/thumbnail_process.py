"""Program that reads a picture from standard input and writes a small JPEG without metadata.

`python thumbnail_process.py FORMAT LONGEST_SIDE`. Exit status 3: too many pixels; 4: no intact picture of that format.
It imports nothing of this project, so that it starts quickly, and limits its memory and time before it reads a byte.
"""

import io
import resource
import sys

from PIL import Image, ImageFile, ImageOps

TOO_MANY_PIXELS, BROKEN = 3, 4
MAX_MEMORY = 1_500_000_000  # bytes of address space
MAX_SECONDS = 20
MAX_PIXELS = 50_000_000
MAX_JPEG_PIXELS = 210_000_000
"""Telephones take JPEG of 200 megapixels; a JPEG is decoded at reduced size, without the full picture in memory."""


def main(file_format: str, side: int) -> int:
    """Read, scale down and write; returns the exit status."""
    resource.setrlimit(resource.RLIMIT_AS, (MAX_MEMORY, MAX_MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (MAX_SECONDS, MAX_SECONDS))
    Image.MAX_IMAGE_PIXELS = None  # counted below, by format
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with Image.open(io.BytesIO(sys.stdin.buffer.read()), formats=[file_format]) as picture:
            width, height = picture.size
            if width * height > (MAX_JPEG_PIXELS if file_format == "JPEG" else MAX_PIXELS):
                return TOO_MANY_PIXELS
            small = _small(picture, side)
    except MemoryError:
        return TOO_MANY_PIXELS
    except Exception:  # decoders raise arbitrary exceptions, and this process ends either way
        return BROKEN
    small.save(sys.stdout.buffer, "JPEG", quality=80)
    return 0


def _small(picture: Image.Image, side: int) -> Image.Image:
    picture.draft("RGB", (side, side))
    picture.thumbnail((side, side))
    upright = ImageOps.exif_transpose(picture).convert("RGBA")
    paper = Image.new("RGB", upright.size, "white")
    paper.paste(upright, mask=upright)
    return paper


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], int(sys.argv[2])))
