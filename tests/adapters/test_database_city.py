"""Messages of the city platform: stored once, carried out by one process at a time, none lost."""

import asyncio

import psycopg
import pytest

from adapters.database.access.confidentiality import Entry, Reader
from adapters.database.audit.trail import Trail
from adapters.database.city.messages import CityMessages, MessageReused
from adapters.database.engine import Database
from adapters.database.orders.orders import OrderFilter, Orders
from tests.adapters.orders_at_hand import NINE, batch, new_order

BODY = '{"id":"m-1","phone":"13912345678"}'


async def test_a_message_is_kept_once_and_sealed(database: Database, database_url: str) -> None:
    messages = CityMessages(database)
    kept = await asyncio.gather(*(messages.keep("m-1", "order", BODY, "webhook") for _ in range(8)))
    assert [new for _, new in kept].count(True) == 1
    assert {row.body for row, _ in kept} == {BODY}
    with pytest.raises(MessageReused):
        await messages.keep("m-1", "order", BODY + " ", "outbox")
    with psycopg.connect(database_url) as connection:
        assert "13912345678" not in str(connection.execute("SELECT * FROM city_messages").fetchall())


async def test_of_many_processes_one_carries_it_out(database: Database, database_url: str) -> None:
    messages = CityMessages(database)
    await messages.keep("m-1", "order", BODY, "webhook")
    assert await messages.begin("m-1") is None  # the process that stored it is working on it
    with psycopg.connect(database_url) as connection:
        connection.execute("UPDATE city_messages SET claimed_at = claimed_at - interval '3 minutes'")
    assert await messages.waiting() == ["m-1"]
    begun = await asyncio.gather(*(messages.begin("m-1") for _ in range(8)))
    assert [each.attempts for each in begun if each is not None] == [2]

    await messages.finish("m-1", "refused", code="invalid", reason="类型不明")
    assert await messages.begin("m-1") is None
    again = await messages.begin("m-1", refused_too=True)
    assert again is not None and (again.state, again.code, again.reason) == ("refused", "invalid", "类型不明")
    done = await messages.finish("m-1", "taken")
    assert (done.code, done.reason, await messages.begin("m-1", refused_too=True)) == (None, None, None)


async def test_what_became_of_a_message_is_told_once(database: Database) -> None:
    messages = CityMessages(database)
    for number in "123":
        await messages.keep(f"m-{number}", "order", number, "outbox")
    await messages.finish("m-1", "taken")
    await messages.finish("m-2", "refused", code="invalid", reason="x")
    assert [row.id for row in await messages.untold()] == ["m-1", "m-2"]
    await messages.told(["m-1", "m-2"])
    await messages.finish("m-2", "taken")
    assert [row.id for row in await messages.untold()] == ["m-2"]
    await messages.receipt_refused("m-2", "HTTP 422")
    assert await messages.untold() == []
    await messages.finish("m-2", "refused", code="invalid", reason="x")
    assert [row.id for row in await messages.untold()] == ["m-2"], "something else has become of it"


async def test_messages_are_listed_the_newest_first(database: Database) -> None:
    messages = CityMessages(database)
    for number in range(5):
        await messages.keep(f"m-{number}", "order", str(number), "outbox")
        await messages.about(f"m-{number}", regime="huojia" if number % 2 else "hukou", order_no=f"N-{number}")
    first = await messages.list(limit=3)
    rest = await messages.list(limit=3, cursor=first.next)
    assert [row.id for row in (*first.items, *rest.items)] == ["m-4", "m-3", "m-2", "m-1", "m-0"]
    assert [row.id for row in (await messages.list(regime="huojia")).items] == ["m-3", "m-1"]
    assert [row.id for row in (await messages.list(order_no="N-2")).items] == ["m-2"]
    assert (await messages.list(state="taken")).items == ()


