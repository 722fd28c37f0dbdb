"""Writing an order's bundle into the archive."""

import asyncio
import hashlib
import json
from collections.abc import Sequence
from typing import Any

from temporalio import activity

from activities.failures import not_recorded_yet, unknown_order
from activities.ports import (
    ArchivesPort,
    AttachmentsPort,
    BundlesPort,
    DocumentsPort,
    LinkRow,
    ObjectsPort,
    OrderRow,
    OrdersPort,
    PoliciesPort,
    TrailPort,
)
from activities.rule_books import hashes
from domain.calendar import CST
from domain.effects import Effect
from domain.words import Frozen


class Archived(Frozen):
    """Where the bundle is in the object store, and the SHA-256 of its bytes in hex."""

    bundle: str
    sha256: str


class Archive:
    """Gathers all that is known of an order into one BagIt bundle."""

    def __init__(
        self,
        orders: OrdersPort,
        trail: TrailPort,
        documents: DocumentsPort,
        attachments: AttachmentsPort,
        policies: PoliciesPort,
        archives: ArchivesPort,
        objects: ObjectsPort,
        bundles: BundlesPort,
    ) -> None:
        self._orders = orders
        self._trail = trail
        self._documents = documents
        self._attachments = attachments
        self._policies = policies
        self._archives = archives
        self._objects = objects
        self._bundles = bundles

    @activity.defn(name="archive")
    async def archive(self, effect: Effect) -> Archived:
        """Write `archives/<year of closing>/<no>.zip` and note it.

        Timeout: 2 min an attempt. Retries: for 24 h, also while `order_closed` is not recorded, except for
        `UnknownOrder` and `NotABundle` (something else stands in the bundle's place).
        Idempotency: a bundle is written once. If it is noted, the note is the answer; if it is only there,
        because an attempt ended between writing and noting, it is checked and noted as it is.
        """
        no = effect.order_no
        noted = await self._archives.get(no)
        if noted is None:
            order, chain = await self._orders.get(no), await self._trail.chain(no)
            if order is None:
                raise unknown_order(no)
            closing = next((each.content for each in chain if each.content.event == "order_closed"), None)
            if closing is None:
                raise not_recorded_yet(no, "order_closed")
            closed_on = closing.at.astimezone(CST).date()
            files = await self._files(order, no, chain)
            content = await asyncio.to_thread(self._bundles.pack, no, closed_on, files)
            key = f"archives/{closed_on.year}/{no}.zip"
            kept = await self._kept(key, no, content)
            noted = await self._archives.record(no, key, hashlib.sha256(kept).hexdigest())
        return Archived(bundle=noted.bundle, sha256=noted.sha256)

    async def _kept(self, key: str, no: str, content: bytes) -> bytes:
        """Write the bundle, or find the one that an earlier attempt wrote."""
        if await self._objects.put_if_absent(key, content):
            return content
        earlier = await self._objects.get(key)
        if earlier != content:
            await asyncio.to_thread(self._bundles.verify, no, earlier or b"")
        return earlier or b""

    async def _files(self, order: OrderRow, no: str, chain: Sequence[LinkRow]) -> dict[str, bytes]:
        view = await self._orders.view(no)
        snapshots = {each: await self._policies.get(each) for each in hashes(order, [link.content for link in chain])}
        documents = await self._documents.of_order(no)
        attachments = await self._attachments.of_order(no)
        files = {
            "order.json": order.model_dump(mode="json"),
            "view.json": view.model_dump(mode="json") if view else None,
            "policies.json": {each: snapshot.data if snapshot else None for each, snapshot in snapshots.items()},
            "timeline.json": [each.outside() for each in chain],
            "attachments.json": [each.model_dump(mode="json") for each in attachments],
            "documents.json": [
                {"id": d.id, "kind": d.kind, "field": d.field, "created_at": d.created_at.isoformat(), "text": d.text}
                for d in documents
            ],
            "chain.json": [
                {
                    "position": each.position,
                    "seq": each.content.seq,
                    "at": each.content.at.isoformat(),
                    "event": each.content.event,
                    "actor": each.content.actor,
                    "data": each.content.data,
                    "previous_hash": each.previous_hash,
                    "hash": each.hash,
                }
                for each in chain
            ],
        }
        written = {name: _json(value) for name, value in files.items()}
        for attachment in attachments:
            stored = await self._objects.get(attachment.object_key)
            if stored is not None:
                written[f"attachments/{attachment.id}"] = stored
        return written


def _json(value: Any) -> bytes:
    """Readable, and the same bytes for the same value."""
    return f"{json.dumps(value, ensure_ascii=False, indent=2, sort_keys=True)}\n".encode()
