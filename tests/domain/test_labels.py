"""Every word on a screen or in the Temporal UI has a Chinese name."""

import pytest

from domain.access.acts import NAMES, Deed
from domain.labels import label
from domain.order.commands import COMMANDS
from domain.order.events import EVENTS
from domain.policy.evidence import Phase
from domain.privacy import Occasion, Personal
from domain.words import (
    ApprovalKind,
    Category,
    ClockName,
    Light,
    Mark,
    Outcome,
    Part,
    Role,
    Stage,
    SupervisionLevel,
    Template,
)

WORDS = [
    *((word.value, "") for kind in (Role, Category, Part, Light, Stage, Outcome) for word in kind),
    *((word.value, "clock") for word in ClockName),
    *((word.value, "approval") for word in ApprovalKind),
    *((word.value, "template") for word in Template),
    *((word.value, "level") for word in SupervisionLevel),
    *((word.value, "phase") for word in Phase),
    *((word.value, "mark") for word in Mark),
    *((word.value, "personal") for word in Personal),
    *((word.value, "occasion") for word in Occasion),
    *((name, "event") for name in EVENTS),
    *((name, "command") for name in COMMANDS),
]


@pytest.mark.parametrize(("word", "kind"), WORDS)
def test_a_word_has_a_chinese_name(word: str, kind: str) -> None:
    assert any("\u4e00" <= letter <= "\u9fff" for letter in label(word, kind))


@pytest.mark.parametrize("deed", Deed)
def test_a_deed_has_a_chinese_name(deed: Deed) -> None:
    assert any("\u4e00" <= letter <= "\u9fff" for letter in NAMES[deed])
