"""`jiesu rehearse` as a process: its output and exit status."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from adapters.settings.settings import ROOT
from cli.rehearse.scenario import Demand, read
from domain.words import Category
from tests.domain.regimes import REGIMES

SCENARIO = """\
policy: huojia
start: 2026-11-23T09:00:00+08:00
order: {category: complaint, grade: critical, title: 路灯不亮}
steps:
  - {after: 5m, as: dispatcher, do: dispatch, with: {units: [{unit: housing}]}}
  - {after: 5m, as: unit_clerk, do: submit_reply, with: {unit: housing, sections: {contact: 已联系}}}
until: 2026-11-23T12:00:00+08:00
expect:
  - {event: deadline_set, clock: handling, due_at: 2026-11-23T10:05:00+08:00}
"""

SIXTH = """\
calendar:
  hours: [["09:00", "12:00"], ["13:00", "17:00"]]
regimes:
  xinxian:
    name: 新县
    grades: {plain: 普通}
    default_grade: plain
    returns: {window: 2h, window_from: dispatch}
    limits: [{within: 3wh, clause: XX-01}]
    pre_expiry: [{before: 1wh}]
    extensions: {at_most: {beyond_limit: 2wh}, clause: XX-02}
    replies: {sections: [answer], clause: XX-03}
    desks: {hotline: [supervisor], city: [city_platform], panel: [panel], inspection: [inspection]}
    fallback_stage: {desk: hotline, by: supervisor}
    approvals:
      return: {stages: [{desk: hotline, by: dispatcher}]}
      redispatch: {stages: [{desk: hotline, by: hotline_director}]}
      extension: {stages: [{desk: hotline, by: supervisor}, {desk: inspection, by: inspection}]}
      review: {stages: [{desk: hotline, by: reviewer}]}
      suspension: {stages: [{desk: hotline, by: supervisor}]}
      strike_off: {stages: [{desk: hotline, by: supervisor}]}
      appeal: {stages: [{desk: city, by: city_platform}]}
      panel: {stages: [{desk: panel, by: panel}]}
      termination: {stages: [{desk: hotline, by: hotline_director}]}
      final_reply: {stages: [{desk: hotline, by: hotline_director}]}
    rework: {within: 1wh}
    suspensions: {review_every: 30d}
    reactions:
      - {on: handling_overdue, escalate: county_leader, reason: three_hours_gone, clause: XX-04}
    units: [{id: office, name: 县政府办}]
"""

SIXTH_LIFE = """\
policy: xinxian
start: 2026-11-23T16:00:00+08:00
order: {category: complaint}
steps:
  - {at: 2026-11-23T16:00:00+08:00, as: dispatcher, do: dispatch, with: {units: [{unit: office}]}}
  - after: 30m
    as: unit_clerk
    do: request_extension
    with: {unit: office, reason: 须会商, until: 2026-11-24T14:00:00+08:00}
  - {after: 1m, as: supervisor, do: decide, with: {approval: extension, decision: approve}}
  - {after: 1m, as: inspection, do: decide, with: {approval: extension, decision: approve}}
  - at: 2026-11-24T15:00:00+08:00
    as: unit_clerk
    do: submit_reply
    with: {unit: office, sections: {answer: 路灯已修复}}
  - {after: 1h, as: reviewer, do: decide, with: {approval: review, decision: approve}}
  - {after: 1h, as: callback_staff, do: record_callback, with: {result: satisfied}}
expect:
  - {event: deadline_set, clock: handling, due_at: 2026-11-24T11:00:00+08:00, clause: XX-01}
  - {event: light_changed, light: yellow, at: 2026-11-24T13:00:00+08:00}
  - {event: approval_opened, kind: extension, stage: inspection}
  - {event: deadline_set, clock: handling, due_at: 2026-11-24T14:00:00+08:00, clause: XX-02}
  - {event: handling_overdue, unit: office, at: 2026-11-24T14:00:00+08:00}
  - {event: escalated, to_role: county_leader, reason: three_hours_gone, clause: XX-04}
  - {event: order_closed, outcome: satisfied}
