"""The version is written in one place."""

import ast
import re

from adapters.settings.settings import ROOT
from adapters.settings.version import version
from api.app import create_app
from tests.architecture.test_house import PACKAGES, modules


def test_the_api_says_the_version_of_the_project() -> None:
    assert re.fullmatch(r"\d+\.\d+\.\d+", version())
    assert create_app().openapi()["info"]["version"] == version()


def test_no_module_repeats_the_version() -> None:
    present = version()
    repeated = [
        f"{path.relative_to(ROOT)}:{node.lineno}"
        for path in modules(*PACKAGES)
        for node in ast.walk(ast.parse(path.read_text("utf-8")))
        if isinstance(node, ast.Constant) and node.value == present
    ]
    assert repeated == []


def test_the_changelog_names_every_version_once_and_the_present_one_first() -> None:
    headings = re.findall(r"^## \[(.+?)\]", (ROOT / "CHANGELOG.md").read_text("utf-8"), re.MULTILINE)
    assert headings[:2] == ["Unreleased", version()]
    assert len(headings) == len(set(headings))
