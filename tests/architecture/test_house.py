"""Project conventions that no linter checks."""

import ast
import re
import sys
from pathlib import Path

import pytest

from domain.order.commands import COMMANDS
from domain.order.events import EVENTS

ROOT = Path(__file__).parents[2]
PACKAGES = (
    "domain",
    "workflows",
    "activities",
    "adapters",
    "application",
    "api",
    "cli",
    "console",
    "sandbox",
    "migrations",
    "benchmarks",
)
COUNTIES = re.compile(r"gaotai|huojia|dalad|rugao|hukou")
FREE_OF_COUNTIES = ("domain", "workflows", "activities", "adapters", "application", "api", "cli", "console")
LONGEST = 300

CONTRACT_EVENTS = """
order_opened answered_at_intake transferred_out order_dispatched order_signed sign_off_missed arrived_on_site
deadline_set notice_issued notice_sent notice_failed light_changed milestone_missed handling_overdue
approval_opened approval_decided approval_lapsed signal_ignored return_granted return_refused return_barred
extension_granted extension_refused progress_reported visit_recorded reply_submitted reply_sent_back
reply_accepted sent_to_city callback_recorded rework_opened suspended suspension_review_due struck_off
unclosed_listed appeal_granted appeal_refused panel_opened panel_decided supervision_opened
supervision_answered escalated accountability_recorded order_terminated order_withdrawn order_closed
order_archived
"""
"""Event names that other systems rely on; `refused` is recorded by the shell and changes no state."""

CONTRACT_FIELDS = {
    "deadline_set": {"clock", "unit", "due_at", "provisional", "basis"},
    "notice_issued": {"template", "to_role", "unit"},
    "light_changed": {"unit", "light"},
    "approval_opened": {"approval", "kind", "stage", "by_role", "unit"},
    "supervision_opened": {"level", "unit", "reason"},
    "escalated": {"to_role", "unit", "reason"},
    "order_closed": {"outcome"},
    "order_archived": {"bundle", "sha256"},
}

CONTRACT_COMMANDS = {
    "answer_at_intake": "text",
    "transfer_out": "line reason",
    "dispatch": "units mode",
    "sign": "",
    "arrive_on_site": "",
    "request_return": "reason basis proposed_unit signed_by attachments",
    "request_extension": "reason until signed_by attachments",
    "report_progress": "stage text plan expected_at",
    "record_visit": "purpose text",
    "submit_reply": "sections resolution facts_hold citizen_satisfied signed_by attachments final",
    "record_callback": "result intake_rating handling_rating comment",
    "urge": "comment",
    "open_supervision": "level reason",
    "answer_supervision": "text",
    "request_suspension": "reason plan review_every",
    "request_strike_off": "reason plan review_every",
    "list_unclosed": "text plan expected_at",
    "appeal": "ground text signed_by attachments",
    "request_termination": "ground text",
    "withdraw": "reason",
}


def modules(*packages: str) -> list[Path]:
    """Every module of these packages, and the worker."""
    return [*(path for package in packages for path in sorted((ROOT / package).rglob("*.py"))), ROOT / "worker.py"]


def named(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_the_modules_are_found() -> None:
    assert {"domain/order/decider.py", "adapters/policy/policy_file.py", "cli/main.py"} <= {
        named(p) for p in modules(*PACKAGES)
    }


@pytest.mark.parametrize("path", modules(*PACKAGES), ids=named)
def test_a_module_says_what_it_is_and_is_not_too_long(path: Path) -> None:
    text = path.read_text("utf-8")
    length = len(text.splitlines())
    # The schema of the rule book and the list of events are one table each.
    table = named(path) in {"domain/policy/rule_book.py", "domain/order/events.py"}
    assert table or length <= LONGEST, f"{length} lines"
    if text.strip():
        assert ast.get_docstring(ast.parse(text)), "no docstring"


@pytest.mark.parametrize("path", modules(*FREE_OF_COUNTIES), ids=named)
def test_no_county_stands_in_code(path: Path) -> None:
    found = [number for number, line in enumerate(path.read_text("utf-8").splitlines(), 1) if COUNTIES.search(line)]
    assert not found, f"lines {found}"


@pytest.mark.parametrize("path", sorted((ROOT / "domain").rglob("*.py")), ids=named)
def test_the_core_imports_the_standard_library_and_pydantic(path: Path) -> None:
    allowed = sys.stdlib_module_names | {"domain", "pydantic", "pydantic_core"}
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        names: list[str] = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import"
            names = [node.module or ""]
        assert {name.partition(".")[0] for name in names} <= allowed


def test_every_event_of_the_contract_exists_with_its_fields() -> None:
    assert set(CONTRACT_EVENTS.split()) - set(EVENTS) == set()
    for name, fields in CONTRACT_FIELDS.items():
        assert fields <= set(EVENTS[name].model_fields), name


def test_every_command_of_the_contract_exists_with_its_fields() -> None:
    for name, fields in CONTRACT_COMMANDS.items():
        assert {*fields.split(), "unit"} <= set(COMMANDS[name].model_fields), name
