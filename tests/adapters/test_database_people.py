"""Units, contacts and users."""

import pytest

from adapters.database.accounts.credentials import Credentials, SignInRejected
from adapters.database.accounts.sample_accounts import ensure_users
from adapters.database.accounts.users import Account, Card, UsernameTaken, Users
from adapters.database.engine import Database
from adapters.database.units import UnitDirectory
from domain.units import StoredContact, StoredUnit

HOUSING = StoredUnit(id="housing", regime="huojia", name="住建局", area="城关", duties=("房屋", "供热"))


async def prove(database: Database, username: str, password: str) -> Card:
    return await Credentials(database, tries=5).prove(username, password, None)


async def test_units_are_replaced_by_id_within_regime_and_realm(database: Database) -> None:
    catalogue = UnitDirectory(database)
    elsewhere = HOUSING.model_copy(update={"regime": "rugao", "name": "住房局"})
    rehearsed = HOUSING.model_copy(update={"realm": "rehearsal-1"})
    await catalogue.put_units([HOUSING, elsewhere, rehearsed])
    renamed = HOUSING.model_copy(update={"name": "住建中心", "duties": ()})
    await catalogue.put_units([renamed])
    assert await catalogue.units() == [renamed, elsewhere]
    assert await catalogue.units(regime="rugao") == [elsewhere]
    assert await catalogue.units(realm="rehearsal-1") == [rehearsed]


async def test_what_a_scenario_names_comes_to_exist_and_never_replaces(database: Database) -> None:
    catalogue = UnitDirectory(database)
    await catalogue.put_units([HOUSING])
    water = StoredUnit(id="water", regime="huojia", name="水利局")
    clerk = StoredContact(regime="huojia", unit="water", role="unit_clerk", name="李四", phone="139")
    other = HOUSING.model_copy(update={"name": "x"})
    for _ in range(2):
        await catalogue.ensure("", [other, water], [clerk])
    assert await catalogue.units() == [HOUSING, water]
    await catalogue.ensure("", [], [clerk.model_copy(update={"phone": "0"})])
    assert await catalogue.contact("unit_clerk", regime="huojia", unit="water") == clerk


async def test_contacts_are_found_by_role_in_a_unit_or_in_the_county(database: Database) -> None:
    catalogue = UnitDirectory(database)
    county = StoredContact(regime="huojia", role="county_leader", name="王五", phone="137")
    await catalogue.put_contacts([county])
    moved = county.model_copy(update={"phone": "136"})
    await catalogue.put_contacts([moved])
    assert await catalogue.contact("county_leader", regime="huojia") == moved
    assert await catalogue.contact("county_leader", regime="huojia", unit="water") is None
    assert await catalogue.contact("county_leader", regime="huojia", realm="rehearsal-1") is None


async def test_only_the_right_password_opens(database: Database) -> None:
    users = Users(database)
    account = Account(username="zhang", role="agent", display="张")
    await users.create(account, "correct horse")
    assert (await prove(database, "zhang", "correct horse")).role == "agent"
    for username, password in (("zhang", "Correct horse"), ("nobody", "correct horse")):
        with pytest.raises(SignInRejected):
            await prove(database, username, password)
    with pytest.raises(UsernameTaken):
        await users.create(account, "another")
    assert (await prove(database, "zhang", "correct horse")).username == "zhang"


async def test_development_has_a_user_for_every_role_and_unit(database: Database) -> None:
    units = {"huojia": ["housing", "water"], "rugao": ["housing"]}
    logins = {login.username: login for login in await ensure_users(database, units, "secret")}
    await ensure_users(database, units, "another")

    assert {"agent", "admin", "city_platform", "panel", "unit_clerk", "unit_principal_leader"} <= logins.keys()
    assert {"clerk-housing", "clerk-water", "principal-leader-housing@rugao"} <= logins.keys()
    assert not {"citizen", "clock", "system"} & logins.keys()
    assert (logins["unit_clerk"].unit, logins["unit_clerk"].regime) == ("housing", "huojia")
    assert (logins["clerk-housing@rugao"].unit, logins["clerk-housing@rugao"].regime) == ("housing", "rugao")
    assert logins["agent"].regime is None
    for login in (logins["agent"], logins["section-head-water"]):
        account = await prove(database, login.username, "secret")
        assert (account.role, account.unit) == (login.role, login.unit)
