"""Column types and the base class of all tables."""

from typing import Any

from sqlalchemy import TIMESTAMP, LargeBinary, MetaData, Text, func
from sqlalchemy.dialects.postgresql import ARRAY, JSONB
from sqlmodel import Field, SQLModel

NAMES = {
    "pk": "%(table_name)s_pkey",
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
}


class Table(SQLModel):
    """Base class of all tables, with naming conventions for constraints that migrations rely on."""

    metadata = MetaData(naming_convention=NAMES)


def words() -> Any:
    """A list of short texts."""
    return Field(default_factory=list, sa_type=ARRAY(Text))


def document(default: Any = ...) -> Any:
    """A JSON value."""
    return Field(default, sa_type=JSONB(none_as_null=True), nullable=default is None)


def sealed(*, required: bool = True) -> Any:
    """A text that `Keyring` has encrypted."""
    return Field(... if required else None, sa_type=LargeBinary, nullable=not required)


def moment(*, required: bool = True, key: bool = False, index: bool = False) -> Any:
    """A time-zone-aware moment."""
    return Field(
        ... if required else None,
        sa_type=TIMESTAMP(timezone=True),
        nullable=not required,
        primary_key=key,
        index=index,
    )


def recorded() -> Any:
    """The server's moment at which the row was written."""
    return Field(
        None,
        sa_type=TIMESTAMP(timezone=True),
        nullable=False,
        sa_column_kwargs={"server_default": func.now()},
    )
