"""The documents are correct and complete: links resolve, commands exist, and all settings and names are described."""

import re
from importlib import import_module
from itertools import pairwise
from pathlib import Path

import pytest
import typer
from typer.core import TyperGroup

from adapters.policy import json_schema
from adapters.policy.policy_file import load
from adapters.policy.yaml_tree import parse_yaml
from adapters.settings.settings import ROOT, Settings
from api import access_page
from cli.main import COMMANDS as CLI
from cli.main import _resolve
from cli.rehearse.scenario import Scenario
from domain.calendar.business_calendar import CalendarOverrides
from domain.labels import label
from domain.order.commands import COMMANDS
from domain.order.events import EVENTS
from domain.permissions import STAFF
from domain.policy.rule_book import PolicyFile
from domain.words import Frozen
from tests.workflows.test_economy import MOST_EVENTS

DOCS = ROOT / "docs"
PAGES = sorted([*ROOT.glob("*.md"), *DOCS.rglob("*.md")])
READMES = (ROOT / "README.md", ROOT / "README.zh.md")
ADRS = sorted((DOCS / "adr").glob("0*.md"))


def text(*path: str) -> str:
    return ROOT.joinpath(*path).read_text("utf-8")


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def blocks(page: str) -> list[str]:
    """The indented blocks of code, one string each."""
    return re.findall(r"(?:^(?: {4}.*)?\n)*^ {4}.*\n", page, re.MULTILINE)


def code(page: str) -> str:
    """All text that is marked as code."""
    return "\n".join([*blocks(page), *re.findall(r"`([^`\n]+)`", page)])


def links(page: str) -> list[str]:
    return re.findall(r"(?<!!)\[[^\]\n]+\]\(([^)\s]+)\)", page)


def anchors(page: str) -> set[str]:
    """The anchors of headings, as GitHub names them."""
    headings = re.findall(r"^#+ (.+)$", page, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_relative_link_leads_somewhere(page: Path) -> None:
    for link in links(page.read_text("utf-8")):
        target, _, anchor = link.partition("#")
        if "://" in target:
            continue
        found = (page.parent / target).resolve() if target else page
        assert found.exists(), link
        assert not anchor or anchor in anchors(found.read_text("utf-8")), link


def test_every_page_can_be_reached_from_the_readme() -> None:
    seen, ahead = set(), [READMES[0]]
    while ahead:
        page = ahead.pop()
        seen.add(page)
        targets = {(page.parent / link.partition("#")[0]).resolve() for link in links(page.read_text("utf-8"))}
        ahead += [target for target in targets if target.suffix == ".md" and target not in seen and target.exists()]
    assert set(PAGES) <= seen


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_command_of_ours_exists_with_its_options(page: Path) -> None:
    for line in code(page.read_text("utf-8")).splitlines():
        for said in re.findall(r"(?:^|[\s/])jiesu ([a-z][^|#'`]*)", line):
            words = said.split()
            assert {word for word in words if word.startswith("--")} <= options(words), line


def options(words: list[str]) -> set[str]:
    """The options of the command with these words, which must exist."""
    assert words[0] in CLI, words
    command = _resolve(CLI[words[0]][0])
    if isinstance(command, typer.Typer):
        group = typer.main.get_command(command)
        assert isinstance(group, TyperGroup)
        if len(words) == 1 or "|" in words[1]:
            return set()
        assert words[1] in group.commands, words
        found = group.commands[words[1]]
    else:
        alone = typer.Typer(add_completion=False)
        alone.command()(command)
        found = typer.main.get_command(alone)
    return {name for parameter in found.params for name in parameter.opts}


@pytest.mark.parametrize("page", PAGES, ids=named)
def test_every_make_target_exists(page: Path) -> None:
    for target in re.findall(r"(?:^|\s)make ([a-z]+)", code(page.read_text("utf-8"))):
        assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE), target


@pytest.mark.parametrize("readme", READMES, ids=named)
def test_the_readme_names_the_two_commands_and_every_folder(readme: Path) -> None:
    page = readme.read_text("utf-8")
    assert {"make up", "make test"} <= {block.strip() for block in re.findall(r"make \w+", code(page))}
    listed = re.search(r"^packages = .*$", text("pyproject.toml"), re.MULTILINE)
    assert listed
    folders = {*re.findall(r'"(\w+)\*"', listed[0]), "tests", "docs", "examples", "benchmarks"}
    assert folders == set(re.findall(r"^\| \[(\w+)\]\(\1\)", page, re.MULTILINE))


