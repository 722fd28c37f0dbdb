"""Messages of the city platform are mapped to commands or refused; values are mapped to its names."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.policy.policy_file import PolicyErrors, load
from adapters.settings.settings import ROOT
from domain.city.messages import CityDecision, CityOrder, outgoing_body, read_decision, read_order, read_urge
from domain.policy.city import City
from domain.policy.rule_book import PolicyFile
from domain.refusal import Code, Refused
from tests.domain.regimes import REGIMES

TEXT = (ROOT / "policies.yaml").read_text("utf-8")
ORDER = {"order_no": "SZ-1", "content": "路灯不亮\n已一周", "type_code": "03"}

FIELDS = ["order_no", "content", "title", "type_code", "level_code", "flags", "caller", "county_no", "apply_id"]
FIELDS += ["apply_type", "result", "deadline", "opinion", "name", "phone", "matter_code"]
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20)
SCALARS |= st.sampled_from(["01", "03", "同意", "延期", "jj,mg", "1"])
ANYTHING = st.recursive(
    SCALARS,
    lambda below: st.lists(below, max_size=4) | st.dictionaries(st.sampled_from(FIELDS) | st.text(), below, max_size=8),
    max_leaves=30,
)


def city(name: str, **changes: Any) -> City:
    found = REGIMES[name].city
    assert found is not None
    return found.model_copy(update=changes)


@pytest.mark.parametrize("regime", ["huojia", "hukou"])
@given(data=ANYTHING | st.dictionaries(st.sampled_from(FIELDS), ANYTHING, min_size=3))
def test_any_json_is_a_record_of_ours_or_a_coded_refusal(regime: str, data: Any) -> None:
    for read in (read_order, read_decision, read_urge):
        for names in (city(regime), city(regime, unknown_fields="refused")):
            try:
                record = read(names, data)
            except Refused as refused:
                assert refused.code in {Code.INVALID, Code.MISSING_FIELD} and refused.reason
            else:
                assert record.no or record.city_no if not isinstance(record, CityOrder) else record.city_no
                if isinstance(record, CityOrder):
                    assert record.title and record.content
                    assert record.grade in {None, *REGIMES[regime].grades}


def test_an_order_in_their_words_is_one_in_ours() -> None:
    data = ORDER | {
        "level_code": 4,
        "flags": ["jj", "mg", "unheard-of"],
        "caller": {"name": "张某", "phone": "13900000000"},
        "matter_code": "zj",
        "deadline": "2026-12-01",
    }
    order = read_order(city("huojia"), data)
    assert (order.city_no, order.title, order.category, order.grade) == ("SZ-1", "路灯不亮", "complaint", "critical")
    assert (order.marks, order.name, order.phone, order.address) == (
        ("sensitive", "urgent_mark"), "张某", "13900000000", None,
    )  # fmt: skip
    assert (order.matter, order.required_by) == ("housing", "2026-12-01")


def test_codes_that_nobody_agreed_on_take_the_default_or_are_refused() -> None:
    strange = ORDER | {"type_code": "77", "level_code": "9"}
    lenient = read_order(city("huojia"), strange)
    assert (lenient.category, lenient.grade) == ("other", "normal")
    with pytest.raises(Refused) as refused:
        read_order(city("hukou"), strange)
    assert (refused.value.code, "77" in refused.value.reason) == (Code.INVALID, True)
    with pytest.raises(Refused) as absent:
        read_order(city("hukou"), {key: ORDER[key] for key in ("order_no", "content")})
    assert absent.value.code is Code.MISSING_FIELD
    assert read_order(city("hukou"), ORDER).grade is None


def test_a_county_may_want_to_hear_of_fields_it_does_not_know() -> None:
    data = ORDER | {"weather": "晴"}
    assert read_order(city("huojia"), data).city_no == "SZ-1"
    with pytest.raises(Refused, match="weather"):
        read_order(city("huojia", unknown_fields="refused"), data)


@pytest.mark.parametrize("word", ["同意", "通过"])
def test_a_decision_names_the_order_and_what_was_asked(word: str) -> None:
    data = {"county_no": "N-1", "apply_type": "办结", "apply_id": "A3", "result": word, "opinion": "可"}
    decision = read_decision(city("dalad"), data)
    assert decision == CityDecision("N-1", None, "A3", decision.kind, "approve", None, "可")
    assert decision.kind == "city_review"
    assert read_decision(city("dalad"), data | {"result": "重办"}).decision == "reject"
    for left_out in ({"county_no"}, {"apply_type", "apply_id"}, {"result"}):
        with pytest.raises(Refused) as refused:
            read_decision(city("dalad"), {key: value for key, value in data.items() if key not in left_out})
        assert refused.value.code is Code.MISSING_FIELD


def test_what_goes_up_is_called_what_they_call_it() -> None:
    body = {
        "no": "N-1",
        "city_no": None,
        "category": "complaint",
        "what": "city_review",
        "unit": "housing",
        "content": {"resolution": "partial", "sections": {"handling": "更换灯具"}},
    }
    assert outgoing_body(city("huojia"), body) == {
        "county_no": "N-1",
        "type_code": "03",
        "apply_type": "办结",
        "unit_code": "410724-ZJ",
        "resolution": "部分解决",
        "reply": {"handling": "更换灯具"},
    }
    assert outgoing_body(city("huojia"), body | {"unit": "elsewhere", "content": None})["unit_code"] == "elsewhere"


Fault = tuple[str, str, str, str]
AT_ONCE: list[Fault] = [
    ("同意: approve,", "同意: aprove,", "decisions.decision.同意", "aprove"),
    ("approval: apply_id\n", "approval: a b\n", "decisions.fields.approval", "a b"),
    ("content.ground: apply_ground", "content.ground: reply.ground", "reports.fields.content.sections", "reply"),
    ('"03": complaint, "04"', '"03": grumble, "04"', "orders.category.codes.03", "grumble"),
    ("matter: matter_code", "mater: matter_code", "orders.fields.mater", "未知的键"),
    ("fields: {no: county_no, city_no: order_no, comment", "fields: {comment", "urges.fields", "no、city_no"),
]
GRADE: list[Fault] = [('"4": critical', '"4": crittical', "orders.grade.codes.4", "crittical")]
AREAS: list[Fault] = [('areas: ["410724"]', 'areas: ["620724"]', "areas.0", "620724 已属于")]


@pytest.mark.parametrize("faults", [AT_ONCE, GRADE, AREAS], ids=["at_once", "grade", "areas"])
def test_a_wrong_mapping_is_told_with_its_line_and_key(faults: list[Fault]) -> None:
    changed = TEXT
    for right, wrong, _, _ in faults:
        assert right in TEXT
        changed = changed.replace(right, wrong, 1)
    with pytest.raises(PolicyErrors) as errors:
        load(changed, PolicyFile)
    outgoing_body = {problem.key.removeprefix("regimes.huojia.city."): problem for problem in errors.value.problems}
    for right, _, key, said in faults:
        assert said in outgoing_body[key].message
        below = 0 if key != "reports.fields.content.sections" else 1  # the second of the two that collide
        assert outgoing_body[key].line == TEXT[: TEXT.index(right)].count("\n") + 1 + below
