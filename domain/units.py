"""Units of a county and their contacts, as they are stored."""

from pydantic import BaseModel, ConfigDict


class StoredUnit(BaseModel):
    """A unit; `id` is unique within a regime and a realm."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    id: str
    regime: str
    realm: str = ""
    name: str
    area: str | None = None
    duties: tuple[str, ...] = ()
    emergency_level: str | None = None


class StoredContact(BaseModel):
    """The contact of a role; without `unit` the role is the county's."""

    model_config = ConfigDict(frozen=True)

    regime: str
    realm: str = ""
    unit: str | None = None
    role: str
    name: str
    phone: str
