"""Makes the daily anchor, signs it, and writes it to the object store, from where it can be published."""

import json
from collections.abc import Set
from datetime import date
from typing import Final, Protocol

from adapters.archive.signature import SigningKeys
from adapters.database.audit.anchors import Anchor, Anchors
from adapters.database.engine import Database
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings

FOLDER: Final = "anchors"
MAKING: Final = "anchors"


class AnchorConflict(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The published anchors of some days differ from those in the database."""


class Anchoring:
    """Makes anchors, those of missed days too; any number of processes may try at once."""

    def __init__(self, database: Database, objects: Objects, signatures: SigningKeys) -> None:
        self._database, self._objects, self._signatures = database, objects, signatures
        self._anchors = Anchors(database)

    async def make_due(self) -> int:
        """Make the anchors that are due and publish those that are not yet; returns how many were made.

        An anchor is stored first and then published from there: after a crash between, the next round publishes it.
        Raises AnchorConflict after everything else is done: a person should investigate then.
        """
        async with self._database.alone(MAKING) as mine:
            if not mine:
                return 0
            made = [await self._anchors.make(day, self._signatures.sign) for day in await self._anchors.due()]
            await self._publish({anchor.day for anchor in made})
            return len(made)

    async def _publish(self, new: Set[date]) -> None:
        there = {found.key async for found in self._objects.list(FOLDER)}
        conflicts = []
        for anchor in await self._anchors.all():
            key, content = key_of(anchor.day), anchor_file(anchor, self._signatures)
            if key in there and anchor.day not in new:
                continue
            if not await self._objects.put_if_absent(key, content) and await self._objects.get(key) != content:
                conflicts.append(anchor.day.isoformat())
        if conflicts:
            raise AnchorConflict(", ".join(conflicts))


class AnchorNeeds(Protocol):
    """Needed to make anchors."""

    database: Database
    settings: Settings

    @property
    def objects(self) -> Objects:
        """The object store."""


async def make_due_anchors(services: AnchorNeeds) -> int:
    """Make the anchors that are due, and return how many. May be repeated, and may run in several processes."""
    signatures = SigningKeys(services.settings.archive_key)
    return await Anchoring(services.database, services.objects, signatures).make_due()


def key_of(day: date) -> str:
    """The key of a published anchor."""
    return f"{FOLDER}/{day.isoformat()}.json"


def anchor_file(anchor: Anchor, signatures: SigningKeys) -> bytes:
    """An anchor as a file: the signed text, its signature in hex, and the fingerprint of the key."""
    said = {"body": anchor.body, "signature": anchor.signature, "key": signatures.fingerprint}
    return (json.dumps(said, indent=2, sort_keys=True) + "\n").encode()
