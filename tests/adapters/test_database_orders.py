"""Orders: written once, citizen data encrypted in the tables, stable pagination of lists."""

import asyncio
from datetime import date, timedelta

import psycopg
import pytest

from adapters.database.audit.trail import Trail
from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, NewFile
from adapters.database.orders.documents import Documents
from adapters.database.orders.orders import OrderFilter, Orders
from adapters.database.paging import BadCursor, to_cursor
from adapters.database.telephone.calls import Calls
from adapters.database.telephone.inbound_messages import InboundMessages, NewInbound
from adapters.database.telephone.messages import Messages
from adapters.database.telephone.opt_outs import OptOuts
from adapters.database.units import UnitDirectory
from domain.citizen.outbound_records import NewCall, NewMessage
from domain.order.read_model import DeadlineView
from domain.order.records import StoredCitizen
from domain.units import StoredContact
from domain.words import Category, ClockName, Light, Stage
from tests.activities.given import recorded
from tests.adapters.orders_at_hand import CANARY, NINE, batch, new_order
from tests.postgres import as_owner


async def test_an_order_comes_back_as_it_was_taken_in(database: Database) -> None:
    orders = Orders(database)
    order = new_order("A", marks=("urgent_mark",), required_by=NINE, area="城关", city_no="S-1")
    assert (await orders.open(order)).created
    kept = await orders.get("A")
    assert kept is not None
    assert kept.model_dump(exclude={"workflow_started", "created_at", "city_ref"}) == order.model_dump()
    assert kept.citizen == order.citizen
    assert await orders.get("B") is None


async def test_an_anonymous_order_has_no_citizen(database: Database) -> None:
    orders = Orders(database)
    await orders.open(new_order("A", citizen=StoredCitizen()))
    assert (kept := await orders.get("A")) is not None and kept.citizen == StoredCitizen()


async def test_numbers_are_given_once(database: Database) -> None:
    orders = Orders(database)
    numbers = await asyncio.gather(*(orders.allocate_no(date(2026, 11, 22)) for _ in range(30)))
    assert len(set(numbers)) == 30
    assert sorted(numbers)[0] == "20261122-000001"


async def test_an_intake_key_makes_many_attempts_one_order(database: Database) -> None:
    orders = Orders(database)
    attempts = [orders.open(new_order(f"A{n}"), intake_key="key") for n in range(10)]
    opened = await asyncio.gather(*attempts)
    assert sum(each.created for each in opened) == 1
    assert len({each.no for each in opened}) == 1
    again = await orders.open(new_order(opened[0].no))
    assert again == opened[0].model_copy(update={"created": False})


async def test_orders_whose_workflow_never_started_are_found(database: Database) -> None:
    orders = Orders(database)
    for no in "AB":
        await orders.open(new_order(no))
    await orders.mark_started("A")
    assert [order.no for order in await orders.unstarted(timedelta(0))] == ["B"]
    assert await orders.unstarted(timedelta(minutes=1)) == []


async def _seed(database: Database) -> None:
    """Ten orders; priority 0, 1, 2 in turn, and every fourth without a due moment."""
    for n in range(10):
        no, due = f"O{n}", None if n % 4 == 0 else NINE + timedelta(hours=20 - n)
        await Orders(database).open(new_order(no))
        await Trail(database).record(batch(no, 1, 1, priority=n % 3, next_due=due))


SORTED = ["O5", "O2", "O8", "O7", "O1", "O4", "O9", "O6", "O3", "O0"]


async def test_lists_sort_by_priority_then_due_moment_then_number(database: Database) -> None:
    await _seed(database)
    page = await Orders(database).list(limit=50)
    assert [row.view.no for row in page.items] == SORTED
    assert page.next is None
    assert page.items[0].title == f"{CANARY}标题"


