"""Fixtures for activities: a real database, the sandbox gateway and the sandbox city platform."""

from collections.abc import Callable
from pathlib import Path

import pytest

from adapters.database.engine import Database
from adapters.database.orders.orders import Orders
from adapters.database.orders.rule_books import RuleBookHistory
from adapters.database.units import UnitDirectory
from adapters.settings.settings import Settings
from adapters.twilio.client import TwilioClient
from adapters.twilio.sms import TwilioSms
from domain.order.records import StoredRuleBook
from domain.units import StoredContact, StoredUnit
from tests.activities.given import CITY_SECRET, CLERK, TEMPLATES, Phone
from tests.adapters.orders_at_hand import new_order
from tests.sandbox.conftest import peer
from tests.sandbox.words import ACCOUNT, TOKEN, Peer

__all__ = ["peer"]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of this test's object store."""
    return tmp_path / "data"


@pytest.fixture(scope="module")
def gateway(peer: Peer, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The base URL of a gateway for tests that use telephone numbers of their own."""
    return peer("gateway", "--data", str(tmp_path_factory.mktemp("gateway")))[0]


@pytest.fixture(scope="module")
def city(peer: Peer) -> str:
    """The base URL of a city platform."""
    return peer("city", "--secret", CITY_SECRET)[0]


@pytest.fixture
def settings_for(folder: Path) -> Callable[..., Settings]:
    """A function that returns settings with the given changes."""

    def make(**changes: str) -> Settings:
        chosen = {"TWILIO_ACCOUNT_SID": ACCOUNT, "TWILIO_AUTH_TOKEN": TOKEN, "CITY_SECRET": CITY_SECRET}
        return Settings.model_validate(chosen | {"JIESU_DATA": folder} | changes)

    return make


@pytest.fixture
async def hotline(database: Database) -> Database:
    """A database with an order of huojia, a unit, its clerk, and the rule book."""
    await Orders(database).open(new_order("20261123-000001"))
    catalogue = UnitDirectory(database)
    await catalogue.put_units([StoredUnit(id="housing", regime="huojia", name="住建局")])
    await catalogue.put_contacts(
        [StoredContact(regime="huojia", unit="housing", role="unit_clerk", name="王某", phone=CLERK)]
    )
    reactions = [{"on": "unclosed_listed", "send_city": "not_soon_solvable"}]
    await RuleBookHistory(database).put(
        StoredRuleBook("abc", "huojia", {"templates": TEMPLATES, "reactions": reactions})
    )
    return database


@pytest.fixture
def phone(gateway: str) -> Phone:
    return Phone(gateway)


@pytest.fixture
def sms(gateway: str, settings_for: Callable[..., Settings]) -> TwilioSms:
    return TwilioSms(TwilioClient(settings_for(TWILIO_BASE_URL=gateway)))
