"""The distribution of test files over processes."""

from collections.abc import Iterable

import pytest

from adapters.settings.settings import ROOT
from tests.sharing import SECONDS, asked_for, next_file

QUICK, LONG, LONGER = "tests/domain/test_due.py", "tests/fuzz/test_guided.py", "tests/domain/test_properties.py"
ON_STAGE, ON_STAGE_TOO = "tests/clauses/test_huojia.py", "tests/workflows/test_races.py"


@pytest.mark.parametrize("file", SECONDS)
def test_a_file_that_is_said_to_be_long_is_there(file: str) -> None:
    assert (ROOT / file).is_file()


def test_what_a_file_needs_running_is_read_from_it() -> None:
    wanted = {
        "tests/api/test_poison.py": {"api"},
        "tests/clauses/test_dalad.py": {"stage"},
        "tests/clauses/test_privacy.py": {"api"},
        "tests/telephone/test_texts.py": {"exchange"},
        "tests/city/test_inbound.py": {"town"},
        "tests/domain/test_due.py": set(),
    }
    assert {file: set(asked_for(file)) for file in wanted} == wanted


@pytest.mark.parametrize(
    ("waiting", "here", "elsewhere", "taken"),
    [
        ([QUICK, LONG, LONGER], [], [], LONGER),
        ([QUICK, ON_STAGE], [], [], ON_STAGE),
        ([QUICK, ON_STAGE], [], [ON_STAGE_TOO], QUICK),
        ([QUICK, ON_STAGE], [ON_STAGE_TOO], [ON_STAGE_TOO], ON_STAGE),
        ([ON_STAGE, ON_STAGE_TOO], [], ["tests/workflows/test_shell.py"], ON_STAGE),
    ],
)
def test_the_longest_is_next_that_starts_nothing_twice(
    waiting: list[str], here: Iterable[str], elsewhere: Iterable[str], taken: str
) -> None:
    assert next_file(waiting, list(here), list(elsewhere)) == taken
