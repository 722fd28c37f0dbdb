"""Is an archived order still what it was? The bundle, its signature, and whether database and bundle agree."""

import asyncio
import hashlib
import json
import zipfile
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from adapters.bagit_archive import Bundles, NotABundle
from adapters.database.archives import Archives, Bundle
from adapters.database.attachments import Attachments
from adapters.database.chain import Link
from adapters.database.engine import Database
from adapters.database.trail import Trail
from adapters.object_store import Objects

FIELDS = ("seq", "at", "event", "actor", "data", "previous_hash", "hash")


class ArchiveCheck:
    """Checks orders; each answer is a list of Chinese sentences, empty when all is well."""

    def __init__(self, database: Database, objects: Objects, bundles: Bundles) -> None:
        self._archives = Archives(database)
        self._trail = Trail(database)
        self._attachments = Attachments(database)
        self._objects = objects
        self._bundles = bundles

    async def problems(self, no: str) -> list[str]:
        """What is wrong with one order. It only reads, and may be repeated."""
        noted = await self._archives.get(no)
        if noted is None:
            return ["没有归档记录"]
        found = [f"台账：{problem}" for problem in await self._trail.verify(no)]
        if noted.erased_at is not None:
            left = await self._objects.exists(noted.bundle)
            return [*found, f"已到期销毁，但归档包 {noted.bundle} 还在"] if left else found
        with TemporaryDirectory(prefix="jiesu-check-") as folder:
            file = Path(folder) / "bundle.zip"
            try:
                await self._objects.fetch(noted.bundle, file)
            except FileNotFoundError:
                return [*found, f"归档包 {noted.bundle} 不见了"]
            found += [f"归档包 {noted.bundle}：{fault}" for fault in await asyncio.to_thread(self._faults, noted, file)]
            told = await asyncio.to_thread(_told, file, no)
        if told is None:
            return found
        found += _apart(told["chain"], await self._trail.chain(no))
        known = {each.id: each.sha256 for each in await self._attachments.of_order(no)}
        for piece in told["evidence"]:
            if (noted_hash := known.get(piece["id"])) not in (None, piece["sha256"]):
                found.append(f"佐证材料 {piece['id']} 的校验值与数据库不符：包内 {piece['sha256']}，库中 {noted_hash}")
        return found

    def _faults(self, noted: Bundle, file: Path) -> list[str]:
        with file.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        try:
            self._bundles.verify(noted.order_no, file)
        except NotABundle as error:
            return list(error.faults)
        if found != noted.sha256:
            return [f"包内文件完好，压缩包本身被改动：归档时的校验值为 {noted.sha256}，现为 {found}"]
        return []


def _told(file: Path, no: str) -> dict[str, Any] | None:
    """What the bundle says of trail and evidence; None where it can no longer be read."""
    try:
        with zipfile.ZipFile(file) as packed:
            chain = json.loads(packed.read(f"{no}/data/chain.json"))
            evidence = json.loads(packed.read(f"{no}/data/personal/evidence.json"))
    except (zipfile.BadZipFile, KeyError, ValueError, OSError, RuntimeError, NotImplementedError):
        return None
    return {"chain": chain, "evidence": evidence}


def _apart(bundled: list[dict[str, Any]], links: list[Link]) -> list[str]:
    """Where the trail in the bundle and the one in the database differ. What came after the bundle is no difference."""
    stored = {link.position: link for link in links}
    found = []
    for row in bundled:
        link = stored.get(row["position"])
        if link is None:
            found.append(f"台账第 {row['position']} 条在归档包内有，数据库中没有")
            continue
        theirs = {
            **link.content._asdict(),
            "at": link.content.at.isoformat(),
            "previous_hash": link.previous_hash,
            "hash": link.hash,
        }
        if differing := [name for name in FIELDS if row[name] != theirs[name]]:
            found.append(f"台账第 {row['position']} 条与归档包不一致：{'、'.join(differing)}")
    return found
