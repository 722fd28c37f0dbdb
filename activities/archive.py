"""Writes an order's bundle into the archive."""

import asyncio
from datetime import date, datetime

from temporalio import activity

from activities.failures import not_recorded_yet, unknown_order
from activities.heartbeats import heartbeats
from activities.ports import ArchivedBundlesPort, BundlesPort, BundleWriterPort, DossiersPort, ObjectsPort, SheetsPort
from domain.archive.contents import BundledFile, contents, evidence_path
from domain.archive.dossier import Dossier
from domain.archive.readme import README
from domain.archive.sheet import sheet
from domain.calendar.business_calendar import CST
from domain.order.effects import ArchiveEffect
from domain.words import Frozen


class Archived(Frozen):
    """The key of the bundle in the object store, and the SHA-256 of its bytes in hex."""

    bundle: str
    sha256: str


class Archive:
    """Writes all stored data of an order into one BagIt bundle."""

    def __init__(
        self,
        dossiers: DossiersPort,
        archives: ArchivedBundlesPort,
        objects: ObjectsPort,
        bundles: BundlesPort,
        sheets: SheetsPort,
    ) -> None:
        self._dossiers = dossiers
        self._archives = archives
        self._objects = objects
        self._bundles = bundles
        self._sheets = sheets

    @activity.defn(name="archive")
    async def archive(self, effect: ArchiveEffect) -> Archived:
        """Write `archives/<year of closing>/<no>.zip` and note it.

        Timeout: 10 min an attempt; a worker that dies is noticed by its missing heartbeat. Retries: for 24 h, also
        while `order_closed` is not recorded, except for `UnknownOrder` and `NotABundle` (another object has this
        key). Idempotency: a bundle is written once. If it is noted, the note is the result; if it is only in the
        store, because an attempt ended between writing and noting, it is checked and noted unchanged.
        """
        no = effect.order_no
        noted = await self._archives.get(no)
        if noted is None:
            dossier = await self._dossiers.of_order(no)
            if dossier is None:
                raise unknown_order(no)
            closed_on = _closed_on(dossier)
            async with heartbeats():
                key = f"archives/{closed_on.year}/{no}.zip"
                noted = await self._archives.record(no, key, await self._kept(key, dossier, closed_on))
        return Archived(bundle=noted.bundle, sha256=noted.sha256)

    async def _kept(self, key: str, dossier: Dossier, closed_on: date) -> str:
        """Write the bundle, or find that of an earlier attempt; returns the SHA-256 of the bundle in the store."""
        async with self._bundles.begin(dossier.no, closed_on) as bundle:
            if await self._objects.size(key) is None:
                await self._fill(bundle, dossier, closed_on)
                packed = await bundle.close()
                if await self._objects.put_file(key, packed.path):
                    return packed.sha256
        return await self._bundles.adopt(dossier.no, key)

    async def _fill(self, bundle: BundleWriterPort, dossier: Dossier, closed_on: date) -> None:
        stored = await self._evidence(bundle, dossier)
        for path, content in contents(dossier, stored).items():
            await bundle.add(path, content)
        page = sheet(dossier, stored, closed_on)
        await bundle.add("personal/sheet.html", self._sheets.html(page))
        await bundle.add("personal/sheet.pdf", await asyncio.to_thread(self._sheets.pdf, page))
        await bundle.add("README.txt", README.encode())

    async def _evidence(self, bundle: BundleWriterPort, dossier: Dossier) -> dict[str, BundledFile]:
        """Add the files of the order; a file that the store has lost is left out, which the bundle notes."""
        stored = {}
        for paper in dossier.files:
            size = await self._objects.size(paper.object_key)
            if size is not None:
                path = evidence_path(paper)
                added = await bundle.stream(path, size, self._objects.get_stream(paper.object_key, 0, size))
                stored[paper.id] = BundledFile(path, added.size, added.sha256)
        return stored


def _closed_on(dossier: Dossier) -> date:
    closings = dossier.events("order_closed")
    if not closings:
        raise not_recorded_yet(dossier.no, "order_closed")
    return datetime.fromisoformat(closings[0]["at"]).astimezone(CST).date()
