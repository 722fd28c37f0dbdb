"""References in code and documents lead somewhere: pages, headings, decisions, paths, dotted names."""

import ast
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Final

import pytest

from adapters.settings.settings import ROOT
from tests.architecture.test_docs import anchors

FOLDERS: Final = frozenset(
    {
        *("domain", "workflows", "activities", "application", "adapters", "api", "console", "cli", "migrations"),
        *("sandbox", "benchmarks", "examples", "tests", "docs", ".ci", ".github"),
    }
)
PACKAGES: Final = "domain|workflows|activities|application|adapters|api|console|cli|migrations|sandbox|benchmarks|tests"
OUTSIDE: Final = re.compile(r"\b(?:design|contract) §")
PAGE: Final = re.compile(r"\bdocs/[\w./-]*\.md(?:#[\w-]+)?")
DECISION: Final = re.compile(r"\bADR (\d+)|\badr/(\d{4})")
QUOTED: Final = re.compile(r"`+([^`\n]+)`+")
PATH: Final = re.compile(r"(?:[\w.-]+/)*[\w.-]+/?")
SUFFIXES: Final = ("py", "md", "yaml", "yml", "toml", "json", "lock", "typ")
FILE: Final = re.compile(rf"[\w.-]*\w\.(?:{'|'.join(SUFFIXES)})")
DOTTED: Final = re.compile(rf"(?:{PACKAGES})(?:\.\w+)+")
BRACES: Final = re.compile(r"^(.*)\{([^{}]+)\}(.*)$")


@cache
def tracked() -> tuple[Path, ...]:
    """The files of the repository that people write, without what tools leave behind."""
    own = [path for folder in sorted(FOLDERS) for path in sorted((ROOT / folder).rglob("*")) if path.is_file()]
    top = [path for path in sorted(ROOT.iterdir()) if path.is_file()]
    return tuple(path for path in [*top, *own] if "__pycache__" not in path.parts and path.suffix != ".pyc")


def written(*suffixes: str) -> list[Path]:
    return [path for path in tracked() if path.suffix.removeprefix(".") in suffixes]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


@cache
def names_of_files() -> frozenset[str]:
    return frozenset(path.name for path in tracked())


@cache
def decisions() -> frozenset[int]:
    return frozenset(int(path.name[:4]) for path in (ROOT / "docs" / "adr").glob("[0-9]*.md"))


@cache
def headings(page: Path) -> frozenset[str]:
    return frozenset(anchors(page.read_text("utf-8")))


def docstrings(path: Path) -> Iterator[str]:
    """Every string that stands alone as a statement: docstrings, and what is written below a constant."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str):
            yield node.value.value


def alternatives(quoted: str) -> list[str]:
    """`a/{b,c}.py` is two paths."""
    found = BRACES.match(quoted)
    if not found or "," not in found[2]:
        return [quoted]
    return [each for part in found[2].split(",") for each in alternatives(f"{found[1]}{part.strip()}{found[3]}")]


def missing(quoted: str) -> bool:
    """Whether this names a file, a folder, a test or a Python name of the repository that is not there."""
    target, _, test = quoted.partition("::")
    target = target.partition("#")[0]
    if PATH.fullmatch(target) and "/" in target and target.partition("/")[0] in FOLDERS:
        path = ROOT / target
        if not path.exists():
            return True
        return bool(test) and not re.search(rf"^ *(?:async )?def {re.escape(test)}\(", path.read_text("utf-8"), re.M)
    if FILE.fullmatch(target) and target.endswith(".py"):
        return target not in names_of_files()
    if DOTTED.fullmatch(target):
        return not defined(target)
    return False


@cache
def defined(dotted: str) -> bool:
    """Whether this is a package, a module, or a name at the top of one."""
    parts = dotted.split(".")
    for length in range(len(parts), 0, -1):
        place = ROOT.joinpath(*parts[:length])
        rest = parts[length:]
        if not rest and place.is_dir():
            return True
        module = place.with_suffix(".py") if place.with_suffix(".py").is_file() else place / "__init__.py"
        if module.is_file():
            return not rest or re.search(rf"\b{rest[0]}\b", module.read_text("utf-8")) is not None
    return False


SHOWN_BY_OPENAPI: Final = {"api/routes/orders/approvals.py"}
"""Files with an older reference in the description of a schema: clients have read it, so it changes with the schema."""


@pytest.mark.parametrize("suffix", ["py", "md", "yaml", "toml"])
def test_nothing_refers_to_a_document_outside_of_the_repository(suffix: str) -> None:
    found = {named(path) for path in written(suffix) if OUTSIDE.search(path.read_text("utf-8"))}
    assert found - SHOWN_BY_OPENAPI == set()


@pytest.mark.parametrize("suffix", ["py", "md", "yaml", "toml"])
def test_every_page_and_every_heading_that_is_named_exists(suffix: str) -> None:
    lost = []
    for path in written(suffix):
        for reference in PAGE.findall(path.read_text("utf-8")):
            name, _, anchor = reference.partition("#")
            page = ROOT / name
            if not page.is_file() or (anchor and anchor not in headings(page)):
                lost.append(f"{named(path)}: {reference}")
    assert not lost


@pytest.mark.parametrize("suffix", ["py", "md", "yaml", "toml"])
def test_every_decision_that_is_named_exists(suffix: str) -> None:
    lost = []
    for path in written(suffix):
        numbers = {int(number) for pair in DECISION.findall(path.read_text("utf-8")) for number in pair if number}
        lost += [f"{named(path)}: ADR {number}" for number in sorted(numbers - decisions())]
    assert not lost


def test_every_path_and_name_in_a_document_exists() -> None:
    lost = []
    for path in written("md"):
        for quoted in QUOTED.findall(path.read_text("utf-8")):
            lost += [f"{named(path)}: {each}" for each in alternatives(quoted) if missing(each)]
    assert not lost


def test_every_path_and_name_in_a_docstring_exists() -> None:
    lost = []
    for path in written("py"):
        for text in docstrings(path):
            quoted = [each for found in QUOTED.findall(text) for each in alternatives(found)]
            lost += [f"{named(path)}: {each}" for each in quoted if missing(each)]
    assert not lost


def test_a_reference_that_leads_nowhere_is_found() -> None:
    for wrong in ("domain/order/nothing.py", "nothing.py", "domain.order.nothing", "domain.due.nothing", "docs/no/"):
        assert missing(wrong), wrong
    assert missing("tests/architecture/test_references.py::test_that_is_not_there")
    for right in ("domain/due.py", "worker.py", "domain.due", "domain.due.due", "docs/adr/", "domain.order"):
        assert not missing(right), right
    assert alternatives("domain/{due,text}.py") == ["domain/due.py", "domain/text.py"]
