"""Archive bundles: a BagIt 1.0 bag (RFC 8493) in one zip file, as the RFC's section 4.2 serialises it.

`bagit.make_bag` changes the working folder of the whole process and dates the bag by today, so the bag is
written here, straight into the zip file, evidence streaming from the store through the hash; `bagit` is what
checks it. Equal content gives equal bytes: payload in order of names and then the tags, uncompressed (so that no
release of a compressor matters, and damage stays local) and dated 1980-01-01.
"""

import hashlib
import zipfile
from collections.abc import Callable, Mapping, Sequence
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import BinaryIO, Final, Protocol

import bagit

from adapters.archive_signature import Signer

EPOCH: Final = (1980, 1, 1, 0, 0, 0)
READABLE: Final = 0o644 << 16
DECLARATION: Final = b"BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
WINDOW: Final = 1024 * 1024
BIG: Final = 2**31 - 1
TAG_MANIFEST: Final = "tagmanifest-sha256.txt"
SIGNATURE: Final = f"{TAG_MANIFEST}.sig"


class NotABundle(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The file is no intact bundle of that order; `faults` says what is wrong, a Chinese sentence each."""

    def __init__(self, name: str, faults: Sequence[str]) -> None:
        super().__init__(f"{name}: {len(faults)} faults")
        self.faults = tuple(faults)


class Piece(Protocol):
    """A file that is copied from elsewhere: its path in the payload, its size in bytes, and how to open it."""

    @property
    def path(self) -> str: ...
    @property
    def size(self) -> int: ...
    @property
    def open(self) -> Callable[[], BinaryIO]: ...


class Bundles:
    """Packs and checks bundles; both block."""

    def __init__(self, signer: Signer) -> None:
        self._signer = signer

    def pack(self, into: Path, name: str, closed_on: date, files: Mapping[str, bytes], pieces: Sequence[Piece]) -> None:
        """Write the bundle `name` with these files and pieces as payload. Raises OSError, also of a piece."""
        hashes: dict[str, str] = {}
        size = 0
        with zipfile.ZipFile(into, "w", zipfile.ZIP_STORED) as packed:
            for path in sorted(files):
                hashes[f"data/{path}"] = hashlib.sha256(files[path]).hexdigest()
                size += len(files[path])
                packed.writestr(_entry(f"{name}/data/{path}"), files[path])
            for piece in sorted(pieces, key=lambda piece: piece.path):
                hashes[f"data/{piece.path}"] = _copied(packed, f"{name}/data/{piece.path}", piece)
                size += piece.size
            info = {
                "Bagging-Date": closed_on.isoformat(),
                "External-Identifier": name,
                "Jiesu-Signature-Algorithm": "Ed25519 over tagmanifest-sha256.txt, base64",
                "Jiesu-Signature-Public-Key": self._signer.public_key,
                "Payload-Oxum": f"{size}.{len(hashes)}",
            }
            tags = {
                "bag-info.txt": "".join(f"{key}: {value}\n" for key, value in info.items()).encode(),
                "bagit.txt": DECLARATION,
                "manifest-sha256.txt": _manifest(hashes),
            }
            tags[TAG_MANIFEST] = _manifest({path: hashlib.sha256(tags[path]).hexdigest() for path in tags})
            tags[SIGNATURE] = self._signer.sign(tags[TAG_MANIFEST])
            for path, content in tags.items():
                packed.writestr(_entry(f"{name}/{path}"), content)

    def verify(self, name: str, bundle: Path) -> None:
        """Raises NotABundle unless every checksum and the signature hold and it is the bundle of `name`."""
        with TemporaryDirectory(prefix="jiesu-bag-") as folder:
            try:
                with zipfile.ZipFile(bundle) as packed:
                    names = packed.namelist()
                    if strange := [each for each in names if not each.startswith(f"{name}/") or ".." in each]:
                        raise NotABundle(name, [f"含有不属于工单 {name} 的文件 {each}" for each in strange])
                    if broken := packed.testzip():
                        raise NotABundle(name, [f"文件 {broken.partition('/')[2]} 的内容被改动（CRC 不符）"])
                    packed.extractall(folder)
            except (zipfile.BadZipFile, NotImplementedError, ValueError, OSError, RuntimeError) as error:
                raise NotABundle(name, [f"压缩包结构损坏：{error}"]) from None
            if faults := self._faults(Path(folder) / name):
                raise NotABundle(name, faults)

    def _faults(self, folder: Path) -> list[str]:
        try:
            bagit.Bag(str(folder)).validate()
        except bagit.BagValidationError as error:
            return [_fault(detail) for detail in error.details] or [f"归档包不完整：{error}"]
        except (bagit.BagError, ValueError, OSError) as error:
            return [f"归档包的标签文件有误：{error}"]
        manifest, signature = folder / TAG_MANIFEST, folder / SIGNATURE
        if not manifest.exists() or not signature.exists():
            return ["没有签名"]
        if not self._signer.knows(manifest.read_bytes(), signature.read_bytes()):
            return [f"{SIGNATURE} 的签名不符：校验清单不是本系统签署的"]
        return []


def _entry(name: str) -> zipfile.ZipInfo:
    entry = zipfile.ZipInfo(name, EPOCH)
    entry.create_system = 3  # the same bytes on every system
    entry.external_attr = READABLE
    return entry


def _copied(packed: zipfile.ZipFile, name: str, piece: Piece) -> str:
    """Copy a piece into the zip file; its hash."""
    digest = hashlib.sha256()
    entry = _entry(name)
    entry.file_size = piece.size
    with piece.open() as source, packed.open(entry, "w", force_zip64=piece.size > BIG) as target:
        while chunk := source.read(WINDOW):
            digest.update(chunk)
            target.write(chunk)
    return digest.hexdigest()


def _manifest(hashes: Mapping[str, str]) -> bytes:
    return "".join(f"{hashes[path]}  {path}\n" for path in sorted(hashes)).encode()


def _fault(detail: bagit.ManifestErrorDetail) -> str:
    match detail:
        case bagit.ChecksumMismatch():
            return f"文件 {detail.path} 的内容被改动：应为 {detail.expected}，实为 {detail.found}"
        case bagit.FileMissing():
            return f"文件 {detail.path} 不见了"
        case bagit.UnexpectedFile():
            return f"多出文件 {detail.path}"
        case _:
            return f"文件 {detail.path} 有误"
