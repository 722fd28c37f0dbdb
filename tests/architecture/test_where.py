"""docs/where.md answers forty questions of a newcomer, each by one path that exists."""

import re
from typing import Final

from adapters.settings.settings import ROOT

PAGE: Final = (ROOT / "docs" / "where.md").read_text("utf-8")
ROW: Final = re.compile(r"^\| ([^|]+\?) \| `([\w./-]+)` \|$", re.MULTILINE)
QUESTIONS: Final = 40


def test_there_are_forty_questions_and_none_is_repeated() -> None:
    questions = [question for question, _ in ROW.findall(PAGE)]
    assert len(questions) == len(set(questions)) == QUESTIONS
    assert len(re.findall(r"^\| ", PAGE, re.MULTILINE)) == QUESTIONS + 1, "every row is a question and one path"


def test_every_answer_is_a_file_or_folder() -> None:
    assert not [path for _, path in ROW.findall(PAGE) if not (ROOT / path).exists()]


def test_the_map_of_the_rooms_names_every_folder_of_the_layers() -> None:
    page = (ROOT / "docs" / "architecture.md").read_text("utf-8")
    layers = ("domain", "workflows", "activities", "application", "adapters", "api", "console", "cli", "sandbox")
    rooms = {
        str(path.parent.relative_to(ROOT))
        for layer in layers
        for path in (ROOT / layer).rglob("__init__.py")
        if len(list(path.parent.glob("*.py"))) > 1
    }
    listed = set(re.findall(r"^\| `([\w/]+)/` \|", page, re.MULTILINE))
    assert rooms - listed <= {"application", "adapters", "api", "cli", "sandbox"}, "their rooms are listed one by one"