"""


def rehearse(*words: str | Path) -> subprocess.CompletedProcess[str]:
    """Run the command."""
    command = [sys.executable, "-m", "cli.main", "rehearse", *map(str, words)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=180, check=False)


def written(folder: Path, text: str, name: str = "life.yaml") -> Path:
    """A file in a folder."""
    path = folder / name
    path.write_text(text)
    return path


def rows(ran: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The timeline that was printed."""
    return [json.loads(line) for line in ran.stdout.splitlines()]


def test_what_does_not_hold_is_named_and_refusals_stand_in_the_timeline(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        SCENARIO + "  - {never: handling_overdue}\n  - {event: order_closed, outcome: satisfied}\n",
    )
    ran = rehearse(path, "--json")
    assert ran.returncode == 1
    complaints = ran.stderr.splitlines()
    assert complaints[0].startswith(f"{path}: 第 2 条不应出现却出现了：handling_overdue（2026-11-23T10:05:")
    assert complaints[1].startswith(f"{path}: 第 3 条未出现：order_closed outcome=satisfied")
    assert len(complaints) == 2
    timeline = rows(ran)
    assert [row["seq"] for row in timeline] == list(range(1, len(timeline) + 1))
    assert all("scenario" not in row for row in timeline)
    refused = [row for row in timeline if row["event"] == "refused"]
    assert [(row["do"], row["code"], row["clause"]) for row in refused] == [
        ("submit_reply", "missing_section", "HJ-10")
    ]
    assert refused[0]["at"].startswith("2026-11-23T09:10:0") and "follow_up" in refused[0]["reason"]
    assert not any(row["event"] == "reply_submitted" for row in timeline)


def test_a_person_gets_a_table_a_chart_and_what_does_not_hold(tmp_path: Path) -> None:
    good = written(tmp_path, SCENARIO, "good.yaml")
    bad = written(tmp_path, SCENARIO + "  - {event: order_archived}\n", "bad.yaml")
    ran = rehearse(good, bad)
    assert ran.returncode == 1
    assert "时限图" in ran.stdout and "order_dispatched" in ran.stdout
    assert "1 条预期全部成立" in ran.stdout
    assert "第 2 条未出现：order_archived" in ran.stdout


IN_THE_LAST_SECOND = """\
policy: dalad
start: 2026-11-23T09:00:00+08:00
order: {category: complaint, grade: difficult, marks: , citizen: {phone: 13900000099}}
steps:
  - {at: 2026-11-23T09:05, as: dispatcher, do: dispatch, with: {units: [{unit: water}]}}
  - {after: 1h, as: unit_clerk, do: sign, with: }
  - at: 2026-11-29T17:30
    as: unit_clerk
    do: request_extension
    with: &long {reason: 管网改造, until: 2026-12-07T17:31}
%s
  - {after: 0s, as: unit_clerk, do: request_extension, with: {reason: 管网改造, until: 2026-12-07T17:30}}
  - {after: 20s, as: agent, do: sign, with: {unit: water}}
  - {after: 20s, as: agent, do: sign, with: {unit: water}}
  - {after: 1m, as: hotline_director, do: decide, with: {approval: extension, decision: approve}}
until: 2026-11-30T09:00
expect:
  - {event: extension_granted, unit: water}
"""


def test_a_step_happens_at_its_moment_however_long_the_machine_takes(tmp_path: Path) -> None:
    again = "\n".join(["  - {after: 0s, as: unit_clerk, do: request_extension, with: *long}"] * 8)
    ran = rehearse(written(tmp_path, IN_THE_LAST_SECOND % again), "--json")
    assert (ran.returncode, ran.stderr) == (0, "")
    asked = [row for row in rows(ran) if row.get("do") == "request_extension"]
    assert asked and {row["code"] for row in asked} == {"exceeds_maximum"}
    [opened] = [row for row in rows(ran) if row["event"] == "approval_opened"]
    assert opened["at"] == "2026-11-29T17:30:00+08:00"
    unheard = [row["at"] for row in rows(ran) if row.get("code") == "not_permitted"]
    assert unheard == ["2026-11-29T17:30:20+08:00", "2026-11-29T17:30:40+08:00"], "the order never heard of them"


