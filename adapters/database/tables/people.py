"""Tables of those who act: units, whom to reach there, and who may sign in."""

from datetime import datetime

from sqlalchemy import UniqueConstraint
from sqlmodel import Field

from adapters.database.tables.columns import Table, recorded, sealed, words


class Unit(Table, table=True):
    """An office that handles orders. Two regimes may use one id for offices of their own."""

    __tablename__ = "units"

    realm: str = Field("", primary_key=True)
    regime: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    name: str
    area: str | None = None
    duties: list[str] = words()
    emergency_level: str | None = None


class Contact(Table, table=True):
    """Whom to call or text for a role, in a unit or (`unit_id` none) in the county."""

    __tablename__ = "contacts"
    __table_args__ = (UniqueConstraint("realm", "regime", "unit_id", "role", postgresql_nulls_not_distinct=True),)

    key: int | None = Field(None, primary_key=True)
    realm: str = ""
    regime: str
    unit_id: str | None = None
    role: str
    name: bytes = sealed()
    phone: bytes = sealed()


class User(Table, table=True):
    """Someone who may sign in. Without `regime` they belong to every regime, without `unit` to no unit."""

    __tablename__ = "users"

    username: str = Field(primary_key=True)
    password_hash: str
    role: str
    unit: str | None = None
    regime: str | None = None
    display: str
    created_at: datetime = recorded()
