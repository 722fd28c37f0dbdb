from datetime import date, datetime, time
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from adapters.policy.policy_file import PolicyErrors, json_schema, load, resolve
from domain.calendar.business_calendar import CalendarOverrides
from domain.calendar.durations import Duration


class Strict(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Who(StrEnum):
    CLERK = "clerk"
    LEADER = "leader"


class ByPhone(Strict):
    kind: Literal["phone"]
    number: str


class ByLetter(Strict):
    kind: Literal["letter"]
    copies: int = Field(gt=0)


class Regime(Strict):
    name: str
    limit: Duration
    limits: dict[str, Duration] = {}
    on: str = ""
    who: tuple[Who, ...] = ()
    notices: tuple[Annotated[ByPhone | ByLetter, Field(discriminator="kind")], ...] = ()


class File(Strict):
    calendar: CalendarOverrides = CalendarOverrides()
    opens: AwareDatetime | None = None
    regimes: dict[str, Regime]


def problems(text: str | Path) -> list[tuple[int, str, str]]:
    with pytest.raises(PolicyErrors) as caught:
        load(text, File)
    return [(problem.line, problem.key, problem.message) for problem in caught.value.problems]


GOOD = """\
opens: 2026-10-01T08:30:00+08:00
calendar:
  hours: [[08:30, 12:00], [14:00, 17:30]]
  holidays: {2026-10-01: 国庆节}
regimes:
  base:
    abstract: true
    limit: 5wd
    limits: {urgent: 3h, normal: 3d}
    who: [clerk, leader]
  town:
    extends: base
    name: "110"
    on: yes
    limits: {urgent: 1h, normal: null, slow: 9wd}
    who: [leader]
    notices:
      - {kind: letter, copies: 2}
"""


def test_a_good_file_is_read_with_what_it_inherits() -> None:
    file = load(GOOD, File)
    town = file.regimes["town"]
    assert list(file.regimes) == ["town"]
    assert (town.name, town.on, str(town.limit), town.who) == ("110", "yes", "5wd", (Who.LEADER,))
    assert {key: str(limit) for key, limit in town.limits.items()} == {"urgent": "1h", "slow": "9wd"}
    assert file.calendar.hours == ((time(8, 30), time(12)), (time(14), time(17, 30)))
    assert file.calendar.holidays == {date(2026, 10, 1): "国庆节"}
    assert file.opens == datetime.fromisoformat("2026-10-01T08:30:00+08:00")


def test_the_lookup_knows_lines_through_inheritance_and_unions() -> None:
    data, where = resolve(GOOD)
    assert data["regimes"]["town"]["limits"] == {"urgent": "1h", "slow": "9wd"}
    assert where(["regimes", "town", "limit"]) == (8, "regimes.town.limit")
    assert where(["regimes", "town", "limits", "slow"]) == (15, "regimes.town.limits.slow")
    assert where(["regimes", "town", "notices", 0, "letter", "copies"]) == (
        18,
        "regimes.town.notices.0.copies",
    )
    assert where(["nothing"]) == (1, "")


def test_scalars_follow_the_core_schema() -> None:
    text = "a: [110, -1, 1.5, true, ~, null, yes, off, 08:30, 2026-10-01, 0571, 0x1F, 1_000, 3h, '3']\non: 1"
    data, _ = resolve(text)
    assert data == {
        "a": [
            110,
            -1,
            1.5,
            True,
            None,
            None,
            "yes",
            "off",
            "08:30",
            "2026-10-01",
            "0571",
            "0x1F",
            "1_000",
            "3h",
            "3",
        ],
        "on": 1,
    }


def test_all_problems_come_at_once_with_their_lines() -> None:
    found = problems(
        """\
calendar:
  holidays:
    2026-10-51: 国庆节
    2026-10-02: 110
  working_days: []
opens: 2026-10-01T08:30:00
surprise: 1
regimes:
  base:
    abstract: true
    limit: 3x
  a:
    extends: base
    name: 甲
    name: 乙
    who: [clerk, nobody]
    notices:
      - {kind: letter, copies: 0}
      - kind: pigeon
  b:
    limit: 0d
    on: [1, 2]
"""
    )
    assert [(line, key) for line, key, _ in found] == [
        (3, "calendar.holidays.2026-10-51"),
        (4, "calendar.holidays.2026-10-02"),
        (5, "calendar.working_days"),
        (6, "opens"),
        (7, "surprise"),
        (11, "regimes.a.limit"),
        (15, "regimes.a.name"),
        (16, "regimes.a.who.1"),
        (18, "regimes.a.notices.0.copies"),
        (19, "regimes.a.notices.1"),
        (20, "regimes.b.name"),
        (21, "regimes.b.limit"),
        (22, "regimes.b.on"),
    ]
    said = [message for *_, message in found]
    assert said[0] == '应为日期，如 2026-10-01，现为 "2026-10-51"'
    assert said[1] == "应为文字（数字与 true/false 请加引号），现为 110"
    assert said[4] == "未知的键"
    assert said[6] == "键重复，第 14 行已有"
    assert said[7] == '应为下列之一：clerk、leader，现为 "nobody"'
    assert said[8] == "应为大于 0 的值，现为 0"
    assert said[10] == "缺少必填的键"
    assert said[12] == "应为文字（数字与 true/false 请加引号），现为 2 项的列表"


def test_inheritance_that_cannot_be_had() -> None:
    found = problems(
        """\
regimes:
  a: {extends: nobody, name: 甲}
  b:
    extends: c
    name: 乙
    limit: 1d
  c:
    extends: b
    name: 丙
    limit: 1d
  d: {extends: [b], name: 丁, limit: 1d}
  e: {abstract: perhaps, name: 戊, limit: 1d}
  f: {extends: f, name: 己, limit: 1d}
  g: {extends: c, name: 庚, limit: 2d}
"""
    )
    assert found == [
        (2, "regimes.a.extends", "没有名为“nobody”的规程"),
        (8, "regimes.c.extends", "循环继承：b → c → b"),
        (11, "regimes.d.extends", "应为另一规程的名称，现为 ['b']"),
        (12, "regimes.e.abstract", "应为 true 或 false，现为 'perhaps'"),
        (13, "regimes.f.extends", "循环继承：f → f"),
    ]


@pytest.mark.parametrize(
    ("text", "line", "said"),
    [
        ("", 1, "空"),
        ("# nothing\n", 1, "空"),
        ("- a\n", 1, "映射"),
        ("regimes:\n  a: [1\n", 3, "语法错误"),
        ("regimes: {}\n---\nregimes: {}\n", 2, "语法错误"),
        ("a: 1\n\tb: 2\n", 2, "语法错误"),
        ("regimes: {}\nx: \x07\n", 2, "控制字符"),
        ("[" * 5000, 1, "嵌套"),
    ],
)
def test_what_is_not_yaml_is_said_so(text: str, line: int, said: str) -> None:
    [(found, _, message)] = problems(text)
    assert found == line
    assert said in message


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("regimes: {}\ncalendar: &x {}\nopens: *x\n", "锚点"),
        ("regimes: &x\n  a: *x\n", "锚点"),
        ("regimes: {}\nopens: !!python/object/apply:os.getcwd []\n", "标签"),
        ("regimes: {}\nopens: !!int abc\n", "不是可用的值"),
        ("regimes: {}\n? [a, b]\n: 1\n", "键应为"),
    ],
)
def test_what_yaml_can_do_beyond_data_is_refused(text: str, said: str) -> None:
    assert any(said in message for *_, message in problems(text))


