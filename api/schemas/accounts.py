"""Schemas of accounts; an answer has a secret or initial password once, and no other password."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Field, StringConstraints, WithJsonSchema

from adapters.database.accounts.role_assignments import PEOPLE
from adapters.database.accounts.users import USERNAME, Card
from api.schemas.base import Shape
from application.input_types import InputModel, Name, Slug
from domain.access.passwords import LONGEST, canonical_form
from domain.words import Role


def _of_people(role: Role) -> Role:
    if role not in PEOPLE:
        raise ValueError("不是人员的岗位")
    return role


def _in_one_form(value: Any) -> Any:
    return canonical_form(value) if isinstance(value, str) else value


Username = Annotated[str, BeforeValidator(_in_one_form), StringConstraints(pattern=f"^{USERNAME.pattern}$")]
"""A name to sign in by: letters of any script, digits, `_ . @ -`; no colon, which begins the names of others.

Of two that are written alike, in full width and in half, there is one.
"""

Secret = Annotated[str, StringConstraints(min_length=1, max_length=LONGEST)]
OneTime = Annotated[str, StringConstraints(pattern=r"^[0-9]{6}$")]
Person = Annotated[Role, AfterValidator(_of_people), WithJsonSchema({"type": "string", "enum": PEOPLE})]
"""A role that somebody can have."""


class Proof(InputModel):
    """Who is signed in shows it again, because much follows from it."""

    password: Secret
    totp: OneTime | None = None


class NewPassword(Proof):
    """A password to have from now on."""

    new_password: Secret


class Confirmation(InputModel):
    """A code of the secret that was offered."""

    code: OneTime


class NewUser(InputModel):
    """A user to add; without `password` one is made and told once. Either opens nothing but its own change."""

    username: Username
    role: Person
    display: Name | None = None
    unit: Slug | None = None
    regime: Slug | None = None
    password: Secret | None = None


class UserChange(InputModel):
    """What is to be otherwise; what is not named stays. `reset_password` makes one that has to be changed."""

    role: Person | None = None
    unit: Slug | None = None
    regime: Slug | None = None
    display: Name | None = None
    disabled: bool | None = None
    unlock: bool = False
    reset_password: bool = False
    reset_totp: bool = False


class SessionOut(Shape):
    """A session that holds; `seen_at`: when it was last used, to the minute; `current`: the one that asks."""

    id: str
    issued_at: datetime
    seen_at: datetime
    expires_at: datetime
    current: bool = False


class EnrolmentOut(Shape):
    """For an authenticator app: the secret in base32, and the same as an address to be shown as a QR code."""

    secret: str
    otpauth_uri: str


class AccountOut(Shape):
    """Whoever asks. `duty`: what they have to do before anything else is open to them."""

    username: str
    role: str
    unit: str | None
    regime: str | None
    display: str | None = None
    second_factor: bool = False
    federated: bool = False
    duty: str | None = None


class UserOut(Shape):
    """A user as an administrator sees them."""

    username: str
    role: str
    unit: str | None
    regime: str | None
    display: str
    temporary: bool
    second_factor: bool
    federated: bool
    disabled_at: datetime | None
    locked_until: datetime | None = None
    created_at: datetime | None
    initial_password: str | None = Field(None, description="系统生成的口令，只显示这一次")

    @classmethod
    def of(cls, card: Card, locked_until: datetime | None = None, password: str | None = None) -> "UserOut":
        """The user, and the password that was made for them just now."""
        return cls(**card.model_dump(), locked_until=locked_until, initial_password=password)


class Token(Shape):
    """A bearer token; `expires_in` in seconds. `duty`: what has to be done under `/account` before it opens more."""

    access_token: str
    token_type: str = "bearer"  # noqa: S105 (the name of a kind)
    expires_in: int
    role: str
    unit: str | None
    regime: str | None
    duty: str | None = None
