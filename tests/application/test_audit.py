"""Use cases of the audit trail, given only what they need."""

from adapters.auth.tokens import Identity
from adapters.database.audit.acts import ActFilter, Acts
from adapters.database.engine import Database
from application.audit.acts import ActNeeds, Origin, note_list
from domain.access.acts import Deed
from domain.words import Role
from tests.application.needs import only

HERE = Origin("digest-of-an-address", "request-1")
WANG = Identity(sub="wang", role=Role.CALLBACK_STAFF, regime="huojia")


async def test_a_list_with_whole_numbers_is_one_act_an_order(database: Database) -> None:
    services = only(ActNeeds, acts=Acts(database))
    await note_list(services, HERE, WANG, Deed.CALLBACKS_READ, ["A", "B", "A"], revealed=True)
    found = (await services.acts.find(ActFilter(deed=Deed.CALLBACKS_READ))).items
    assert {link.act.order_no for link in found} == {"A", "B"} and len(found) == 2
    assert {(link.act.person, link.act.regime, link.act.request) for link in found} == {("wang", "huojia", "request-1")}


async def test_a_masked_list_is_one_act(database: Database) -> None:
    services = only(ActNeeds, acts=Acts(database))
    await note_list(services, HERE, WANG, Deed.CALLBACKS_READ, ["A", "B"], revealed=False)
    (link,) = (await services.acts.find(ActFilter(deed=Deed.CALLBACKS_READ))).items
    assert (link.act.order_no, link.act.data) == (None, {"revealed": False, "count": 2})
