"""Archive bundles: a BagIt 1.0 bag (RFC 8493) in one zip file, as the RFC's section 4.2 serialises it.

The bag is put together in memory, because `bagit.make_bag` changes the working folder of the whole process
and dates the bag by today; `bagit` is what checks it. Equal content gives equal bytes: entries are sorted,
uncompressed (so that no release of a compressor matters, and damage stays local) and dated 1980-01-01.
"""

import zipfile
from collections.abc import Mapping
from datetime import date
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from tempfile import TemporaryDirectory

import bagit

EPOCH = (1980, 1, 1, 0, 0, 0)
READABLE = 0o644 << 16
DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"


class NotABundle(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The bytes are no intact bundle of that order."""


class Bundles:
    """Packs and checks bundles; both block."""

    def pack(self, name: str, closed_on: date, files: Mapping[str, bytes]) -> bytes:
        """The bundle `name` with these payload files, by their paths below `data/`."""
        payload = {f"data/{path}": content for path, content in files.items()}
        size = sum(len(content) for content in payload.values())
        info = {
            "Bagging-Date": closed_on.isoformat(),
            "External-Identifier": name,
            "Payload-Oxum": f"{size}.{len(payload)}",
        }
        tags = {
            "bagit.txt": DECLARATION.encode(),
            "bag-info.txt": "".join(f"{key}: {value}\n" for key, value in info.items()).encode(),
            "manifest-sha256.txt": _manifest(payload),
        }
        tags["tagmanifest-sha256.txt"] = _manifest(tags)
        return _zipped(name, tags | payload)

    def verify(self, name: str, content: bytes) -> None:
        """Raises NotABundle unless every checksum of the bundle holds and it is that of `name`."""
        with TemporaryDirectory(prefix="jiesu-bag-") as folder:
            try:
                with zipfile.ZipFile(BytesIO(content)) as packed:
                    packed.extractall(folder)
                bagit.Bag(str(Path(folder) / name)).validate()
            except (zipfile.BadZipFile, bagit.BagError) as error:
                raise NotABundle(f"{name}: {error}") from None


def _manifest(files: Mapping[str, bytes]) -> bytes:
    return "".join(f"{sha256(files[path]).hexdigest()}  {path}\n" for path in sorted(files)).encode()


def _zipped(name: str, files: Mapping[str, bytes]) -> bytes:
    packed = BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archive:
        for path in sorted(files):
            entry = zipfile.ZipInfo(f"{name}/{path}", EPOCH)
            entry.create_system = 3  # the same bytes on every system
            entry.external_attr = READABLE
            archive.writestr(entry, files[path])
    return packed.getvalue()
