"""Replies: the unit's answer and its requirements (HJ-10, HJ-11, DL-05, DL-10, RG-06, RG-14, RG-15, HK-07)."""

from collections.abc import Iterable

from domain.labels import label
from domain.order.clocks import LIMIT_CLOCKS, UNIT_CLOCKS
from domain.order.commands import SubmitReply
from domain.order.events import ReplySubmitted
from domain.order.lifecycle.approvals import request_approval
from domain.order.lifecycle.supervision import answer_open_supervisions
from domain.order.order import Order
from domain.order.turn import Turn, require_attachments, require_signatures
from domain.policy.rule_book import Replies
from domain.refusal import Code, Refused
from domain.words import ApprovalKind, ClockName, Mark, Part

_WORK_APPROVALS = frozenset(
    {ApprovalKind.EXTENSION, ApprovalKind.SUSPENSION, ApprovalKind.RETURN, ApprovalKind.REDISPATCH}
)


def submit_reply(turn: Turn, command: SubmitReply) -> None:
    """Check the reply against the rule book; a lead's goes to review, an assistant's to the lead (RG-17)."""
    assignment = turn.handling(command.unit)
    rule = turn.order.regime.replies
    _check_sections(command, rule)
    for signatures in rule.signed_by:
        if turn.order.fits(signatures.when):
            require_signatures(signatures.roles, command.signed_by, command.by, signatures.clause or rule.clause)
            break
    require_attachments(command.attachments, rule.attachments.at_least, rule.attachments.clause or rule.clause)
    if command.final:
        _check_final(turn.order, command, rule)
    turn.emit(
        ReplySubmitted(
            unit=assignment.unit,
            part=assignment.part,
            sections=command.sections,
            resolution=command.resolution,
            facts_hold=command.facts_hold,
            citizen_satisfied=command.citizen_satisfied,
            signed_by=command.signed_by,
            attachments=command.attachments,
            final=command.final,
            round=turn.order.reworks,
        )
    )
    answer_open_supervisions(turn, assignment.unit)
    if assignment.part is Part.LEAD:
        request_approval(turn, ApprovalKind.REVIEW, assignment.unit)


def _named(sections: Iterable[str]) -> str:
    """Sections of a reply by label and by name; a county's own have no label."""
    called = ((name, label(name, "section")) for name in sections)
    return "、".join(name if shown == name else f"{shown} {name}" for name, shown in called)


def _check_sections(command: SubmitReply, rule: Replies) -> None:
    missing = [name for name in rule.sections if name not in command.sections or command.sections[name].length == 0]
    if missing:
        raise Refused(Code.MISSING_SECTION, f"答复缺少：{_named(missing)}", rule.clause)
    if rule.vague.phrases and (vague := [n for n, text in command.sections.items() if text.vague]):
        raise Refused(
            Code.VAGUE_REPLY,
            f"答复过于笼统（{_named(vague)}），请写明具体过程和结果",
            rule.vague.clause,
        )
    if rule.duplicates.refused:
        copied = {text.duplicate_of for text in command.sections.values()}
        if command.sections and None not in copied:
            named = "、".join(sorted(no for no in copied if no))
            where = f"工单 {named} " if named else "另一件工单"
            raise Refused(Code.DUPLICATE_REPLY, f"与{where}的答复内容相同", rule.duplicates.clause)


def _check_final(order: Order, command: SubmitReply, rule: Replies) -> None:
    """Require for a final reply a dissatisfied citizen before it, or a finding that the demand is unreasonable."""
    grounded = order.reworks > 0 or Mark.REPEATED in order.marks or command.resolution == "unreasonable"
    if not grounded:
        raise Refused(Code.NOT_ALLOWED, "未经回访不满意的工单不能作最终答复", rule.final.clause)
    require_attachments(command.attachments, rule.final.attachments, rule.final.clause)


def reply_submitted(order: Order, event: ReplySubmitted) -> Order:
    """Hold the limit, or the date that replaces it: it runs on if the reply is sent back. Meet the milestones."""
    lead = event.part is Part.LEAD
    order = order.with_assignment(event.unit, status="replied" if lead else "accepted")
    order = order.with_voided(unit=event.unit, kinds=_WORK_APPROVALS)
    limits = LIMIT_CLOCKS | {ClockName.PROGRESS} if order.assignments[event.unit].unclosed else LIMIT_CLOCKS
    order = order.with_clocks_stopped(
        "held" if lead else "met", unit=event.unit, names=limits, only=frozenset({"running"})
    )
    others = (UNIT_CLOCKS - limits) | {ClockName.SIGN_OFF}
    order = order.with_clocks_stopped("met", unit=event.unit, names=others)
    if not lead:
        return order
    return order.but(final_reply=event.final or order.final_reply).with_facts(resolution=event.resolution)
