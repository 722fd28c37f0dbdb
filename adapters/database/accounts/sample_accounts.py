"""Sample accounts for trying the system out on one machine."""

from collections.abc import Mapping, Sequence

from pydantic import BaseModel, ConfigDict

from adapters.database.accounts.users import Account, Users
from adapters.database.engine import Database
from domain.labels import label
from domain.words import UNIT_ROLES, Role

NOT_PEOPLE = {Role.CITIZEN, Role.CLOCK, Role.SYSTEM}


class Login(BaseModel):
    """A sample account's name, password and role."""

    model_config = ConfigDict(frozen=True)

    username: str
    password: str
    role: str
    unit: str | None
    regime: str | None


async def ensure_users(database: Database, units: Mapping[str, Sequence[str]], password: str) -> list[Login]:
    """Create a user for every role, all with one password; `units` lists the unit ids of each regime.

    A role of the centre is a user of the same name who serves every regime. A role in a unit is a user of the
    same name in the first unit of the first regime, and one in every unit: `clerk-housing`,
    `section-head-housing` …, with `@<regime>` appended where an earlier regime has a unit of that id.
    May be repeated: accounts that exist keep their password.
    """
    accounts = _accounts(units)
    await Users(database).ensure(accounts, password)
    return [Login(password=password, **account.model_dump(exclude={"display"})) for account in accounts]


def _accounts(units: Mapping[str, Sequence[str]]) -> list[Account]:
    found: dict[str, Account] = {}
    first = next(((regime, ids[0]) for regime, ids in units.items() if ids), None)
    for role in Role:
        if role in NOT_PEOPLE:
            continue
        if role not in UNIT_ROLES:
            found[role] = Account(username=role, role=role, display=label(role))
            continue
        if first is not None:
            regime, unit = first
            found[role] = Account(username=role, role=role, unit=unit, regime=regime, display=label(role))
        for regime, ids in units.items():
            for unit in ids:
                name = f"{role.removeprefix('unit_').replace('_', '-')}-{unit}"
                if name in found:
                    name = f"{name}@{regime}"
                found[name] = Account(
                    username=name, role=role, unit=unit, regime=regime, display=f"{label(role)} {unit}"
                )
    return list(found.values())
