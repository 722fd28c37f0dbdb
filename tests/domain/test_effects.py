"""Effects in payloads: each kind has its own fields, and the effects of recorded histories still decode."""

from datetime import datetime
from typing import Any, Literal, get_args

import pytest
from pydantic import TypeAdapter, ValidationError

from domain.order.effects import Effect
from domain.words import Frozen

EFFECTS: TypeAdapter[Effect] = TypeAdapter(Effect)
DUE = "2026-11-27T00:00:00+08:00"
NOTICE = {"notice": "N1", "template": "survey", "to_role": "citizen", "unit": None, "party": "T-1", "due_at": DUE}
CALL = {"party": "T-1", "round": 1, "attempt": 2}
FIELDS: dict[str, dict[str, Any]] = {
    "notify": NOTICE | {"attempt": 1, "not_before": DUE},
    "call_task": NOTICE,
    "call_citizen": CALL,
    "call_back": CALL | {"due_at": DUE},
    "city_platform": {"what": "result", "seq": 9, "unit": "housing", "approval": "A1"},
    "tally": {"unit": "housing"},
    "archive": {},
}


class RecordedEffect(Frozen):
    """The one model of every kind by which older histories were written."""

    kind: Literal["notify", "call_task", "call_citizen", "city_platform", "call_back", "tally", "archive"]
    key: str
    order_no: str
    unit: str | None = None
    notice: str | None = None
    template: str | None = None
    to_role: str | None = None
    party: str | None = None
    due_at: datetime | None = None
    what: str | None = None
    approval: str | None = None
    round: int = 0
    attempt: int = 0
    not_before: datetime | None = None
    seq: int = 0


@pytest.mark.parametrize("kind", FIELDS)
def test_recorded_effects_decode_and_what_is_written_decodes_by_the_recorded_model(kind: str) -> None:
    recorded = RecordedEffect(kind=kind, key="T-1:7", order_no="T-1", **FIELDS[kind])
    effect = EFFECTS.validate_json(recorded.model_dump_json())
    assert effect.kind == kind and effect == type(effect).model_validate_json(recorded.model_dump_json())
    written = EFFECTS.dump_json(effect)
    assert RecordedEffect.model_validate_json(written) == recorded
    assert EFFECTS.validate_json(written) == effect


def test_every_kind_is_tried() -> None:
    union, _ = get_args(Effect)
    assert {member.model_fields["kind"].default for member in get_args(union)} == set(FIELDS)


def test_a_field_of_another_kind_that_says_something_is_an_error() -> None:
    with pytest.raises(ValidationError, match="unit"):
        EFFECTS.validate_python({"kind": "archive", "key": "k", "order_no": "T-1", "unit": "housing"})