def test_aliases_are_written_out_where_they_are_allowed() -> None:
    class Loose(BaseModel):
        one: dict[str, list[int]]
        two: dict[str, list[int]]

    assert load("one: &x {a: [1, 2]}\ntwo: *x\n", Loose, aliases=True) == Loose(one={"a": [1, 2]}, two={"a": [1, 2]})
    for text, said in [
        ("one: &x\n  a: *x\ntwo: {}\n", "包含它自己"),
        ("\n".join(["l0: &l0 [1]", *(f"l{n}: &l{n} [{', '.join([f'*l{n - 1}'] * 10)}]" for n in range(1, 9))]), "过多"),
    ]:
        with pytest.raises(PolicyErrors) as refused:
            load(text, Loose, aliases=True)
        assert any(said in each.message for each in refused.value.problems)


def test_files_that_cannot_be_read(tmp_path: Path) -> None:
    assert "无法读取" in problems(tmp_path / "none.yaml")[0][2]
    latin = tmp_path / "latin.yaml"
    latin.write_bytes("regimes: {}\n# 规程".encode("gbk"))
    assert problems(latin) == [(2, "", "文件不是 UTF-8 编码")]
    good = tmp_path / "good.yaml"
    good.write_text(GOOD, "utf-8")
    assert load(good, File) == load(GOOD, File)


@given(st.text(max_size=80) | st.text(alphabet="ab:-[]{}&*!\n ,'\"?|>#%@", max_size=80))
def test_no_text_crashes_it(text: str) -> None:
    assert problems(text)


def test_an_editor_gets_a_schema() -> None:
    schema = json_schema(File)
    regime = schema["$defs"]["Regime"]
    assert {"extends", "abstract", "name", "limit"} <= set(regime["properties"])
    assert "required" not in regime
    assert schema["$defs"]["Duration"]["type"] == "string"
    assert "regimes" in schema["required"]
    assert json_schema(CalendarOverrides) == CalendarOverrides.model_json_schema()
