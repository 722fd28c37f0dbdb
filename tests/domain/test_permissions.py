"""Permissions: the table of acts and roles, and approvals by the roles of their stages, never by the requester."""

import pytest

from domain.order.commands import COMMANDS, Decide, RequestReturn
from domain.order.lifecycle.approval_decisions import SETTLEMENTS
from domain.permissions import CENTRE, STAFF, TABLE, Authentication, Relation, reaches, relation, require
from domain.policy.rule_book import Regime
from domain.refusal import Refused
from domain.text import Text
from domain.words import UNIT_ROLES, ApprovalKind, Role
from tests.domain.play import Play
from tests.domain.regimes import REGIMES
from workflows.work_order import WorkOrderWorkflow

SIGNALS = {"decide", "adopt_policy", "adopt_calendar", "report_undelivered"}
REASON = Text(document="D1", length=20)


def test_every_command_and_signal_of_the_workflow_has_a_row() -> None:
    assert set(COMMANDS) | SIGNALS <= set(TABLE)
    assert all(hasattr(WorkOrderWorkflow, act) for act in {*COMMANDS, *SIGNALS})


def test_a_row_grants_something_to_somebody_or_stands_open() -> None:
    for act, grant in TABLE.items():
        assert bool(grant.to) == (grant.door is Authentication.TOKEN), act
        assert not {Role.CLOCK} & set(grant.to), act


def test_a_unit_reaches_orders_of_its_own_in_every_row() -> None:
    far = {Relation.REGIME}
    for act, grant in TABLE.items():
        for role in UNIT_ROLES & set(grant.to):
            assert grant.to[role] not in far or act == "see_catalogue", (act, role)


@pytest.mark.parametrize("do", COMMANDS)
def test_the_core_refuses_every_role_that_does_not_stand_in_the_row(do: str) -> None:
    play = Play("gaotai")
    for role in set(Role) - set(TABLE[do].to):
        with pytest.raises(Refused) as caught:
            play.say(COMMANDS[do].model_construct(by=role))
        assert caught.value.code == "not_permitted", role
    assert play.life.events[-1].event == "order_opened"


def test_what_is_granted_reaches_the_own_regime_and_the_own_unit() -> None:
    def sees(role: Role, regime: str | None, unit: str | None = None, units: tuple[str | None, ...] = ()) -> bool:
        return reaches("see_order", role, regime=regime, unit=unit, of_regime="east", of_units=units)

    for role in CENTRE:
        assert sees(role, "east") and sees(role, None) and not sees(role, "west")
    for role in UNIT_ROLES:
        assert sees(role, "east", "water", ("housing", "water"))
        assert not sees(role, "east", "gas", ("housing", "water"))
        assert not sees(role, "west", "water", ("water",))
        assert not sees(role, "east", None, ("housing", None))
    for role in set(Role) - STAFF:
        assert not sees(role, None)


def test_an_act_that_is_not_in_the_table_is_nobodys() -> None:
    with pytest.raises(KeyError):
        require("open_the_safe", Role.ADMIN)
    assert relation("sign_in", Role.ADMIN) is None


def asked(person: str = "li") -> Play:
    """A return requested by a clerk."""
    play = Play("gaotai").signed()
    play.say(RequestReturn(by=Role.UNIT_CLERK, person=person, unit="housing", reason=REASON))
    return play


def decided(play: Play, **fields: str) -> dict[str, str]:
    """The result of a decision."""
    said = {"approval": "A1", "decision": "reject", "as": "dispatcher"} | fields
    (event, *_) = play.say(Decide.model_validate(said))
    return {"event": event.event, "reason": getattr(event, "reason", ""), "why": getattr(event, "explanation", "")}


@pytest.mark.parametrize("role", [*Role, "emperor", ""])
def test_a_stage_is_decided_by_those_whom_it_names(role: str) -> None:
    named = {"dispatcher", "supervisor", "hotline_director"}
    answer = decided(asked(), **{"as": role})
    assert (answer["event"], answer["reason"]) == (
        ("approval_decided", "") if role in named else ("signal_ignored", "not_permitted")
    )


def test_nobody_decides_what_they_asked_for_in_whatever_role() -> None:
    play = asked("li")
    assert decided(play, person="li") == {
        "event": "signal_ignored",
        "reason": "not_permitted",
        "why": "不能审批自己提出的申请",
    }
    assert play.order.approvals["A1"].status == "open"
    assert decided(play, person="wang")["event"] == "approval_decided"


def test_two_stages_at_one_desk_are_two_peoples() -> None:
    rules = REGIMES["gaotai"].model_dump(mode="json")
    rules["approvals"]["return"]["stages"] = [
        {"desk": "hotline", "by": "dispatcher"},
        {"desk": "hotline", "by": "hotline_director"},
    ]
    play = Play(Regime.model_validate(rules)).signed()
    play.say(RequestReturn(by=Role.UNIT_CLERK, person="li", unit="housing", reason=REASON))
    granted = {"decision": "approve", "as": "hotline_director"}
    assert decided(play, person="wang", **granted)["event"] == "approval_decided"
    again = decided(play, person="wang", **granted)
    assert (again["event"], again["reason"]) == ("signal_ignored", "not_permitted")
    assert decided(play, person="zhao", **granted)["event"] == "approval_decided"
    assert play.found("return_granted")


def test_where_nobody_is_known_nobody_is_held_to_be_the_same() -> None:
    assert decided(asked(""), person="")["event"] == "approval_decided"


def test_a_request_stays_its_askers_at_later_stages_and_when_it_is_asked_for_again() -> None:
    play = Play("huojia", source="city_platform", category="complaint", grade="normal").signed()
    play.do("submit_reply", person="li", **good_reply(play))
    play.say(Decide.model_validate({"approval": "review", "decision": "approve", "as": "reviewer", "person": "wang"}))
    city = play.order.open_approval(ApprovalKind.CITY_REVIEW)
    assert city is not None and city.asked_by == "li"
    (opened,) = play.found("approval_opened", kind="city_review")
    assert (opened["asked_by"], opened["person"]) == ("li", "wang")


def good_reply(play: Play) -> dict[str, object]:
    sections = dict.fromkeys(play.order.regime.replies.sections, REASON)
    signed = ("unit_clerk", "unit_section_head", "unit_deputy_leader", "unit_principal_leader")
    return {"sections": sections, "signed_by": signed, "attachments": ("F1", "F2")}


def test_every_kind_of_approval_is_settled() -> None:
    assert set(SETTLEMENTS) == set(ApprovalKind)
