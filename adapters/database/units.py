"""The units of a county, and their contact persons by role."""

from collections.abc import Sequence

from pydantic import TypeAdapter
from sqlalchemy import Insert, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import Contact, Unit
from domain.units import StoredContact, StoredUnit

PLACE = TypeAdapter(tuple[Name, Name])


class UnitDirectory:
    """Units and contacts; each write replaces whole rows and may be repeated."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def put_units(self, units: Sequence[StoredUnit]) -> None:
        """Add units, or replace those of the same realm, regime and id."""
        rows = [unit.model_dump() | {"duties": list(unit.duties)} for unit in units]
        upsert = insert(Unit)
        replaced = {name: upsert.excluded[name] for name in ("name", "area", "duties", "emergency_level")}
        await self._write(upsert.on_conflict_do_update(index_elements=_UNIT_KEY, set_=replaced), rows)

    async def ensure(self, realm: str, units: Sequence[StoredUnit], contacts: Sequence[StoredContact] = ()) -> None:
        """Add missing units and contacts to `realm`; existing rows stay as they are."""
        await self._write(
            insert(Unit).on_conflict_do_nothing(),
            [unit.model_dump() | {"realm": realm, "duties": list(unit.duties)} for unit in units],
        )
        await self._write(
            insert(Contact).on_conflict_do_nothing(),
            [self._sealed(contact) | {"realm": realm} for contact in contacts],
        )

    async def units(self, *, realm: str = "", regime: str | None = None) -> list[StoredUnit]:
        """The units of a realm by regime and id."""
        found = select(Unit).where(Unit.realm == realm)
        if regime is not None:
            found = found.where(Unit.regime == regime)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(Unit.regime), col(Unit.id)))
            return [StoredUnit.model_validate(row) for row in rows]

    async def page(self, *, regime: str | None = None, cursor: str | None = None, limit: int = 50) -> Page[StoredUnit]:
        """A page of the units of the real realm, by regime and id. Raises BadCursor."""
        place = (col(Unit.regime), col(Unit.id))
        found = select(Unit).where(Unit.realm == "")
        if regime is not None:
            found = found.where(Unit.regime == regime)
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.scalars(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(map(StoredUnit.model_validate, rows[:limit]))
        return Page(items, to_cursor(items[-1].regime, items[-1].id) if len(rows) > limit else None)

    async def put_contacts(self, contacts: Sequence[StoredContact]) -> None:
        """Add contacts, or replace those of the same realm, regime, unit and role."""
        upsert = insert(Contact)
        replaced = {name: upsert.excluded[name] for name in ("name", "phone")}
        await self._write(
            upsert.on_conflict_do_update(index_elements=_CONTACT_KEY, set_=replaced),
            [self._sealed(contact) for contact in contacts],
        )

    async def contact(
        self, role: str, *, regime: str, unit: str | None = None, realm: str = ""
    ) -> StoredContact | None:
        """The contact person for a role in a unit, or in the county if `unit` is None."""
        found = select(Contact).where(
            Contact.realm == realm,
            Contact.regime == regime,
            Contact.role == role,
            col(Contact.unit_id).is_not_distinct_from(unit),
        )
        async with self.database.session() as session:
            row = await session.scalar(found)
        if row is None:
            return None
        opened = self.database.keyring.decrypt
        return StoredContact(
            regime=regime, realm=realm, unit=unit, role=role, name=opened(row.name), phone=opened(row.phone)
        )

    async def _write(self, statement: Insert, rows: list[dict[str, object]]) -> None:
        if rows:
            async with self.database.begin() as session:
                await session.execute(statement, rows)

    def _sealed(self, contact: StoredContact) -> dict[str, object]:
        seal = self.database.keyring.encrypt
        return contact.model_dump(exclude={"unit"}) | {
            "unit_id": contact.unit,
            "name": seal(contact.name),
            "phone": seal(contact.phone),
        }


_UNIT_KEY = ("realm", "regime", "id")
_CONTACT_KEY = ("realm", "regime", "unit_id", "role")
