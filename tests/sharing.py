"""How test files are shared out among the processes of a run (`-n`): long ones first, few installations.

Left to itself, the plugin hands out the files with the most tests first. Those are quick ones here, and a long file of
one test that begins last leaves every other process idle.
"""

import re
from collections.abc import Collection, Iterable, Mapping, Set
from functools import cache
from typing import Any, Final

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadFileScheduling
from xdist.workermanage import WorkerController

from adapters.settings.settings import ROOT

SECONDS: Final[Mapping[str, int]] = {
    "tests/domain/test_properties.py": 150,
    "tests/fuzz/test_api.py": 85,
    "tests/faults/test_exactly_once.py": 55,
    "tests/cli/test_up.py": 70,
    "tests/api/test_access.py": 65,
    "tests/fuzz/test_guided.py": 65,
    "tests/faults/test_services.py": 35,
    "tests/clauses/test_huojia.py": 50,
    "tests/cli/test_rehearse.py": 65,
    "tests/faults/test_processes.py": 45,
    "tests/clauses/test_gaotai.py": 45,
    "tests/trust/test_canaries.py": 45,
    "tests/workflows/test_races.py": 40,
    "tests/cli/test_examples.py": 20,
    "tests/clauses/test_rugao.py": 35,
    "tests/city/test_outages.py": 30,
    "tests/clauses/test_hukou.py": 30,
    "tests/api/test_poison.py": 30,
    "tests/telephone/test_texts.py": 25,
    "tests/city/test_inbound.py": 25,
    "tests/clauses/test_dalad.py": 25,
    "tests/api/test_races.py": 22,
    "tests/supply/test_supply_chain.py": 20,
    "tests/api/test_uploads.py": 20,
    "tests/telephone/test_queues.py": 16,
    "tests/clauses/test_national.py": 14,
    "tests/api/test_samples.py": 14,
    "tests/clauses/test_privacy.py": 13,
    "tests/workflows/test_sealed_payloads.py": 13,
    "tests/workflows/test_continue_as_new.py": 12,
    "tests/replay/test_replay.py": 12,
    "tests/api/test_commands.py": 12,
    "tests/clauses/test_telephone.py": 10,
    "tests/workflows/test_no_personal_data.py": 10,
}
"""About how long a file takes on two cores, where that is ten seconds or more."""

ASKS: Final[Mapping[str, re.Pattern[str]]] = {
    "stage": re.compile(r"\b(?:lives|the_stage): "),
    "api": re.compile(r"\b(?:caller|installation): "),
    "exchange": re.compile(r"\bexchange: "),
    "town": re.compile(r"\btown: "),
}
"""What is started once a process, and how a file asks for it."""


@cache
def asked_for(file: str) -> frozenset[str]:
    """What has to be running for the tests of a file."""
    text = (ROOT / file).read_text("utf-8")
    return frozenset(name for name, asking in ASKS.items() if asking.search(text))


def next_file(waiting: Iterable[str], here: Collection[str], elsewhere: Collection[str]) -> str:
    """Which of the files that are waiting a process takes, by the files that it has had and the others have had.

    The longest for which nothing has to be started that runs in another process already; if there is none, the longest.
    """
    running, taken = _running(here), _running(elsewhere)

    def worth(file: str) -> tuple[bool, int]:
        return not asked_for(file) - running & taken, SECONDS.get(file, 0)

    return max(waiting, key=worth)


def _running(files: Iterable[str]) -> Set[str]:
    return frozenset[str]().union(*map(asked_for, files))


class LongestFirst(LoadFileScheduling):  # type: ignore[misc]
    """Hands out whole files, the next by `next_file`."""

    def _assign_work_unit(self, node: WorkerController) -> None:
        others = [file for other, files in self.assigned_work.items() if other is not node for file in files]
        self.workqueue.move_to_end(next_file(self.workqueue, self.assigned_work[node], others), last=False)
        super()._assign_work_unit(node)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> Any:
    """Ours in place of the plugin's own, where files are kept together."""
    return LongestFirst(config, log) if config.option.dist == "loadfile" else None
