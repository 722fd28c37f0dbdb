"""Public queries return nothing confidential, nothing of a rehearsal, and nothing of other channels."""

from datetime import datetime, timedelta

from adapters.database.access.confidentiality import Entry, Reader, Viewers
from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.orders import OrderFilter, Orders
from adapters.database.orders.public_requests import PublicRequests
from domain.calendar.business_calendar import CST
from domain.order.records import Answer
from tests.adapters.orders_at_hand import CANARY, NINE, batch, new_order

ENTRY = Entry("wang", "dispatcher", NINE)


async def test_only_what_came_by_the_public_door_is_shown_there(database: Database) -> None:
    orders, public = Orders(database), PublicRequests(database)
    listed = {"service_code": "water", "listed": True}
    await orders.open(new_order("SHOWN", **listed))
    await orders.open(new_order("QUIET", service_code="report"))
    await orders.open(new_order("PHONE"))
    await orders.open(new_order("SECRET", **listed, confidential=True), entry=ENTRY)
    await orders.open(new_order("REHEARSED", **listed, realm="R1"))
    await orders.open(new_order("ELSEWHERE", **listed | {"regime": "gaotai"}))
    now = datetime.now(CST)
    window = (now - timedelta(days=1), now + timedelta(days=1))
    assert [each.no for each in await public.find("huojia", *window, limit=10)] == ["SHOWN"]
    numbers = ["SHOWN", "QUIET", "PHONE", "SECRET", "REHEARSED", "ELSEWHERE"]
    assert {each.no for each in await public.of_numbers("huojia", numbers)} == {"SHOWN", "QUIET"}
    assert await public.find("huojia", window[0] - timedelta(days=3), window[0], limit=10) == []


async def test_what_a_citizen_sent_is_sealed_and_comes_back(database: Database) -> None:
    from sqlalchemy import text

    answers = (Answer(code="since", question="从何时起", answers=(f"{CANARY}昨天",)),)
    sent = new_order("A", location=f"{CANARY}路", media_url=f"https://{CANARY}/", answers=answers, lat=35.2, long=113.7)
    citizen = sent.citizen.model_copy(update={"email": f"{CANARY}@x", "account": CANARY, "device": CANARY})
    await Orders(database).open(sent.model_copy(update={"citizen": citizen}))
    kept = await Orders(database).get("A")
    assert kept is not None
    assert (kept.answers, kept.location, kept.citizen, kept.lat) == (answers, f"{CANARY}路", citizen, 35.2)
    async with database.session() as session:
        row = (await session.execute(text("SELECT w::text FROM work_orders w"))).scalar_one()
    assert CANARY not in row
    assert CANARY.encode().hex() not in row


async def test_a_list_that_names_no_reader_shows_nothing_confidential(database: Database) -> None:
    orders = Orders(database)
    secret = new_order("SECRET", confidential=True, taken_by="agent")
    await orders.open(secret, viewers=["li", "li"], entry=ENTRY)
    assert (await orders.open(secret, viewers=["zhao"], entry=ENTRY)).created is False
    await orders.open(new_order("PLAIN"))
    for no in ("SECRET", "PLAIN"):
        await Trail(database).record(batch(no, 1, 1))

    async def seen(reader: Reader | None) -> set[str]:
        return {row.view.no for row in (await orders.list(OrderFilter(reader=reader))).items}

    assert await seen(None) == await seen(Reader("zhao")) == {"PLAIN"}
    for reader in (Reader("li"), Reader("agent"), Reader("chen", sees_all=True)):
        assert await seen(reader) == {"PLAIN", "SECRET"}
    assert await Trail(database).verify("SECRET") == []


async def test_a_change_of_viewers_and_its_row_on_the_trail_are_one(database: Database) -> None:
    viewers, trail = Viewers(database), Trail(database)
    await Orders(database).open(new_order("A", confidential=True), entry=ENTRY)
    assert await viewers.add("A", "li", ENTRY)
    assert not await viewers.add("A", "li", ENTRY)
    assert await viewers.remove("A", "li", ENTRY)
    assert not await viewers.remove("A", "li", ENTRY)
    assert [row["event"] for row in await trail.timeline("A")] == [
        "made_confidential",
        "viewer_added",
        "viewer_removed",
    ]
    await trail.record(batch("A", 1, 2))
    assert await trail.verify("A") == []
