"""The decider: pure functions from state, command and moment to events and the next state.

The workflow and the tests call `decide` and `evolve`; `initial` makes the order that the first command opens.
`DECISIONS` and `EVOLVERS` name the function of each command and each event.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any, Final

from domain.calendar.business_calendar import CalendarDays
from domain.order import clocks, notices
from domain.order import commands as c
from domain.order import events as e
from domain.order import internal_commands as i
from domain.order.agenda import Alarm, agenda, next_alarm
from domain.order.lifecycle import (
    appeals,
    approval_decisions,
    approvals,
    callbacks,
    closing,
    deliveries,
    dispatch,
    extensions,
    handling,
    intake,
    ladder,
    merging,
    replies,
    returns,
    reviews,
    rework,
    rule_changes,
    sign_off,
    supervision,
    suspension,
    unclosed,
)
from domain.order.order import Order
from domain.order.parts import Clock
from domain.order.reactions import react
from domain.order.turn import Turn
from domain.permissions import require
from domain.policy.rule_book import Regime
from domain.refusal import Code, Refused
from domain.words import Category, ClockName, Mark, Role

MOST_CONSEQUENCES = 500
"""Events of one turn; with more, the reactions of the rule book are taken for an endless loop."""


def initial(
    no: str,
    regime_id: str,
    regime: Regime,
    calendar: CalendarDays,
    *,
    category: Category,
    grade: str | None = None,
    source: str = "phone",
    marks: frozenset[Mark] = frozenset(),
    required_by: datetime | None = None,
    policy_hash: str | None = None,
) -> Order:
    """The order before its first event. Raises Refused(invalid) for a grade unknown to the regime."""
    grade = grade or regime.default_grade
    if grade not in regime.grades:
        raise Refused(Code.INVALID, f"等级 {grade} 不在本地规定之列：{'、'.join(regime.grades)}")
    return Order(
        no=no,
        regime_id=regime_id,
        regime=regime.for_order(),
        calendar=calendar,
        policy_hash=policy_hash or regime.digest(),
        category=category,
        grade=grade,
        source=source,
        marks=marks,
        required_by=required_by,
    )


def decide(order: Order, command: c.Command | c.Decide | i.Internal, now: datetime) -> list[e.Event]:
    """The events that follow from a command at a moment, numbered and stamped; empty when nothing changes.

    Raises Refused, and nothing else, when a `Command` may not be carried out.
    """
    turn = Turn(order, now, *_actor(command), evolve)
    if isinstance(command, c.Command):
        require(command.do, command.by)
    DECISIONS[type(command)](turn, command)
    turn.actor, turn.person = Role.SYSTEM, ""
    for event in turn.events:  # grows during the loop: reactions have reactions
        react(turn, event)
        if len(turn.events) > MOST_CONSEQUENCES:
            raise Refused(Code.INVALID, "规则之间循环触发，请检查 policies.yaml 的 reactions")
    return turn.events


def _actor(command: c.Command | c.Decide | i.Internal) -> tuple[Role, str]:
    match command:
        case c.Command() | i.OpenOrder():
            return command.by, command.person
        case c.Decide():
            known = command.by in Role._value2member_map_
            return (Role(command.by) if known else Role.SYSTEM), command.person
        case i.Ring():
            return Role.CLOCK, ""
        case i.AdoptPolicy():
            return Role.ADMIN, command.person
        case _:
            return Role.SYSTEM, ""


def evolve(order: Order, event: e.Event) -> Order:
    """The order after the event."""
    return EVOLVERS[type(event)](order, event).but(seq=event.seq)


def unchanged(order: Order, event: e.Event) -> Order:
    """The order, after an event that changes nothing but the count."""
    return order


def ring(turn: Turn, command: i.Ring) -> None:
    """Act on an alarm that is still on the agenda and due."""
    for alarm in agenda(turn.order):
        if (alarm.clock, alarm.what) == (command.clock, command.what) and alarm.at <= turn.now:
            _act(turn, turn.order.clocks[alarm.clock], alarm)
            return


def _act(turn: Turn, clock: Clock, alarm: Alarm) -> None:
    if alarm.what == "warn":
        handling.warn(turn, clock)
    else:
        ALARMS[clock.name](turn, clock)


def catch_up(order: Order, now: datetime) -> list[e.Event]:
    """The events of every alarm due by now, earliest first.

    Alarms missed during an outage ring once each, late (docs/architecture.md#time).
    """
    events: list[e.Event] = []
    while (alarm := next_alarm(order)) is not None and alarm.at <= now:
        rung = decide(order, i.Ring(clock=alarm.clock, what=alarm.what), now)
        order = replay(order, rung)
        events += rung
    return events


def replay(order: Order, events: list[e.Event]) -> Order:
    """The order after these events."""
    for event in events:
        order = evolve(order, event)
    return order


DECISIONS: Final[Mapping[type, Callable[[Turn, Any], None]]] = {
    i.OpenOrder: intake.open_order,
    c.AnswerAtIntake: intake.answer_at_intake,
    c.TransferOut: intake.transfer_out,
    c.AcknowledgeTransfer: intake.acknowledge_transfer,
    c.Dispatch: dispatch.dispatch,
    c.Merge: merging.merge,
    c.Join: merging.join,
    c.Sign: sign_off.sign,
    c.ArriveOnSite: handling.arrive_on_site,
    c.RequestReturn: returns.request_return,
    c.RequestExtension: extensions.request_extension,
    c.ReportProgress: handling.report_progress,
    c.RecordVisit: handling.record_visit,
    c.SubmitReply: replies.submit_reply,
    c.RecordCallback: callbacks.record_callback,
    c.Urge: supervision.urge,
    c.OpenSupervision: supervision.open_supervision,
    c.AnswerSupervision: supervision.answer_supervision,
    c.RequestSuspension: suspension.request_suspension,
    c.RequestStrikeOff: suspension.request_strike_off,
    c.ListUnclosed: unclosed.list_unclosed,
    c.Appeal: appeals.appeal,
    c.RequestTermination: closing.request_termination,
    c.Withdraw: closing.withdraw,
    c.Decide: approval_decisions.decide,
    i.IgnoreSignal: approval_decisions.ignore,
    i.Ring: ring,
    i.ReportNotice: deliveries.report_notice,
    i.ReportUndelivered: deliveries.report_undelivered,
    i.ReportCall: deliveries.report_call,
    i.ReportArchived: closing.report_archived,
    i.ReportTally: supervision.report_tally,
    i.AdoptPolicy: rule_changes.adopt_policy,
    i.AdoptCalendar: rule_changes.adopt_calendar,
}
"""The function that carries out a command, by its class."""

EVOLVERS: Final[Mapping[type[e.Event], Callable[[Order, Any], Order]]] = {
    e.OrderOpened: intake.order_opened,
    e.AnsweredAtIntake: unchanged,
    e.TransferredOut: intake.transferred_out,
    e.TransferAcknowledged: intake.transfer_acknowledged,
    e.OrderMerged: unchanged,
    e.OrderJoined: merging.order_joined,
    e.OrderDispatched: dispatch.order_dispatched,
    e.DeadlineSet: clocks.deadline_set,
    e.LightChanged: handling.light_changed,
    e.HandlingOverdue: handling.handling_overdue,
    e.MilestoneMissed: handling.milestone_clock_missed,
    e.NoticeIssued: notices.notice_issued,
    e.NoticeSent: unchanged,
    e.NoticeFailed: unchanged,
    e.NoticeUndelivered: deliveries.notice_undelivered,
    e.OrderSigned: sign_off.order_signed,
    e.SignOffMissed: sign_off.sign_off_clock_missed,
    e.ArrivedOnSite: handling.arrived_on_site,
    e.ProgressReported: handling.progress_reported,
    e.VisitRecorded: unchanged,
    e.UnclosedListed: unclosed.unclosed_listed,
    e.ReplySubmitted: replies.reply_submitted,
    e.ReplySentBack: reviews.reply_sent_back,
    e.ReplyAccepted: reviews.reply_accepted,
    e.SentToCity: unchanged,
    e.ApprovalOpened: approvals.approval_opened,
    e.ApprovalDecided: approvals.approval_decided,
    e.ApprovalLapsed: approvals.approval_lapsed,
    e.SignalIgnored: unchanged,
    e.ReturnGranted: returns.return_granted,
    e.ReturnRefused: returns.return_refused,
    e.ReturnBarred: returns.return_barred,
    e.ExtensionGranted: extensions.extension_granted,
    e.ExtensionRefused: unchanged,
    e.Suspended: suspension.suspended,
    e.SuspensionReviewDue: suspension.suspension_review_due,
    e.StruckOff: suspension.struck_off,
    e.AppealGranted: unchanged,
    e.AppealRefused: unchanged,
    e.PanelOpened: unchanged,
    e.PanelDecided: rework.panel_decided,
    e.CallbackDue: reviews.callback_due,
    e.CallbackAsked: ladder.callback_asked,
    e.CallbackUnanswered: ladder.callback_unanswered,
    e.CallbackRecorded: callbacks.callback_recorded,
    e.ReworkOpened: rework.rework_opened,
    e.OrderTerminated: unchanged,
    e.OrderWithdrawn: unchanged,
    e.OrderClosed: closing.order_closed,
    e.OrderArchived: closing.order_archived,
    e.OrderUrged: supervision.order_urged,
    e.SupervisionOpened: supervision.supervision_opened,
    e.SupervisionAnswered: supervision.supervision_answered,
    e.Escalated: unchanged,
    e.AccountabilityRecorded: unchanged,
    e.TallyAsked: unchanged,
    e.PolicyAdopted: rule_changes.policy_adopted,
    e.CalendarAdopted: rule_changes.calendar_adopted,
}
"""The function that applies an event to the order, by its class."""

ALARMS: Final[Mapping[ClockName, Callable[[Turn, Clock], None]]] = {
    ClockName.SIGN_OFF: sign_off.sign_off_missed,
    ClockName.HANDLING: handling.limit_passed,
    ClockName.REWORK: handling.limit_passed,
    ClockName.RESULT: handling.milestone_missed,
    ClockName.FIRST_OPINION: handling.milestone_missed,
    ClockName.PROGRESS: handling.milestone_missed,
    ClockName.ON_SITE: handling.milestone_missed,
    ClockName.APPROVAL: approvals.lapsed,
    ClockName.SUPERVISION: supervision.unanswered,
    ClockName.SUSPENSION_REVIEW: suspension.review_due,
    ClockName.CALLBACK: ladder.unanswered,
    ClockName.ACKNOWLEDGEMENT: handling.milestone_missed,
}
"""The function that acts when a clock of this name has run out."""
