"""Audits archived orders: compares bundle, audit trail and files, and reports each difference."""

import asyncio
import json
from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, NamedTuple

from adapters.archive.bagit import digest_of
from adapters.archive.bundle_check import BundleCheck
from adapters.archive.bundles import Bundles
from adapters.archive.signature import SigningKeys
from adapters.archive.zip_layout import ZipMember, content
from adapters.database.archive.bundles import ARCHIVED, ArchivedBundles
from adapters.database.archive.dossiers import linked
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments
from adapters.database.redaction.redaction import ERASED
from adapters.files.object_store import Objects
from domain.archive.bundles import StoredBundle
from domain.archive.dossier import Row
from domain.order.audit_chain import Content, Link, faults

CHAIN, EVIDENCE = "data/chain.json", "data/evidence.json"


class Audited(NamedTuple):
    """Audit result of an order: stored `bundle` and `sha256`, and the problems, each a Chinese sentence.

    `erased`: its retention is over, so there is no bundle any more and only the trail was checked.
    """

    order: str
    bundle: str | None
    sha256: str | None
    problems: tuple[str, ...]
    erased: bool = False


class Audit:
    """Audits archived orders; each audit downloads the bundle into a temporary file."""

    def __init__(self, database: Database, objects: Objects, signatures: SigningKeys) -> None:
        self._archives, self._trail, self._attachments = (
            ArchivedBundles(database),
            Trail(database),
            Attachments(database),
        )
        self._bundles, self._check = Bundles(objects, signatures), BundleCheck(signatures)
        self._objects = objects

    async def of_order(self, no: str) -> Audited:
        """Check that the bundle is there, intact and signed, that its chain is the trail's, and its files are known.

        The stored archive row can be changed, the trail cannot: the row must agree with the trail.
        """
        noted = await self._archives.get(no)
        problems = [f"台账：{each}" for each in await self._trail.verify(no)]
        # Read after the row: the trail can then only be ahead of it.
        links = await self._trail.chain(no)
        if noted is None:
            return Audited(no, None, None, (_without_note(links), *problems))
        problems += _note_faults(noted, links)
        if noted.erased_at is None:
            problems += await self._bundle_faults(no, noted, links)
        elif await self._objects.exists(noted.bundle):
            problems.append(f"已到期销毁，但归档包 {noted.bundle} 还在")
        return Audited(no, noted.bundle, noted.sha256, tuple(problems), erased=noted.erased_at is not None)

    async def _bundle_faults(self, no: str, noted: StoredBundle, links: Sequence[Link]) -> list[str]:
        async with self._bundles.fetched(noted.bundle) as path:
            if path is None:
                return [f"归档包 {noted.bundle} 不见了"]
            found = await asyncio.to_thread(_sha256, path)
            problems = []
            if found != noted.sha256:
                problems.append(f"归档包 {noted.bundle} 与归档时的校验值不符：应为 {noted.sha256}，实为 {found}")
            checked = await asyncio.to_thread(self._check.check, PurePosixPath(noted.bundle).stem, path)
            problems += [f"归档包：{each}" for each in checked.problems]
            chain = await asyncio.to_thread(_json, path, checked.files.get(CHAIN))
            evidence = await asyncio.to_thread(_json, path, checked.files.get(EVIDENCE))
        if chain is not None:
            problems += _chain_faults(no, chain, links)
        if evidence is not None:
            problems += await self._evidence_faults(no, evidence)
        return problems

    async def _evidence_faults(self, no: str, evidence: Sequence[Row]) -> list[str]:
        known = {file.id: file for file in await self._attachments.of_order(no)}
        problems = []
        for each in evidence:
            file = known.get(each.get("id", ""))
            if file is None:
                problems.append(f"佐证 {each.get('id')}：数据库中没有这份材料")
            elif (file.sha256, file.size) != (each.get("sha256"), each.get("size")):
                said, have = f"{each.get('sha256')} {each.get('size')} 字节", f"{file.sha256} {file.size} 字节"
                problems.append(f"佐证 {file.id}：归档包记为 {said}，数据库为 {have}")
            elif each.get("file") is None:
                problems.append(f"佐证 {file.id}：归档时已不在对象库中")
            elif "sha256_found" in each:
                problems.append(f"佐证 {file.id}：归档时内容已与上传时不同，SHA-256 为 {each['sha256_found']}")
        return problems


def _without_note(links: Sequence[Link]) -> str:
    told = [each.position for each in links if each.content.event == ARCHIVED]
    return f"没有归档记录，而台账第 {told[0]} 条为归档" if told else "没有归档记录"


def _note_faults(noted: StoredBundle, links: Sequence[Link]) -> list[str]:
    """Differences between the stored archive row and the trail."""
    problems = []
    for each in links:
        if each.content.event != ARCHIVED:
            continue
        for field, label, now in (("bundle", "归档包", noted.bundle), ("sha256", "校验值", noted.sha256)):
            said = each.content.data.get(field, now)
            if said != now:
                problems.append(f"归档记录的{label}为 {now}，台账第 {each.position} 条为 {said}")
    if noted.erased_at is not None and all(each.content.event != ERASED for each in links):
        problems.append("归档记录称已到期销毁，但台账中没有销毁的条目")
    return problems


def _chain_faults(no: str, archived: Sequence[Row], links: Sequence[Link]) -> list[str]:
    """Check that a bundle's chain is intact and begins the trail: later rows were added after archiving."""
    problems = []
    try:
        problems += [f"归档包 chain.json：{each}" for each in faults(no, [_link(row) for row in archived])]
    except (KeyError, TypeError, ValueError):
        problems.append("归档包 chain.json：有的条目缺少字段或时刻无法识别")
    recorded = {each.position: linked(each) for each in links}
    for row in archived:
        position = row.get("position")
        now = recorded.get(position) if isinstance(position, int) else None
        if now is None:
            problems.append(f"台账第 {position} 条：归档包中有，数据库中没有")
            continue
        for name in sorted(row.keys() | now.keys()):
            if row.get(name) != now.get(name):
                problems.append(
                    f"台账第 {position} 条 {name}：归档包为 {_short(row.get(name))}，数据库为 {_short(now.get(name))}"
                )
    return problems


def _link(row: Row) -> Link:
    said = Content.of({**row["data"], **{name: row[name] for name in ("seq", "at", "event", "actor")}})
    return Link(row["position"], said, row["previous_hash"], row["hash"])


def _short(value: Any) -> str:
    text = json.dumps(value, ensure_ascii=False, sort_keys=True)
    return text if len(text) <= 200 else f"{text[:200]}…"


def _json(path: Path, lies: ZipMember | None) -> Sequence[Row] | None:
    """The JSON objects in a file, or None if it is unreadable; that damage is reported elsewhere."""
    if lies is None:
        return None
    with path.open("rb") as file:
        try:
            read = json.loads(b"".join(content(file, lies)))
        except ValueError:
            return None
    return read if isinstance(read, list) and all(isinstance(each, Mapping) for each in read) else None


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return digest_of(file)
