"""The tables of the standards are complete, and the files and tests that they name exist."""

import ast
import re
from collections import Counter
from functools import lru_cache
from pathlib import Path
from typing import Final, NamedTuple

import pytest

from adapters.settings.settings import ROOT
from tests.architecture.asvs import levels

ASVS: Final = ROOT / "docs" / "security-asvs.md"
MLPS: Final = ROOT / "docs" / "security-mlps.md"
STATES: Final = {
    ASVS: {"met": "met", "operator": "operator", "n/a": "n/a", "not met": "not met"},
    MLPS: {"满足": "met", "运行单位": "operator", "不适用": "n/a", "未满足": "not met"},
}

CLAUSES: Final = {
    "8.1.4.1": 4,
    "8.1.4.2": 7,
    "8.1.4.3": 4,
    "8.1.4.4": 6,
    "8.1.4.5": 0,
    "8.1.4.6": 0,
    "8.1.4.7": 2,
    "8.1.4.8": 2,
    "8.1.4.9": 3,
    "8.1.4.10": 2,
    "8.1.4.11": 2,
}
"""The number of lettered items of each clause on the computing environment; 0 for a single sentence."""

PATH: Final = re.compile(r"`(\w[\w./-]*\.(?:py|md|json|yaml|yml|toml|lock)|\.dockerignore|Dockerfile|Makefile)`")
TEST: Final = re.compile(r"`(tests/[\w/]+\.py)::(\w+)`")


class Row(NamedTuple):
    """A requirement in a table; `state` in English."""

    id: str
    level: str
    state: str
    where: str
    test: str


@lru_cache
def rows(page: Path) -> list[Row]:
    """The rows of all tables of requirements."""
    found = []
    for line in page.read_text("utf-8").splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split(" | ")]
        if line.startswith("| ") and re.match(r"V\d|8\.1\.", cells[0]):
            level = cells.pop(1) if page == ASVS else ""
            assert len(cells) == 5, line
            assert cells[2] in STATES[page], line
            found.append(Row(cells[0], level, STATES[page][cells[2]], cells[3], cells[4]))
    return found


@lru_cache
def functions(path: Path) -> frozenset[str]:
    """The names of the tests in a file."""
    tree = ast.parse(path.read_text("utf-8"))
    return frozenset(
        node.name
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name.startswith("test_")
    )


def test_every_requirement_of_the_levels_stands_there_once_and_in_order() -> None:
    every = levels()
    assert Counter(every.values()) == {1: 70, 2: 183, 3: 92}, "the standard has so many"
    wanted = [(id_, str(level)) for id_, level in every.items() if level < 3]
    assert [(row.id, row.level) for row in rows(ASVS)] == wanted


def test_every_item_of_the_computing_environment_stands_there_once() -> None:
    wanted = [
        f"{clause} {letter})" if items else clause
        for clause, items in CLAUSES.items()
        for letter in ("abcdefg"[:items] or " ")
    ]
    assert [row.id for row in rows(MLPS) if row.id.startswith("8.1.4.")] == wanted


@pytest.mark.parametrize("page", [ASVS, MLPS], ids=lambda page: page.name)
def test_each_state_is_backed_by_what_it_needs(page: Path) -> None:
    for row in rows(page):
        files, tests = PATH.findall(row.where), TEST.findall(row.test)
        assert len(row.where) > 5, row
        assert row.state != "met" or (tests and (files or row.where.startswith(("every module", "全部模块")))), row
        assert row.state != "operator" or files, f"{row.id}: where is the operator told?"
        assert row.test == "—" or tests, row


@pytest.mark.parametrize("page", [ASVS, MLPS], ids=lambda page: page.name)
def test_every_file_and_every_test_that_is_named_is_there(page: Path) -> None:
    text = page.read_text("utf-8")
    missing = sorted({path for path in PATH.findall(text) if not (ROOT / path).is_file()})
    assert not missing
    for path, name in TEST.findall(text):
        assert (ROOT / path).is_file(), path
        assert name in functions(ROOT / path), f"{path}::{name}"


@pytest.mark.parametrize("page", [ASVS, MLPS], ids=lambda page: page.name)
def test_the_counts_at_the_head_are_those_of_the_rows(page: Path) -> None:
    told = re.search(r"^\| (\d+) \| (\d+) \| (\d+) \| (\d+) \| (\d+) \|$", page.read_text("utf-8"), re.MULTILINE)
    count = Counter(row.state for row in rows(page))
    assert told
    assert [int(number) for number in told.groups()] == [*(count[s] for s in STATES[ASVS]), count.total()]
