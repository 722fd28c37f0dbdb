"""Sends canaries through every input, and searches for them in all places where they must not be (HK-17, NA-06).

Free text and personal data are in encrypted columns, in the personal part of the archive, and in answers to authorised
people, and nowhere else. Prints the amount of data searched.
"""

import base64
import json
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from adapters.local.postgres import LocalPostgres
from tests.telephone.exchange import Exchange, exchange_at
from tests.trust import places, planting
from tests.trust.canaries import CITY, EVERYBODY, READERS, REFUSED, SAID, VALUES
from tests.trust.searcher import Searcher, forms

SEARCHER = Searcher(VALUES)
CONTROLS = Searcher({"control": planting.CONTROL})


@dataclass
class Lived:
    """An exchange with all canaries planted, its orders and files, and Temporal's database file."""

    exchange: Exchange
    history: Path
    orders: list[str]
    files: list[str]


@pytest.fixture(scope="module")
async def lived(new_database_url: Callable[[], str], tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Lived]:
    folder = tmp_path_factory.mktemp("canaries")
    history = folder / "temporal.db"
    secret = {"CITY_SECRET": planting.CITY_SECRET}
    async with exchange_at(new_database_url(), folder, history=history, **secret) as exchange:
        talkative = planting.a_talkative_order(exchange)
        accusation = planting.an_accusation(exchange)
        others = [await planting.a_call(exchange), *planting.answered_and_handed_on(exchange)]
        public = await planting.from_outside(exchange)
        await planting.task_done(exchange, talkative)
        await planting.send_refused_inputs(exchange, others[-1])
        found = exchange.caller("hotline_director").get("/work-orders", limit=200).json()["items"]
        orders = sorted({row["no"] for row in found})
        assert {talkative, accusation, public, *others} < set(orders)
        files = [
            file["id"]
            for no in orders
            for file in exchange.caller("hotline_director").get("/attachments", order=no).json()["items"]
        ]
        yield Lived(exchange, history, orders, files)


def told(line: str) -> None:
    """Print a line, visible with `-s` or in a failure."""
    print(line)  # noqa: T201


def searched(what: str, contents: dict[str, bytes], but: Callable[[str], bool] = lambda _: False) -> set[str]:
    """Search each place, print the count, and return the findings, except in permitted places."""
    hits = {
        f"{name}: {each}" for name, content in contents.items() if not but(name) for each in SEARCHER.found_in(content)
    }
    megabytes = sum(map(len, contents.values())) / 1e6
    told(f"{what}: {len(VALUES)} values x {len(contents)} places ({megabytes:.1f} MB), {len(hits)} hits")
    return hits


def test_the_searcher_finds_what_is_there_in_any_form() -> None:
    """Otherwise the search would prove nothing."""
    for text in ("司徒红隼", "13987650011"):
        looking = Searcher({"it": text})
        for form in forms(text):
            assert looking.found_in(b"\0x" + form + b"\xff") == {"it"}
        for whole in (text, json.dumps(text)):
            for before in range(3):
                blob = base64.b64encode(b"\0" * before + whole.encode() + b"behind")
                assert looking.found_in(blob) == {"it"}
        assert looking.found_in((text[:-1] + "x" + text[1:]).encode()) == set()


def test_nothing_is_in_temporal(lived: Lived) -> None:
    temporal = places.temporal(lived.history)
    whole = b"".join(temporal.values())
    assert all(no.encode() in whole for no in lived.orders), "what must be there is found"
    assert searched("temporal", temporal) == set()


def test_nothing_is_in_any_log(lived: Lived, postgres: LocalPostgres) -> None:
    logs = places.logs(lived.exchange.folder, postgres.log)
    assert b"working on task queue" in logs["worker.log"] and b"message c3" in logs["api.log"]
    assert searched("logs", logs) == set()


def test_nothing_is_in_the_database_in_clear(lived: Lived) -> None:
    tables = places.tables(lived.exchange.services.settings.database_url)
    assert all(no.encode() in tables["work_orders"] for no in lived.orders)
    assert CONTROLS.found_in(tables["work_orders"]), "what is kept in clear is found"
    assert searched("tables", tables) == set()


def test_the_archive_shows_nothing_outside_of_its_personal_part(lived: Lived) -> None:
    objects = places.objects(lived.exchange.folder / "objects")
    bundles = {name: content for name, content in objects.items() if places.is_personal(name)}
    kept = SEARCHER.found_in(b"".join(bundles.values()))
    late = {"suspension", "task_note"}
    assert {*SAID, "a_phone", "accuser_name", "file_note", "answered"} - kept == late, "the rest is kept"
    assert not kept & REFUSED.keys()
    assert any(CONTROLS.found_in(content) for name, content in objects.items() if name.endswith("/data/order.json"))
    assert searched("objects", objects, places.is_personal) == set()


async def test_nothing_is_texted_or_told_to_those_who_watch_the_machines(lived: Lived) -> None:
    sent = await places.texts(lived.exchange, lived.orders)
    assert any("评分".encode() in body for body in sent.values())
    assert searched("texts", sent) == set()
    base, nobody = lived.exchange.base, lived.exchange.caller("").http
    watched = ("/api/v1/health/live", "/api/v1/health/ready", "/api/v1/metrics", "/metrics", "/openapi.json")
    answers = {path: nobody.get(base + path).content for path in watched}
    assert b"ok" in answers["/api/v1/health/live"] and b"unmask" in answers["/openapi.json"]
    assert searched("watched", answers) == set()


def test_everybody_reads_what_the_table_gives_them_and_nothing_else(lived: Lived) -> None:
    def reads(username: str) -> set[str]:
        content = b"\n".join(places.answers(lived.exchange, username, lived.orders, lived.files))
        found = SEARCHER.found_in(content)
        told(f"{username or 'nobody'}: {len(content) / 1e3:.0f} kB, {len(found)} of {len(VALUES)} values")
        return found

    people = sorted(EVERYBODY - {"public"})
    with ThreadPoolExecutor(3) as at_once:
        read = dict(zip(people, at_once.map(reads, people), strict=True))
    shown = httpx.get(f"{lived.exchange.base}/open311/v2/requests.json", params={"jurisdiction_id": "gaotai"}).content
    read["public"] = SEARCHER.found_in(shown)
    expected = {
        username: {name for group, readers in READERS for name in group if username in readers}
        for username in EVERYBODY
    }
    assert {username: read[username] ^ expected[username] for username in EVERYBODY} == {
        username: set() for username in EVERYBODY
    }
    assert CITY.keys() <= read["hotline_director"]
