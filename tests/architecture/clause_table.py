"""The table of clauses: the text of each rule, its keys in the rule books, and its tests in the running system.

`python -m tests.architecture.clause_table` writes docs/clauses.md.
"""

import ast
import re
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

from adapters.policy.yaml_tree import parse_yaml
from adapters.settings.settings import ROOT

DOCUMENT = ROOT / "docs" / "clauses.md"
TESTS = ROOT / "tests" / "clauses"
POLICIES = ROOT / "policies.yaml"

GROUPS = {
    "GT": "gaotai 高台县",
    "HJ": "huojia 获嘉县",
    "DL": "dalad 达拉特旗",
    "RG": "rugao 如皋市",
    "HK": "hukou 湖口县",
    "NA": "national 国家规定",
}
"""Prefix of the ids → source of the rules, in the order of the document."""

HEAD = """\
# Clauses

Every rule that has a test of its own: what it says, where its numbers stand in `policies.yaml` (below `regimes`;
an item of a list is called by its `on` or `clock`, else by its place, counted from 0; — where no county sets
anything), and the tests in `tests/clauses/` that see it in the running system.

Made by `python -m tests.architecture.clause_table`; do not edit by hand.
"""

_TEST = re.compile(r"test_([a-z]{2})_(\d{2})(_|$)")


class Seen(NamedTuple):
    """A test of a clause, and the first line of its docstring."""

    test: str
    rule: str


def seen() -> dict[str, list[Seen]]:
    """The tests of every clause, in source order."""
    found: dict[str, list[Seen]] = defaultdict(list)
    for path in sorted(TESTS.glob("test_*.py")):
        for node in ast.parse(path.read_text("utf-8")).body:
            if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                continue
            if named := _TEST.match(node.name):
                rule = (ast.get_docstring(node) or "").partition("\n")[0]
                found[f"{named[1].upper()}-{named[2]}"].append(Seen(f"{path.name}::{node.name}", rule))
    return found


def keys() -> dict[str, list[str]]:
    """The keys of the policy file that rest on every clause, in the order of the file."""
    tree, problems = parse_yaml(POLICIES.read_text("utf-8"))
    assert tree is not None and not problems, problems
    found: dict[str, list[str]] = defaultdict(list)
    for clause, key in _resting(tree.plain()["regimes"], ()):
        if key not in found[clause]:
            found[clause].append(key)
    return found


def _resting(value: Any, path: tuple[str, ...]) -> Iterator[tuple[str, str]]:
    if isinstance(value, dict):
        for name, below in value.items():
            if name == "clause":
                yield below, ".".join(path)
            elif str(name).endswith("_clause"):
                yield below, ".".join((*path, str(name)))
            else:
                yield from _resting(below, (*path, str(name)))
    elif isinstance(value, list):
        for number, below in enumerate(value):
            called = below.get("on") or below.get("clock") if isinstance(below, dict) else None
            yield from _resting(below, (*path, called or str(number)))


def document() -> str:
    """The expected content of docs/clauses.md."""
    tests, policy = seen(), keys()
    parts = [HEAD]
    for prefix, name in GROUPS.items():
        rows = [
            f"| {clause} | {tests[clause][0].rule} | {_listed(policy.get(clause, []))} "
            f"| {_listed([test for test, _ in tests[clause]])} |\n"
            for clause in sorted(tests)
            if clause.startswith(prefix)
        ]
        parts.append(f"\n## {name}\n\n| clause | rule | policy keys | tests |\n|---|---|---|---|\n{''.join(rows)}")
    return "".join(parts)


def _listed(names: list[str]) -> str:
    return "<br>".join(f"`{name}`" for name in names) or "—"


def write(path: Path = DOCUMENT) -> None:
    """Write the document."""
    path.write_text(document(), "utf-8")


if __name__ == "__main__":
    write()