FAULTS = [
    (3, "{category: complaint", "{category: [complaint", "YAML"),
    (3, "title:", "titel:", "未知的键"),
    (3, "category: complaint", "category: complain", "order.category"),
    (3, "grade: critical", "grade: hours_3", "等级 hours_3 不在本地规定之列"),
    (3, "title: 路灯不亮", "citizen: {phone: 不详}", "order.citizen.phone"),
    (1, "huojia", "atlantis", "没有名为“atlantis”的规程"),
    (2, "2026-11-23T09", "2026-11-31T09", "start"),
    (5, "do: dispatch", "do: despatch", "没有 despatch 这个操作"),
    (5, "as: dispatcher", "as: emperor", "steps.0.as"),
    (5, "after: 5m", "after: 5x", "steps.0.after"),
    (6, "after: 5m, as: unit_clerk", "as: unit_clerk", "at 或 after"),
    (6, "after: 5m, as: unit_clerk", "at: 2026-11-23T09:04:00+08:00, as: unit_clerk", "第 2 步的时间"),
    (7, "2026-11-23T12:00:00+08:00", "tomorrow", "until"),
    (9, "event: deadline_set, clock", "clock", "event 或 never"),
]
"""Line, original text, replacement, and part of the error message."""


def test_unusable_files_are_refused_each_with_its_line_before_anything_is_played(tmp_path: Path) -> None:
    faulty = []
    for number, (_, old, new, _) in enumerate(FAULTS):
        assert SCENARIO.count(old), old
        faulty.append(written(tmp_path, SCENARIO.replace(old, new, 1), f"faulty-{number}.yaml"))
    ran = rehearse(written(tmp_path, SCENARIO), *faulty, tmp_path / "missing.yaml", "--json")
    assert (ran.returncode, ran.stdout) == (2, "")
    assert "Traceback" not in ran.stderr
    complaints = ran.stderr.splitlines()
    for path, (line, _, _, said) in zip(faulty, FAULTS, strict=True):
        assert any(each.startswith(f"{path}:{line}: ") and said in each for each in complaints), (path, said)
    assert any("missing.yaml:1: " in each and "无法读取" in each for each in complaints)
    assert not any("life.yaml" in each for each in complaints)


def test_what_a_template_leaves_open_counts_as_left_out(tmp_path: Path) -> None:
    template = SCENARIO.replace("title: 路灯不亮", "title: …, content: …, citizen: {name: …, phone: …}, marks: []")
    assert read(written(tmp_path, template), REGIMES).order == Demand(category=Category.COMPLAINT, grade="critical")


def test_a_sixth_county_written_as_yaml_alone_lives_a_whole_life(tmp_path: Path) -> None:
    life, policies = written(tmp_path, SIXTH_LIFE), written(tmp_path, SIXTH, "policies.yaml")
    ran = rehearse(life, "--json", "--policies", policies)
    assert (ran.returncode, ran.stderr) == (0, "")
    assert rows(ran)[-1]["event"] == "order_archived"
    other = rehearse(written(tmp_path, SCENARIO, "other.yaml"), "--policies", policies)
    assert other.returncode == 2
    assert "other.yaml:1: policy：没有名为“huojia”的规程，可选：xinxian" in other.stderr


def test_an_unusable_rule_book_is_named_with_its_line(tmp_path: Path) -> None:
    policies = written(tmp_path, SIXTH.replace("within: 3wh", "within: 3xx"), "policies.yaml")
    ran = rehearse(written(tmp_path, SIXTH_LIFE), "--policies", policies)
    assert (ran.returncode, ran.stdout) == (2, "")
    assert f"{policies}:9: regimes.xinxian.limits.0.within" in ran.stderr
