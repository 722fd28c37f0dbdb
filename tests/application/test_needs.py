"""Use cases take what they need, and a process's services have all of it."""

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

from application.services import Services
from tests.application.needs import members

APPLICATION = Path(__file__).parents[2] / "application"
ROOMS = ("audit", "callbacks", "city", "evidence", "orders", "people")
WHOLE = {"city/polling.py"}
"""A periodic job, which takes all services as jobs do."""


def modules() -> Iterator[Path]:
    """The modules of all rooms."""
    for room in ROOMS:
        yield from (path for path in sorted((APPLICATION / room).glob("*.py")) if path.stem != "__init__")


def needs() -> Iterator[type]:
    """Every protocol that a module of a room declares."""
    for path in modules():
        module = importlib.import_module(f"application.{path.parent.name}.{path.stem}")
        for name, value in vars(module).items():
            if name.endswith("Needs") and inspect.isclass(value) and value.__module__ == module.__name__:
                yield value


def test_no_use_case_takes_all_services() -> None:
    taking = {
        path.relative_to(APPLICATION).as_posix()
        for path in modules()
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.ImportFrom) and node.module == "application.services"
    }
    assert taking <= WHOLE


@pytest.mark.parametrize("protocol", tuple(needs()), ids=lambda each: each.__name__)
def test_a_protocol_asks_for_some_of_the_services(protocol: type) -> None:
    source = ast.parse(inspect.getsource(Services))
    have = {node.attr for node in ast.walk(source) if isinstance(node, ast.Attribute)} | set(dir(Services))
    have |= set(inspect.get_annotations(Services))
    assert members(protocol), "it needs nothing"
    assert members(protocol) <= have
