"""The facts of an order: named fields inside, one flat object outside (DL-12)."""

import pytest

from domain.order.facts import OrderFacts
from domain.order.order import Order
from domain.order.projection import project
from tests.domain.play import Play


def test_a_handler_is_shown_under_the_name_of_the_unit() -> None:
    play = Play("hukou").dispatch("housing", "water")
    play.do("sign", unit="housing", person="P1")
    play.do("sign", unit="water", person="P2")
    assert play.order.facts.handlers == {"housing": "P1", "water": "P2"}
    shown = {"signed_in_time": True, "handler_housing": "P1", "handler_water": "P2"}
    assert project(play.order).facts == shown
    again = Order.model_validate_json(play.order.model_dump_json())
    assert again.facts == play.order.facts and project(again).facts == shown, "carried over by continue-as-new"


def test_what_is_not_known_is_left_out_and_what_is_known_to_be_nothing_is_not() -> None:
    assert OrderFacts().model_dump() == {}
    said = {"resolution": None, "on_site": ["housing"], "returns": 1}
    assert OrderFacts.model_validate(said).model_dump(mode="json") == said


def test_a_fact_without_a_field_is_an_error() -> None:
    with pytest.raises(AssertionError, match="on_tme"):
        Play("hukou").order.with_facts(on_tme=True)
