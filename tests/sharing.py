"""Grouping of tests among the processes of a run (`-n 2 --dist loadfile --no-loadscope-reorder`).

A group is one file, or all files that use the same installation, which takes ten seconds to start. pytest-xdist gives
a whole group to a process, in the order of collection. Groups with an installation are the longest and come first, so
that no process is idle at the end of the run.
"""

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling

from adapters.settings.settings import ROOT

INSTALLATIONS: Final[Mapping[str, re.Pattern[str]]] = {
    "stage": re.compile(r"\b(?:lives|the_stage): "),
    "api": re.compile(r"\b(?:caller|installation): "),
    "exchange": re.compile(r"\bexchange: "),
    "town": re.compile(r"\btown: "),
}
"""Session fixtures that start servers and processes, and the parameters by which a test requests them."""


@cache
def group_of(file: str) -> str:
    """The installation that a test file uses, else the file. Every folder has an `api` of its own."""
    text = (ROOT / file).read_text("utf-8")
    name = next((name for name, requested in INSTALLATIONS.items() if requested.search(text)), file)
    return f"api of {Path(file).parent}" if name == "api" else name


def _file(nodeid: str) -> str:
    return nodeid.partition("::")[0]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the tests that use an installation first, one installation after the other."""
    order = [*INSTALLATIONS, "file"]

    def place(item: pytest.Item) -> int:
        name = group_of(_file(item.nodeid)).partition(" of ")[0]
        return order.index(name if name in INSTALLATIONS else "file")

    items.sort(key=place)


class ByInstallation(LoadFileScheduling):  # type: ignore[misc]
    """Hands out groups instead of files."""

    def _split_scope(self, nodeid: str) -> str:
        return group_of(_file(nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    """Replaces the plugin's own scheduler where files are kept together."""
    return ByInstallation(config, log) if config.option.dist == "loadfile" else None