def test_both_readmes_say_the_same() -> None:
    english, chinese = (readme.read_text("utf-8") for readme in READMES)
    bare = [[re.sub(r" +# .*", "", block) for block in blocks(page)] for page in (english, chinese)]
    assert bare[0] == bare[1]
    assert links(english)[1:] == links(chinese)[1:]  # the first link is to the other language
    assert len(re.findall(r"^#+ ", english, re.MULTILINE)) == len(re.findall(r"^#+ ", chinese, re.MULTILINE))


def test_every_setting_is_documented_and_no_other() -> None:
    page = text("docs", "operations.md")
    rows = set(re.findall(r"^\| `([A-Z_]+)` \|", page, re.MULTILINE))
    assert rows == {field.alias for field in Settings.model_fields.values()}


def test_every_key_of_a_rule_book_stands_in_the_guide() -> None:
    modules = [
        import_module(f"domain.policy.{path.stem}") for path in sorted((ROOT / "domain/policy").glob("[a-z]*.py"))
    ]
    ours = [
        each
        for module in modules
        for each in vars(module).values()
        if getattr(each, "__module__", "") == module.__name__
    ]
    models: list[type[Frozen]] = [CalendarOverrides]
    models += [model for model in ours if isinstance(model, type) and issubclass(model, Frozen)]
    keys = {name for model in models for name in model.model_fields}
    assert {"within", "dispute_others", "unknown_fields"} <= keys
    shown = set(re.findall(r"\w+", code(text("docs", "policy-guide.md"))))
    assert {"extends", "abstract", *keys} - shown == set()


def test_the_sixth_county_of_the_guide_is_a_whole_one() -> None:
    county = next(block for block in blocks(text("docs", "policy-guide.md")) if "linshui:" in block)
    indented = "\n".join(line[7:] for line in county.splitlines())
    assert "linshui" in load(f"{text('policies.yaml')}\n{indented}\n", PolicyFile).regimes


def test_the_scenario_of_the_tutorial_can_be_read() -> None:
    scenario = next(block for block in blocks(text("docs", "tutorial.md")) if "# my-life.yaml" in block)
    lines = [line[4:] for line in scenario.splitlines()]
    whole = lines[: next(n for n, line in enumerate(lines) if line.startswith(".venv"))]
    assert len(load("\n".join(whole), Scenario).expect) == 3


def test_every_command_and_event_stands_in_the_glossary_with_its_chinese_name() -> None:
    rows = re.findall(r"^\| `(\w+)`(?: \(signal\))? \| (\S+) \|", text("docs", "glossary.md"), re.MULTILINE)
    for name in (*COMMANDS, "decide"):
        assert (name, label(name, "command")) in rows
    for name in (*EVENTS, "refused"):
        assert (name, label(name, "event")) in rows


def test_the_price_of_a_life_is_the_one_that_is_asserted() -> None:
    page = text("docs", "economy.md")
    assert f"**{MOST_EVENTS} events**" in page
    account = [int(number) for number in re.findall(r"^\| (\d+) \|", page, re.MULTILINE)]
    total = re.search(r"^\| \*\*(\d+)\*\* \|", page, re.MULTILINE)
    assert total
    assert sum(account) == int(total[1]) <= MOST_EVENTS


def test_decisions_are_numbered_listed_and_complete() -> None:
    index = text("docs", "adr", "README.md")
    numbers = [int(path.name[:4]) for path in ADRS]
    assert all(after == before + 1 for before, after in pairwise(numbers))
    for number, path in zip(numbers, ADRS, strict=True):
        page = path.read_text("utf-8")
        assert page.startswith(f"# {number}. ")
        assert re.findall(r"^## (\w+)$", page, re.MULTILINE) == ["Context", "Decision", "Consequences"]
        assert "\nStatus: " in page
        assert path.name in index


def test_the_access_table_is_up_to_date() -> None:
    assert access_page.FILE.read_text("utf-8") == access_page.page(), "run: python -m api.access_page"
    assert len(access_page.SHORT) == len(STAFF)


def test_the_editor_schema_is_up_to_date_and_named_by_the_rule_books() -> None:
    assert json_schema.FILE.read_text("utf-8") == json_schema.schema(), "run: python -m adapters.policy.json_schema"
    first, _, rest = text("policies.yaml").partition("\n")
    assert first == f"# yaml-language-server: $schema={json_schema.FILE.name}"
    assert parse_yaml(rest)[1] == []
