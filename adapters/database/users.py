"""Who may sign in, and as what."""

from pydantic import BaseModel, ConfigDict
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.passwords import NOBODY, hashed, matches
from adapters.database.tables import User


class Account(BaseModel):
    """A user. Without `regime` they serve every regime, without `unit` they belong to no unit."""

    model_config = ConfigDict(frozen=True, from_attributes=True)

    username: str
    role: str
    unit: str | None = None
    regime: str | None = None
    display: str


class UsernameTaken(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """Someone else has that name."""


class Users:
    """Accounts with a password."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def create(self, account: Account, password: str) -> None:
        """Add an account. Raises UsernameTaken."""
        if not await self._add([account], await hashed(password)):
            raise UsernameTaken(account.username)

    async def ensure(self, accounts: list[Account], password: str) -> None:
        """Have these accounts; those whose name exists keep what they are, their password too."""
        await self._add(accounts, await hashed(password))

    async def verify(self, username: str, password: str) -> Account | None:
        """The account if the password is right. An unknown name takes as long as a wrong password."""
        row = await self._row(username)
        right = await matches(password, row.password_hash if row else NOBODY)
        return Account.model_validate(row) if row and right else None

    async def get(self, username: str) -> Account | None:
        """An account by name."""
        row = await self._row(username)
        return Account.model_validate(row) if row else None

    async def _row(self, username: str) -> User | None:
        async with self.database.session() as session:
            return await session.scalar(select(User).where(User.username == username))

    async def _add(self, accounts: list[Account], password_hash: str) -> int:
        rows = [account.model_dump() | {"password_hash": password_hash} for account in accounts]
        add = insert(User).values(rows).on_conflict_do_nothing().returning(col(User.username))
        async with self.database.begin() as session:
            return len((await session.scalars(add)).all())
