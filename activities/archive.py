"""Writing an order's bundle into the archive."""

import asyncio
import hashlib
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

from temporalio import activity

from activities.archive_ports import (
    ArchivesPort,
    AttachmentsPort,
    BundlesPort,
    KeptPort,
    ObjectsPort,
    Piece,
    SheetsPort,
)
from activities.bundle_contents import Told, contents, evidence_name
from activities.failures import not_recorded_yet, unknown_order
from activities.ports import CataloguePort, DocumentsPort, LinkRow, OrderRow, OrdersPort, PoliciesPort, TrailPort
from activities.rule_books import hashes
from activities.sheet import sheet
from domain.calendar import CST
from domain.effects import Effect
from domain.words import Frozen


class Archived(Frozen):
    """Where the bundle is in the object store, and the SHA-256 of its bytes in hex."""

    bundle: str
    sha256: str


class Sources:
    """Where all that is known of an order is kept."""

    def __init__(
        self,
        orders: OrdersPort,
        trail: TrailPort,
        documents: DocumentsPort,
        attachments: AttachmentsPort,
        policies: PoliciesPort,
        catalogue: CataloguePort,
        messages: KeptPort,
        answers: KeptPort,
        calls: KeptPort,
    ) -> None:
        self._documents = documents
        self._attachments = attachments
        self._policies = policies
        self._catalogue = catalogue
        self._kept = (messages, answers, calls)
        self.orders = orders
        self.trail = trail

    async def told(self, order: OrderRow, no: str, chain: Sequence[LinkRow]) -> Told:
        """All of it, as of now."""
        snapshots = {each: await self._policies.get(each) for each in hashes(order, [link.content for link in chain])}
        messages, answers, calls = [await kept.of_order(no) for kept in self._kept]
        return Told(
            order=order,
            view=await self.orders.view(no),
            chain=chain,
            documents=await self._documents.of_order(no),
            policies={each: snapshot.data if snapshot else None for each, snapshot in snapshots.items()},
            evidence=await self._attachments.of_order(no),
            messages=messages,
            answers=answers,
            calls=calls,
        )

    async def units(self, order: OrderRow) -> dict[str, str]:
        """The names of the county's offices by id."""
        return {unit.id: unit.name for unit in await self._catalogue.units(realm=order.realm, regime=order.regime)}


class Archive:
    """Gathers all that is known of an order into one BagIt bundle."""

    def __init__(
        self, sources: Sources, archives: ArchivesPort, objects: ObjectsPort, bundles: BundlesPort, sheets: SheetsPort
    ) -> None:
        self._sources = sources
        self._archives = archives
        self._objects = objects
        self._bundles = bundles
        self._sheets = sheets

    @activity.defn(name="archive")
    async def archive(self, effect: Effect) -> Archived:
        """Write `archives/<year of closing>/<no>.zip` and note it.

        Timeout: 10 min an attempt. Retries: for 24 h, also while `order_closed` is not recorded, except for
        `UnknownOrder` and `NotABundle` (something else stands in the bundle's place).
        Idempotency: a bundle is written once. If it is noted, the note is the answer; if it is only there,
        because an attempt ended between writing and noting, it is checked and noted as it is.
        """
        no = effect.order_no
        noted = await self._archives.get(no)
        if noted is None:
            order, chain = await self._sources.orders.get(no), await self._sources.trail.chain(no)
            if order is None:
                raise unknown_order(no)
            closing = next((each.content for each in chain if each.content.event == "order_closed"), None)
            if closing is None:
                raise not_recorded_yet(no, "order_closed")
            closed_on = closing.at.astimezone(CST).date()
            told = await self._sources.told(order, no, chain)
            files = contents(told) | await self._sheet(told)
            key = f"archives/{closed_on.year}/{no}.zip"
            with TemporaryDirectory(prefix="jiesu-archive-", ignore_cleanup_errors=True) as folder:
                bundle = Path(folder) / "bundle.zip"
                await asyncio.to_thread(self._bundles.pack, bundle, no, closed_on, files, self._pieces(told))
                if not await self._objects.put_file_if_absent(key, bundle):
                    await self._objects.fetch(key, bundle)
                    await asyncio.to_thread(self._bundles.verify, no, bundle)
                noted = await self._archives.record(no, key, await asyncio.to_thread(_sha256, bundle))
        return Archived(bundle=noted.bundle, sha256=noted.sha256)

    async def _sheet(self, told: Told) -> dict[str, bytes]:
        made = sheet(told, await self._sources.units(told.order))
        page = await asyncio.to_thread(self._sheets.html, made)
        return {"personal/sheet.html": page, "personal/sheet.pdf": await asyncio.to_thread(self._sheets.pdf, made)}

    def _pieces(self, told: Told) -> list[Piece]:
        return [
            Piece(f"personal/evidence/{evidence_name(each)}", each.size, partial(self._objects.reader, each.object_key))
            for each in told.evidence
        ]


def _sha256(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()
