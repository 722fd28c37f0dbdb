"""Checks a bundle and reports each fault; every file that can be derived from others is recomputed and compared."""

import zipfile
from collections.abc import Mapping, Sequence
from contextlib import suppress
from hashlib import sha256
from itertools import zip_longest
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final, NamedTuple

import bagit

from adapters.archive.bagit import DECLARATION, MANIFEST, PUBLIC_KEY, SIGNATURE, TAG_MANIFEST, manifest
from adapters.archive.changed_byte import LONGEST, changed_byte
from adapters.archive.signature import SigningKeys
from adapters.archive.zip_layout import ZipMember, by_directory, by_headers, content, difference

TAGS: Final = ("bagit.txt", "bag-info.txt", PUBLIC_KEY, MANIFEST)
NEEDED: Final = (*TAGS, TAG_MANIFEST, SIGNATURE)
BROKEN: Final = (zipfile.BadZipFile, NotImplementedError, ValueError, OverflowError, OSError)
"""Errors that readers of a damaged zip directory raise."""


class NotABundle(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The bytes are no intact bundle of that order."""


class Checked(NamedTuple):
    """Faults of the files and of the zip around them, each a Chinese sentence.

    `files` locates the readable files, by path below the bag.
    """

    of_files: tuple[str, ...]
    of_zip: tuple[str, ...]
    files: Mapping[str, ZipMember]

    @property
    def problems(self) -> tuple[str, ...]:
        """The faults of the files and of the zip."""
        return self.of_files + self.of_zip


class BundleCheck:
    """Checks bundles that this hotline has signed; blocks."""

    def __init__(self, signatures: SigningKeys) -> None:
        self._signatures = signatures

    def check(self, name: str, bundle: Path) -> Checked:
        """All checks of a bundle that do not need the database.

        The zip is read both by its directory and by its local headers, as either may be damaged; the reading with fewer
        faults is reported.
        """
        found = [self._read(name, bundle, layout) for layout in _layouts(bundle)]
        if not found:
            return Checked((), ("不是 zip 文件，或已无法读出任何文件",), {})
        return min(found, key=lambda each: (sum(tag not in each.files for tag in NEEDED), len(each.of_files)))

    def verify(self, name: str, bundle: Path) -> None:
        """Raise NotABundle unless it is intact, signed, and that of `name`."""
        if problems := self.check(name, bundle).problems:
            raise NotABundle(f"{name}: {'; '.join(problems)}")

    def _read(self, name: str, bundle: Path, layout: Sequence[ZipMember]) -> Checked:
        files = {each.path.removeprefix(f"{name}/"): each for each in layout}
        problems = [f"{each.path}：不在文件夹 {name}/ 之内" for each in layout if not each.path.startswith(f"{name}/")]
        if len(files) < len(layout):
            return Checked((*problems, "同名的文件不止一个"), (), {})
        missing = [f"缺少 {tag}" for tag in NEEDED if tag not in files]
        if missing:
            return Checked((*problems, *missing), (), files)
        bag = Bag(bundle, files)
        problems += self._tag_faults(name, bag) + _payload_faults(bag)
        return Checked(tuple(problems), _zip_faults(name, bundle, layout, sound=not problems), files)

    def _tag_faults(self, name: str, bag: "Bag") -> list[str]:
        """Faults of the tag files by their manifest, and of that manifest by its signature."""
        problems = []
        if bag.text("bagit.txt") != DECLARATION:
            problems.append("bagit.txt：不是 BagIt 1.0 的声明")
        if f"External-Identifier: {name}" not in bag.text("bag-info.txt").splitlines():
            problems.append(f"bag-info.txt：不是工单 {name} 的归档包")
        expected = manifest({tag: bag.digests[tag] for tag in TAGS}).decode()
        if self._signatures.holds(bag.bytes(TAG_MANIFEST), bag.bytes(SIGNATURE)):
            listed = _parse_manifest(bag.text(TAG_MANIFEST))
            problems += [bag.damage(tag, listed.get(tag, "")) for tag in TAGS if bag.digests[tag] != listed.get(tag)]
        elif bag.text(TAG_MANIFEST) == expected:
            problems.append(f"{SIGNATURE}：不是本热线对 {TAG_MANIFEST} 的签名")
        else:
            problems.append(_first_wrong_line(TAG_MANIFEST, expected, bag.text(TAG_MANIFEST)) + "；签名亦不符")
        return problems


class Bag:
    """The files of one reading, with the SHA-256 of each in hex."""

    def __init__(self, bundle: Path, files: Mapping[str, ZipMember]) -> None:
        self._bundle, self._files = bundle, files
        self.digests = {path: self._digest(lies) for path, lies in files.items()}

    def bytes(self, path: str) -> bytes:
        """The content of a file."""
        with self._bundle.open("rb") as file:
            return b"".join(content(file, self._files[path]))

    def text(self, path: str) -> str:
        """The content of a text file, with invalid UTF-8 replaced."""
        return self.bytes(path).decode("utf-8", "replace")

    def damage(self, path: str, expected: str) -> str:
        """The difference of a file from the content with this SHA-256; names the byte if only one changed."""
        lies = self._files[path]
        told = f"{path}：SHA-256 应为 {expected}，实为 {self.digests[path]}"
        if lies.size > LONGEST:
            return told
        byte = changed_byte(self.bytes(path), lies.crc, expected)
        return told + ("" if byte is None else "；" + _byte(byte.offset, byte.expected, byte.found))

    def _digest(self, lies: ZipMember) -> str:
        digest = sha256()
        with self._bundle.open("rb") as file:
            for chunk in content(file, lies):
                digest.update(chunk)
        return digest.hexdigest()


def _zip_faults(name: str, bundle: Path, layout: Sequence[ZipMember], *, sound: bool) -> tuple[str, ...]:
    """Differences from a zip rebuilt from the same files, and what `bagit` reports; `sound`: its files are intact."""
    with TemporaryDirectory(prefix="jiesu-check-") as folder:
        differs = difference(bundle, list(layout), Path(folder) / "again.zip")
        if differs is None:
            return _bagit_faults(bundle, name, Path(folder) / "bag") if sound else ()
        at, expected, found, where = differs
        # Changed content also changes the header: that is no separate fault.
        return (f"{where}：{_byte(at, expected, found)}",) if sound else ()


def _layouts(bundle: Path) -> list[list[ZipMember]]:
    found = []
    with suppress(*BROKEN):
        found.append(by_directory(bundle))
    found.append(by_headers(bundle))
    return [layout for layout in found if layout]


def _payload_faults(bag: Bag) -> list[str]:
    """Differences from the manifest, one for each file; the damaged line if the manifest itself is damaged."""
    payload = {path: digest for path, digest in bag.digests.items() if path.startswith("data/")}
    if bag.digests[MANIFEST] != _parse_manifest(bag.text(TAG_MANIFEST)).get(MANIFEST):
        made = manifest(payload).decode()
        return [] if bag.text(MANIFEST) == made else [_first_wrong_line(MANIFEST, made, bag.text(MANIFEST))]
    listed = _parse_manifest(bag.text(MANIFEST))
    problems = [f"{path}：清单中有，包内没有" for path in sorted(listed.keys() - payload.keys())]
    problems += [f"{path}：包内有，清单中没有" for path in sorted(payload.keys() - listed.keys())]
    both = sorted(path for path in listed.keys() & payload.keys() if listed[path] != payload[path])
    return problems + [bag.damage(path, listed[path]) for path in both]


def _parse_manifest(lines: str) -> dict[str, str]:
    """Hashes by path in a manifest; invalid lines are left out."""
    parts = (line.partition("  ") for line in lines.splitlines())
    return {path: digest for digest, separator, path in parts if separator}


def _first_wrong_line(tag: str, expected: str, found: str) -> str:
    """The first line of a tag file that differs from the recomputed one."""
    pairs = zip_longest(expected.splitlines(), found.splitlines(), fillvalue="（无）")
    for number, (should, is_) in enumerate(pairs, 1):
        if should != is_:
            return f"{tag} 第 {number} 行：应为 {should}，实为 {is_[:200]}"
    return f"{tag}：换行有误"


def _byte(at: int, expected: int | None, found: int | None) -> str:
    should, is_ = ("无" if each is None else f"0x{each:02x}" for each in (expected, found))
    return f"第 {at} 字节应为 {should}，实为 {is_}"


def _bagit_faults(bundle: Path, name: str, folder: Path) -> tuple[str, ...]:
    """Faults that the library `bagit` reports."""
    try:
        with zipfile.ZipFile(bundle) as packed:
            packed.extractall(folder)
        bagit.Bag(str(folder / name)).validate()
    except (zipfile.BadZipFile, bagit.BagError, OSError) as error:
        return (f"bagit：{error}",)
    return ()
