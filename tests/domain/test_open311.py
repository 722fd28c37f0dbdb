"""Open311 services: their questions, valid answers, and the data that the public may read."""

import pytest
from pydantic import ValidationError

from domain.access.public_text import public_text
from domain.citizen.service_answers import validate_answers
from domain.order.unit_proposal import area_of
from domain.policy.open311 import Attribute, Open311, Service
from domain.policy.rule_book import Regime, Unit
from domain.refusal import Refused
from tests.domain.regimes import REGIMES

ASKING = Service.model_validate(
    {
        "name": "供暖",
        "category": "complaint",
        "attributes": {
            "rooms": {"description": "几间", "datatype": "number"},
            "since": {"description": "何时起", "datatype": "datetime"},
            "note": {"description": "备注", "datatype": "text"},
            "line": {"description": "一句话", "datatype": "string", "required": True},
            "kinds": {"description": "现象", "datatype": "multivaluelist", "values": {"cold": "不热", "leak": "漏水"}},
            "hint": {"description": "请保持电话畅通", "variable": False},
        },
    }
)


def test_answers_stand_in_the_order_of_the_questions_with_what_people_read() -> None:
    given = {"kinds": ["leak", "cold", "leak"], "line": ["冷"], "rooms": ["2.5"], "note": [""], "since": ["2026-11-20"]}
    found = [(answer.code, answer.answers) for answer in validate_answers(ASKING, given)]
    assert found == [
        ("rooms", ("2.5",)),
        ("since", ("2026-11-20",)),
        ("line", ("冷",)),
        ("kinds", ("漏水", "不热")),
    ]


@pytest.mark.parametrize(
    ("given", "code"),
    [
        ({}, "missing_field"),
        ({"line": [""]}, "missing_field"),
        ({"rooms": ["两间"]}, "invalid"),
        ({"rooms": ["inf"]}, "invalid"),
        ({"since": ["昨天"]}, "invalid"),
        ({"line": ["一\n二"]}, "invalid"),
        ({"line": ["一", "二"]}, "invalid"),
        ({"note": ["长" * 4001]}, "invalid"),
        ({"kinds": ["warm"]}, "invalid"),
        ({"hint": ["好"]}, "invalid"),
        ({"colour": ["red"]}, "invalid"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused(given: dict[str, list[str]], code: str) -> None:
    complete = given if code == "missing_field" else {"line": ["冷"]} | given
    with pytest.raises(Refused) as refused:
        validate_answers(ASKING, complete)
    assert refused.value.code == code


@pytest.mark.parametrize(
    "attribute",
    [
        {"description": "选", "datatype": "singlevaluelist"},
        {"description": "写", "values": {"a": "甲"}},
        {"description": "看", "variable": False, "required": True},
    ],
)
def test_a_question_that_cannot_be_answered_is_no_question(attribute: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Attribute.model_validate(attribute)


def test_a_service_names_a_grade_of_its_county() -> None:
    county = next(iter(REGIMES.values()))
    service = Service.model_validate({"name": "急", "category": "help", "grade": "atlantic"})
    changed = county.model_dump() | {"open311": Open311(services={"x": service}).model_dump()}
    with pytest.raises(ValidationError, match="atlantic"):
        Regime.model_validate(changed)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("电话13912345678，谢谢", "电话***，谢谢"),
        ("打 +86 139-1234-5678 或 0936-6621234", "打 *** 或 ***"),
        ("身份证11010119900101123X", "身份证***"),
        ("写信到 a.b+c@mail.example.com。", "写信到 ***。"),
        ("微信tel13800138000，VX13800138000a", "微信tel***，VX***a"),
        ("138.0013.8000、138－0013－8000、138_0013_8000", "***、***、***"),
        ("(0936) 662 1234\n13800138000", "(***"),
        ("身份证ID622201199001011234", "身份证ID***"),
        ("2026/11/20 09:30 与 2026.11.20，34楼", "2026/11/20 09:30 与 2026.11.20，34楼"),
        ("王小明和王小明明", "***和***明"),
        ("2026-11-20 起，3号楼1201室，水费120.5元", "2026-11-20 起，3号楼1201室，水费120.5元"),
    ],
)
def test_the_public_reads_no_names_and_no_numbers_of_people(text: str, shown: str) -> None:
    assert public_text(text, ["王小明", None, "", "水"]) == shown


def test_an_address_names_an_area() -> None:
    units = [Unit(id="a", name="甲", area="南华镇"), Unit(id="b", name="乙", area="南华镇东"), Unit(id="c", name="丙")]
    assert area_of(units, "高台县南华镇学府路") == "南华镇"
    assert area_of(units, "南华镇东街") == "南华镇东"
    assert area_of(units, "") is None
