"""Outages and faults of one side: everything arrives once in the end, and both sides know both numbers."""

import time

from tests.api.callers import eventually
from tests.city.town import AREAS, Town

UNCLOSED = {"text": "电缆需整体更换", "plan": "列入明年改造计划", "expected_at": "2099-03-31"}


def with_housing(town: Town) -> tuple[str, str]:
    """An order of the city that housing has signed and whose county number the city knows; returns both numbers."""
    city_no, no = town.opened("dalad")
    known_by_both(town, city_no, no)
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    town.do("clerk-housing@dalad", no, "sign")
    return city_no, no


def known_by_both(town: Town, city_no: str, no: str) -> None:
    """Wait until the city has the county's number: its receipt is a request too, and could use up a fault."""
    eventually(lambda: (town.at_the_city(city_no) or {}).get("county_no") == no or None)


def test_what_was_pushed_is_not_taken_again_from_the_outbox(town: Town) -> None:
    city_no, no = town.opened("huojia")
    known_by_both(town, city_no, no)
    marker, _ = town.opened("huojia")  # by now the outbox has been read past the first
    assert town.message(f"order-{city_no}")["attempts"] == town.message(f"order-{marker}")["attempts"] == 1
    assert len(town.found(city_no)) == 1


def test_a_lost_webhook_is_made_up_for_by_the_outbox_and_both_numbers_are_known(town: Town) -> None:
    town.mood(webhooks="off")
    city_no, no = town.opened("huojia")
    assert town.message(f"order-{city_no}")["via"] == "outbox"
    known_by_both(town, city_no, no)


def test_duplicates_and_a_changed_order_of_messages_do_no_harm(town: Town) -> None:
    town.mood(webhooks="duplicate")
    city_no, no = town.opened("huojia")
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    town.mood(webhooks="reordered")
    for number in (1, 2):
        urge = {"order_no": city_no, "opinion": f"第{number}次催办"}
        town.let_the_city_send("urge", AREAS["huojia"], urge, f"urge-{city_no}-{number}")
    town.happens(no, "order_urged", count=2)
    eventually(lambda: town.message(f"urge-{city_no}-1")["state"] == "taken" or None)
    assert len(town.events(no, "order_urged")) == 2
    assert len(town.events(no, "order_opened")) == 1


def test_a_county_that_was_away_catches_up(town: Town) -> None:
    town.stop("api")
    town.stop("worker")
    sent = [town.demand() for _ in range(3)]
    for _, data in sent:
        town.let_the_city_send("order", AREAS["huojia"], data)
    town.start("worker", "api")
    numbers = {town.arrived(city_no) for city_no, _ in sent}
    assert len(numbers) == 3
    for city_no, _ in sent:
        assert town.message(f"order-{city_no}")["via"] == "outbox"
        assert len(town.found(city_no)) == 1


def test_a_city_that_was_away_misses_nothing_even_if_it_has_forgotten_everything(town: Town) -> None:
    before, no = with_housing(town)
    town.stop("city")
    for file in town.folder.glob("city.db*"):
        file.unlink()
    town.do("clerk-housing@dalad", no, "list_unclosed", unit="housing", **UNCLOSED)
    town.happens(no, "sent_to_city", what="not_soon_solvable")
    town.start("city")
    town.mood(webhooks="off")
    came = town.comes_up(no, "reports", "not_soon_solvable")
    assert (came["data"]["apply_type"], came["content"]["text"]) == ("短期难以解决", UNCLOSED["text"])
    assert len(town.received(no, "reports")) == 1
    # Its outbox is new, and is read from the start.
    after, _ = town.opened("dalad")
    assert town.message(f"order-{after}")["via"] == "outbox"
    assert len(town.found(before)) == 1


def test_an_answer_that_was_lost_is_asked_for_again_and_taken_once(town: Town) -> None:
    _, no = with_housing(town)
    town.mood(answers="lost", times=1, of="posts")
    town.do("clerk-housing@dalad", no, "list_unclosed", unit="housing", **UNCLOSED)
    town.comes_up(no, "reports", "not_soon_solvable")
    eventually(lambda: len(town.events(no, "sent_to_city")) or None)
    town.mood(answers="garbage", times=2, of="outbox", webhooks="off")
    town.opened("dalad")
    assert len(town.received(no, "reports")) == 1


def test_a_busy_city_is_left_alone_for_as_long_as_it_says(town: Town) -> None:
    _, no = with_housing(town)
    town.mood(answers="busy", seconds=3, times=1, of="posts")
    began = time.monotonic()
    town.do("clerk-housing@dalad", no, "list_unclosed", unit="housing", **UNCLOSED)
    town.comes_up(no, "reports", "not_soon_solvable")
    assert time.monotonic() - began > 2.9  # the retry policy alone would have retried after one second


def test_a_receipt_that_the_city_will_not_take_keeps_no_other_from_it(town: Town) -> None:
    town.stop("api")
    town.stop("worker")
    sent = [town.demand() for _ in range(3)]
    for _, data in sent:
        town.let_the_city_send("order", AREAS["huojia"], data)
    unwelcome = sent[1][0]
    town.mood(answers="refuse", about=unwelcome, of="posts", webhooks="off")
    town.start("worker", "api")
    for city_no, _ in (sent[0], sent[2]):
        no = town.arrived(city_no)
        known_by_both(town, city_no, no)
        assert town.message(f"order-{city_no}")["receipt_refused"] is None
    set_aside = eventually(lambda: (row := town.message(f"order-{unwelcome}"))["receipt_refused"] and row)
    assert (set_aside["state"], set_aside["told"], set_aside["receipt_refused"]) == ("taken", False, "HTTP 422")


def test_a_county_order_that_is_reported_is_found_by_the_number_of_the_city(town: Town) -> None:
    demand = {"policy": "dalad", "category": "complaint", "title": "井盖缺失", "content": "学府路井盖缺失"}
    no = town.caller("agent").post("/work-orders", demand).json()["no"]
    town.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    town.do("clerk-housing@dalad", no, "sign")
    town.do("clerk-housing@dalad", no, "list_unclosed", unit="housing", **UNCLOSED)
    town.comes_up(no, "reports", "not_soon_solvable")
    shown = eventually(lambda: town.caller("agent").get(f"/work-orders/{no}").json()["city_no"])
    assert shown.startswith("SB")
    assert [each["no"] for each in town.found(shown)] == [no]
    town.let_the_city_send("urge", AREAS["dalad"], {"order_no": shown}, f"urge-{shown}")
    town.happens(no, "order_urged")
