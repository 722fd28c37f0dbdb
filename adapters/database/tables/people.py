"""Tables of staff: units, contact persons, accounts, sessions and failed sign-ins."""

from datetime import datetime

from sqlalchemy import UniqueConstraint, text
from sqlmodel import Field

from adapters.database.tables.columns import Table, moment, recorded, sealed, words


class Unit(Table, table=True):
    """An office that handles orders. Two regimes may use the same id for different offices."""

    __tablename__ = "units"

    realm: str = Field("", primary_key=True)
    regime: str = Field(primary_key=True)
    id: str = Field(primary_key=True)
    name: str
    area: str | None = None
    duties: list[str] = words()
    emergency_level: str | None = None


class Contact(Table, table=True):
    """The contact person for a role, in a unit or (`unit_id` None) in the county."""

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
    """A user. Without `regime` they belong to every regime, without `unit` to no unit.

    Without `password_hash` they sign in at the identity provider. `temporary`: the password was set by
    somebody else and permits only its own change. `totp_step`: the last time step whose code was used. `version`
    counts the changes that end a user's sessions. `seat_at`: when the identity provider first stated their current
    role.
    """

    __tablename__ = "users"

    username: str = Field(primary_key=True)
    password_hash: str | None = None
    temporary: bool = Field(False, sa_column_kwargs={"server_default": text("false")})
    role: str
    unit: str | None = None
    regime: str | None = None
    display: str
    totp_secret: bytes | None = sealed(required=False)
    totp_pending: bytes | None = sealed(required=False)
    totp_step: int | None = None
    disabled_at: datetime | None = moment(required=False)
    version: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    seat_at: datetime | None = moment(required=False)
    created_at: datetime = recorded()


class SignInSession(Table, table=True):
    """An issued token, by its `jti`."""

    __tablename__ = "sessions"

    id: str = Field(primary_key=True)
    username: str = Field(index=True)
    issued_at: datetime = recorded()
    seen_at: datetime = recorded()
    expires_at: datetime = moment(index=True)
    revoked_at: datetime | None = moment(required=False)


class SignInFailure(Table, table=True):
    """Failed sign-ins under a name since the last success, whether or not there is such a user.

    The name is stored as a keyed digest: people type passwords into the wrong field. `since` is when the count
    began, and distinguishes it from one that was forgiven or forgotten before.
    """

    __tablename__ = "sign_in_failures"

    name_digest: str = Field(primary_key=True)
    failed: int
    locked_until: datetime | None = moment(required=False)
    since: datetime = recorded()
    last_at: datetime = recorded()
