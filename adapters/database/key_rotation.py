"""Key rotation: re-encrypts every sealed column and recomputes every blind index under the first key of the ring.

Works in small transactions and locks each row while it changes, so that the service keeps running. An interrupted run
can be started again; it skips rows that are done. When nothing is left the older keys can be dropped (OWASP ASVS 5,
11.1: keys that can be replaced).
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sqlalchemy import LargeBinary, select, tuple_, update

from adapters.database.city.messages import digested
from adapters.database.encryption import CannotDecrypt, Keyring, phone_index
from adapters.database.engine import Database, Session
from adapters.database.orders.documents import fingerprinted
from adapters.database.tables import Table

BATCH: Final = 200
_T = Table.metadata.tables

SEALED: Final = {
    name: columns
    for name, table in _T.items()
    if (columns := tuple(column.name for column in table.columns if isinstance(column.type, LargeBinary)))
}
"""The sealed columns by table: no other column holds bytes."""


class BlindIndex(NamedTuple):
    """A blind index column, the sealed column it indexes, and the function that computes it from the clear text."""

    column: str
    source: str
    made: Callable[[Keyring, str], str]


BLIND_INDEXES: Final = {
    "work_orders": BlindIndex("phone_index", "citizen_phone", phone_index),
    "messages": BlindIndex("phone_index", "to_phone", phone_index),
    "inbound_messages": BlindIndex("phone_index", "from_phone", phone_index),
    "opt_outs": BlindIndex("phone_index", "phone", phone_index),
    "documents": BlindIndex("fingerprint", "text", lambda ring, text: ring.blind_index(fingerprinted(text))),
    "city_messages": BlindIndex("digest", "body", lambda ring, text: ring.blind_index(digested(text))),
}


class Resealed(NamedTuple):
    """Result for a table: rows read and changed, and rows that no key decrypts.

    `lost`: opted-out numbers of which only an older key's index is stored; once that key is dropped
    they get texts again.
    """

    table: str
    seen: int
    changed: int
    unreadable: int
    lost: int = 0


class Resealing:
    """Re-encrypts the database, table by table."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def table(self, name: str) -> Resealed:
        """Re-encrypt one table under the first key; may be repeated."""
        if name == "opt_outs":
            await self._recover_opt_outs()
        seen = changed = unreadable = 0
        after: Sequence[Any] | None = None
        while True:
            async with self.database.begin() as session:
                rows = await self._batch(session, name, after)
                for row in rows:
                    try:
                        changed += await self._reseal(session, name, row)
                    except CannotDecrypt:
                        unreadable += 1
            seen += len(rows)
            if len(rows) < BATCH:
                break
            after = [rows[-1][key.name] for key in _T[name].primary_key]
        lost = await self._unknown_opt_outs() if name == "opt_outs" else 0
        return Resealed(name, seen, changed, unreadable, lost)

    async def _batch(self, session: Session, name: str, after: Sequence[Any] | None) -> list[dict[str, Any]]:
        keys = list(_T[name].primary_key)
        names = dict.fromkeys([key.name for key in keys] + list(SEALED[name]))
        if name in BLIND_INDEXES:
            names[BLIND_INDEXES[name].column] = None
        found = select(*(_T[name].c[each] for each in names)).order_by(*keys).limit(BATCH).with_for_update()
        if after is not None:
            found = found.where(tuple_(*keys) > tuple_(*after))
        return [dict(row._mapping) for row in await session.execute(found)]

    async def _reseal(self, session: Session, name: str, row: Mapping[str, Any]) -> bool:
        """Re-encrypt one row; returns whether it changed. Raises CannotDecrypt and leaves the row unchanged."""
        ring = self.database.keyring
        values: dict[str, Any] = {}
        for column in SEALED[name]:
            if row[column] is not None and not ring.is_current(row[column]):
                values[column] = ring.encrypt(ring.decrypt(row[column]))
        blind = BLIND_INDEXES.get(name)
        # The index of an erased value is empty, and one that was never set is None.
        if blind and row[blind.column] and row[blind.source] is not None:
            made = blind.made(ring, ring.decrypt(row[blind.source]))
            if made != row[blind.column]:
                values[blind.column] = made
        if not values:
            return False
        table = _T[name]
        where = [key == row[key.name] for key in table.primary_key]
        if name == "opt_outs" and "phone_index" in values and await self._is_opted_out(session, values["phone_index"]):
            await session.execute(table.delete().where(*where))
        else:
            await session.execute(update(table).where(*where).values(values))
        return True

    async def _is_opted_out(self, session: Session, index: str) -> bool:
        table = _T["opt_outs"]
        return await session.scalar(select(table.c.phone_index).where(table.c.phone_index == index)) is not None

    async def _recover_opt_outs(self) -> None:
        """Recover opted-out numbers that are stored by index alone, from inbound texts, messages or orders."""
        table, ring = _T["opt_outs"], self.database.keyring
        async with self.database.begin() as session:
            for index in await session.scalars(select(table.c.phone_index).where(table.c.phone.is_(None))):
                for name in ("inbound_messages", "messages", "work_orders"):
                    source = _T[name].c[BLIND_INDEXES[name].source]
                    sealed = await session.scalar(select(source).where(_T[name].c.phone_index == index).limit(1))
                    if sealed is not None:
                        phone = ring.encrypt(ring.decrypt(sealed))
                        await session.execute(update(table).where(table.c.phone_index == index).values(phone=phone))
                        break

    async def _unknown_opt_outs(self) -> int:
        """The number of opt-outs whose index cannot be recomputed, as the telephone number is unknown."""
        table = _T["opt_outs"]
        async with self.database.session() as session:
            return len((await session.scalars(select(table.c.phone_index).where(table.c.phone.is_(None)))).all())


async def reseal(database: Database, told: Callable[[Resealed], None]) -> bool:
    """Re-encrypt every table and call `told` with each result; returns whether the older keys can be dropped.

    Opt-outs come first, while the other tables can still be searched by the older indexes.
    """
    whole = True
    for name in ("opt_outs", *(each for each in SEALED if each != "opt_outs")):
        done = await Resealing(database).table(name)
        told(done)
        whole = whole and not done.unreadable and not done.lost
    return whole