async def test_what_the_city_says_of_a_confidential_order_is_for_who_may_see_it(database: Database) -> None:
    city, named = CityMessages(database), Reader("named")
    await Orders(database).open(
        new_order("hidden", confidential=True), viewers=["named"], entry=Entry("named", "agent", NINE)
    )
    for id_, no in (("m1", "hidden"), ("m2", None)):
        await city.keep(id_, "urge", "{}", "webhook")
        await city.about(id_, order_no=no)
    seen = {who: [row.id for row in (await city.list(reader=who)).items] for who in (None, Reader("other"), named)}
    assert seen == {None: ["m2"], Reader("other"): ["m2"], named: ["m2", "m1"]}


async def test_the_cursor_of_each_platform_moves(database: Database) -> None:
    messages = CityMessages(database)
    assert await messages.cursor("http://city") is None
    await messages.move("http://city", "e-1")
    await messages.move("http://city", "e-2")
    assert (await messages.cursor("http://city"), await messages.cursor("http://other")) == ("e-2", None)


async def test_one_number_of_the_city_is_one_real_order_of_a_county(database: Database) -> None:
    orders = Orders(database)
    opened = await asyncio.gather(*(orders.open(new_order(f"N-{number}", city_no="SZ-1")) for number in range(6)))
    (created,) = [each for each in opened if each.created]
    assert {each.no for each in opened} == {created.no}
    assert sum(each.of_city_no for each in opened) == 5
    assert (await orders.open(new_order("H-1", regime="hukou", city_no="SZ-1"))).created
    assert (await orders.open(new_order("R-1", realm="R-1", city_no="SZ-1"))).created
    assert (await orders.open(new_order("R-2", realm="R-2", city_no="SZ-1"))).created
    found = await orders.by_city_no("huojia", "SZ-1")
    assert found is not None and found.no == created.no


async def test_a_number_that_the_city_tells_later_finds_the_order_too(database: Database) -> None:
    orders = Orders(database)
    await orders.open(new_order("N-1"))
    await Trail(database).record(batch("N-1", 1, 1))
    for number in ("SB-1", "SB-2"):
        await orders.note_city_ref("N-1", number)
    found = await orders.by_city_no("huojia", "SB-1")
    assert found is not None and (found.no, found.city_no, found.city_ref) == ("N-1", None, "SB-1")
    listed = await orders.list(OrderFilter(city_no="SB-1"))
    assert [(row.view.no, row.city_no) for row in listed.items] == [("N-1", "SB-1")]
    assert (await orders.list(OrderFilter(city_no="SB-2"))).items == ()


async def test_our_order_that_comes_down_under_the_citys_number_is_no_second_order(database: Database) -> None:
    orders = Orders(database)
    await orders.open(new_order("N-1"))
    await orders.note_city_ref("N-1", "SB-1")
    down = await orders.open(new_order("N-2", city_no="SB-1", source="city_platform"), intake_key="city:SB-1")
    assert (down.no, down.created, down.of_city_no) == ("N-1", False, True)
    assert await orders.get("N-2") is None
    assert (await orders.open(new_order("H-1", regime="hukou", city_no="SB-1"))).created
    assert (await orders.open(new_order("R-1", realm="R-1", city_no="SB-1"))).created


async def test_a_number_told_later_does_not_hide_the_order_that_came_with_it(database: Database) -> None:
    orders = Orders(database)
    await orders.open(new_order("N-1"))
    await orders.open(new_order("N-2", city_no="SB-1"))
    await orders.note_city_ref("N-1", "SB-1")
    found = await orders.by_city_no("huojia", "SB-1")
    assert found is not None and found.no == "N-2"
    again = await orders.open(new_order("N-2", city_no="SB-1"))
    assert (again.no, again.created, again.of_city_no) == ("N-2", False, False)
    assert (await orders.open(new_order("N-3", city_no="SB-1"))).no == "N-2"


async def test_one_process_at_a_time_and_never_a_dead_one(database: Database) -> None:
    async with database.alone("x") as first, database.alone("x") as second, database.alone("y") as other:
        assert (first, second, other) == (True, False, True)
    async with database.alone("x") as again:
        assert again
