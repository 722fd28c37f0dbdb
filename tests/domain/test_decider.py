"""The tables of the decider: every command, event and clock has a function, which takes its class."""

from collections.abc import Callable
from typing import Any, get_args, get_type_hints

import pytest

from domain.order.commands import COMMANDS, Decide
from domain.order.decider import ALARMS, DECISIONS, EVOLVERS, unchanged
from domain.order.events import EVENTS
from domain.order.internal_commands import Internal
from domain.words import ClockName


def test_every_command_has_a_decision() -> None:
    assert set(DECISIONS) == {*COMMANDS.values(), Decide, *get_args(Internal)}


def test_every_event_has_an_evolver() -> None:
    assert set(EVOLVERS) == set(EVENTS.values())


def test_every_clock_that_rings_has_an_alarm() -> None:
    assert set(ALARMS) == set(ClockName) - {ClockName.RETURN}


@pytest.mark.parametrize(("kind", "function"), [*DECISIONS.items(), *EVOLVERS.items()])
def test_a_function_takes_the_class_that_it_is_entered_for(kind: type, function: Callable[..., Any]) -> None:
    taken = [hint for name, hint in get_type_hints(function).items() if name in ("command", "event")]
    assert function is unchanged or taken == [kind]
