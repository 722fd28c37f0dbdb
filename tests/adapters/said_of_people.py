"""An archived order with personal data in every possible column of every table, and a search for what is left."""

from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import LargeBinary, select

from adapters.database.archive.bundles import ArchivedBundles
from adapters.database.city.messages import WEBHOOK, CityMessages
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import Orders
from adapters.database.tables import Table
from adapters.database.telephone.call_tasks import CallTasks
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from domain.citizen.outbound_records import NewCall, NewMessage
from domain.order.records import Answer, StoredCitizen
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import CANARY, new_order

NO = "20261123-000001"
PHONE = "+8613800138000"
THEN = datetime.now(UTC) + timedelta(days=11 * 366)
CITIZEN = StoredCitizen(name=f"{CANARY}甲", phone=PHONE, address=CANARY, email=CANARY, account=CANARY, device=CANARY)
AT_THE_PROVIDER = frozenset({"SMofcitizen", "CAofcitizen"})
PLACE = frozenset({"33.5", "113.6"})


async def archive(database: Database, settings: Settings) -> None:
    """Store an archived order with personal data in every possible column of every table."""
    place = {"location": CANARY, "address_id": CANARY, "lat": 33.5, "long": 113.6, "media_url": CANARY, "listed": True}
    answers = (Answer(code="a", question="q", answers=(CANARY,)),)
    await Orders(database).open(new_order(NO, citizen=CITIZEN, answers=answers, **place), intake_key=f"{CANARY}:1")
    await Documents(database).save(NO, "", "submit_reply", "handling", CANARY)
    file = NewFile(
        order_no=NO,
        name=f"{CANARY}.jpg",
        note=CANARY,
        media_type="image/jpeg",
        size=15,
        sha256="00" * 32,
        object_key="attachments/photo",
        thumbnail_key="attachments/photo.thumbnail.jpg",
        uploaded_by="clerk",
    )
    await Attachments(database).add(file)
    message = NewMessage(NO, "N1", 1, "survey", "citizen", None, NO, PHONE, CANARY)
    await Messages(database).claim(message)
    await Messages(database).sent(message.key, "SMofcitizen")
    call = NewCall(f"{NO}:call", NO, 0, NO, 1, PHONE)
    await Calls(database).claim(call)
    await Calls(database).placed(call.key, "CAofcitizen")
    about: dict[str, Any] = {"regime": "huojia", "template": "survey", "to_role": "citizen", "unit": None, "party": NO}
    await CallTasks(database).open(f"{NO}:task", NO, realm="", **about)
    await CallTasks(database).done(f"{NO}:task", "wang", CANARY)
    await InboundMessages(database).keep(NewInbound("IN1", PHONE, CANARY, NO, NO))
    city = CityMessages(database)
    await city.keep("city-1", "order", CANARY, WEBHOOK)
    await city.about("city-1", order_no=NO)
    await city.finish("city-1", "refused", code="invalid", reason=CANARY)
    await recorded(database, NO, {"event": "order_opened"}, {"event": "order_closed", "outcome": "satisfied"})
    for key in ("attachments/photo", "attachments/photo.thumbnail.jpg", "archives/1.zip"):
        await Objects(settings).put_if_absent(key, CANARY.encode())
    await ArchivedBundles(database).record(NO, "archives/1.zip", "00" * 32)


async def personal(database: Database) -> dict[str, set[str]]:
    """The columns of each table that have personal data of this order, after decryption."""
    found: dict[str, set[str]] = {}
    async with database.session() as session:
        for table in Table.metadata.sorted_tables:
            for row in (await session.execute(select(table))).mappings():
                for name, value in row.items():
                    sealed = isinstance(table.c[name].type, LargeBinary) and value is not None
                    said = database.keyring.decrypt(bytes(value)) if sealed else str(value)
                    indexed = name in {"phone_index", "fingerprint", "digest"} and value
                    if indexed or CANARY in said or PHONE[-11:] in said or said in AT_THE_PROVIDER | PLACE:
                        found.setdefault(table.name, set()).add(name)
    return found


async def left(settings: Settings) -> list[str]:
    return [each.key for folder in ("archives", "attachments") async for each in Objects(settings).list(folder)]