@pytest.mark.parametrize("limit", [1, 3, 4])
async def test_pages_neither_repeat_nor_skip_while_orders_come_in(database: Database, limit: int) -> None:
    await _seed(database)
    orders, seen, cursor, fresh = Orders(database), [], None, 0
    while True:
        page = await orders.list(cursor=cursor, limit=limit)
        seen += [row.view.no for row in page.items]
        cursor = page.next
        if cursor is None:
            break
        fresh += 1
        await orders.open(new_order(f"N{fresh}"))
        await Trail(database).record(batch(f"N{fresh}", 1, 1, priority=9))
    assert seen == SORTED


@pytest.mark.parametrize(
    "cursor",
    [
        "x",
        "!!",
        "é",
        to_cursor(),
        to_cursor(1, 2, 3),
        to_cursor(1, "2026-01-01T00:00:00", "a"),
        to_cursor(1, NINE, "a\0"),
        to_cursor(1, NINE, "a", "b"),
    ],
)
async def test_a_cursor_that_is_none_is_refused(module_database: Database, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await Orders(module_database).list(cursor=cursor)


async def test_every_filter_narrows(module_database: Database) -> None:
    orders, trail = Orders(module_database), Trail(module_database)
    await orders.open(new_order("F1"))
    await trail.record(batch("F1", 1, 1))
    odd = {
        "stage": Stage.REVIEW,
        "units": ("water", "housing"),
        "light": Light.RED,
        "category": Category.HELP,
        "grade": "urgent",
        "overdue": True,
        "regime": "gaotai",
    }
    await orders.open(new_order("F2", regime="gaotai", citizen=StoredCitizen(phone="0391-123456")))
    await trail.record(batch("F2", 1, 1, **odd))
    await orders.open(new_order("F3", realm="rehearsal-1"))
    await trail.record(batch("F3", 1, 1))

    async def found(**wanted: object) -> list[str]:
        page = await orders.list(OrderFilter.model_validate(wanted))
        return [row.view.no for row in page.items]

    assert await found() == ["F1", "F2"]
    assert await found(realm="rehearsal-1") == ["F3"]
    for name, value in odd.items():
        wanted = {"unit": "water"} if name == "units" else {name: value}
        assert await found(**wanted) == ["F2"], name
    assert await found(unit="housing") == ["F1", "F2"]
    assert await found(overdue=False) == ["F1"]
    assert await found(phone="13800138000") == ["F1"]
    assert await found(phone="0391 123456") == ["F2"]
    assert await found(phone="1380013800") == []


async def test_the_same_words_on_another_order_are_found_however_they_are_set(database: Database) -> None:
    documents, orders = Documents(database), Orders(database)
    await orders.open(new_order("A"))
    await documents.save("A", "", "submit_reply", "result", "已修复，感谢您的来电。ＯＫ")
    same = "已修复 感谢您的来电!ok"
    assert await documents.same_text("", same, "submit_reply") == ""
    assert await documents.same_text("", same, "submit_reply", regime="huojia", order_no="A") == "A"
    assert await documents.same_text("", same, "submit_reply", regime="rugao") is None
    assert await documents.same_text("", same, "report_progress") is None
    assert await documents.same_text("rehearsal-1", same, "submit_reply") is None
    assert await documents.same_text("", f"{same}1", "submit_reply") is None
    await documents.save("A", "", "submit_reply", "result", "……")
    assert await documents.same_text("", "。", "submit_reply") is None


async def test_the_order_with_the_same_words_is_named_to_a_unit_that_may_see_it(database: Database) -> None:
    documents, orders = Documents(database), Orders(database)
    shown = {"hidden": ("housing",), "water's": ("water",), "was housing's": ("water",), "mine": ("housing",)}

    async def named(unit: str | None, order_no: str = "mine") -> str | None:
        return await documents.same_text("", "已修复", "submit_reply", regime="huojia", order_no=order_no, unit=unit)

    for no, units in shown.items():
        await orders.open(new_order(no, confidential=no == "hidden"))
        former = DeadlineView(
            clock=ClockName.HANDLING,
            unit="housing",
            started_at=NINE,
            due_at=NINE,
            status="met",
            provisional=False,
            basis={},
        )
        await recorded(
            database,
            no,
            {"event": "order_opened"},
            units=units,
            deadlines=(former,) if no.startswith("was") else (),
        )
    for no, before in (("hidden", None), ("water's", ""), ("was housing's", "")):
        assert await named("housing") == before
        await documents.save(no, "", "submit_reply", "result", "已修复。")
    assert (await named("housing"), await named(None), await named("water")) == (*["was housing's"] * 2, "water's")
    assert await named("police") == await named(None, "nobody's") == ""
    assert await named("housing", "hidden") == "hidden", "the order that is being written on"


async def test_texts_come_back_by_id(database: Database) -> None:
    documents = Documents(database)
    ids = [await documents.save("A", "", "reply", name, f"{name}\n文") for name in ("one", "two")]
    assert [await documents.text(each) for each in ids] == ["one\n文", "two\n文"]
    assert await documents.text("doc-unknown") is None
    assert [(each.id, each.text) for each in await documents.of_order("A")] == [
        (ids[0], "one\n文"),
        (ids[1], "two\n文"),
    ]


async def test_files_belong_to_one_order(database: Database) -> None:
    attachments = Attachments(database)
    new = NewFile(
        name=f"{CANARY}.jpg", media_type="image/jpeg", size=3, sha256="00", object_key="k", uploaded_by="clerk"
    )
    first, second = await attachments.add(new), await attachments.add(new)
    assert await attachments.bind("A", [first, second, "nothing"]) == {"nothing"}
    assert await attachments.bind("A", [first]) == set()
    assert await attachments.bind("B", [first]) == {first}
    assert {file.id for file in await attachments.of_order("A")} == {first, second}
    kept = await attachments.get(first)
    assert kept is not None
    assert (kept.name, kept.order_no) == (f"{CANARY}.jpg", "A")


async def test_no_personal_data_stands_readable_in_any_table(database: Database, database_url: str) -> None:
    await Orders(database).open(new_order("A"))
    await Documents(database).save("A", "", "reply", "result", f"{CANARY}正文")
    phone = "13800138000"
    await Messages(database).claim(NewMessage("A", "N1", 1, "survey", "citizen", None, "A", phone, f"{CANARY}短信"))
    await Calls(database).claim(NewCall("A:1", "A", 0, "A", 1, phone))
    await InboundMessages(database).keep(NewInbound("SM1", phone, f"5 {CANARY}", "A", "A"))
    await OptOuts(database).add(phone)
    contact = StoredContact(regime="huojia", role="unit_clerk", name=f"{CANARY}", phone="13800138000")
    await UnitDirectory(database).put_contacts([contact])
    name = f"{CANARY}.jpg"
    await Attachments(database).add(
        NewFile(name=name, note=name, media_type="x", size=1, sha256="00", object_key="k", uploaded_by="clerk")
    )
    forms = [CANARY, "13800138000", "138-0013-8000"]
    forms += [form.encode().hex() for form in forms]
    filled = 0
    with psycopg.connect(as_owner(database_url)) as connection:
        tables = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (table,) in tables:
            rows = connection.execute(f"SELECT to_jsonb(t)::text FROM {table} t".encode()).fetchall()  # noqa: S608
            filled += len(rows)
            for (row,) in rows:
                assert not [form for form in forms if form in row], table
    assert filled >= 8


async def test_a_number_that_is_taken_names_its_own_order_among_many(database: Database) -> None:
    orders = Orders(database)
    for no in ("B1", "B2", "B3"):
        await orders.open(new_order(no))
    for no in ("B3", "B2", "B1"):
        again = await orders.open(new_order(no))
        assert (again.no, again.created) == (no, False)
