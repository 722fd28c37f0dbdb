"""Performing effects: the activity of each kind, its limits, and its report."""

from datetime import timedelta
from typing import Any

from temporalio import workflow
from temporalio.common import Priority
from temporalio.exceptions import ActivityError, ApplicationError, FailureError, RetryState

from activities.archive import Archive
from activities.call_back import CallBack
from activities.call_citizen import CallCitizen
from activities.city_platform import CityPlatform
from activities.notify import Notify
from activities.proof_signature import VerifyProof
from activities.record import Record
from activities.retry_limits import LIMITS
from activities.tally import Tally
from domain.access.signal_proof import VerifiedProof
from domain.labels import label
from domain.order.effects import (
    ArchiveEffect,
    CallBackEffect,
    CallCitizenEffect,
    CallTaskEffect,
    CityPlatformEffect,
    Effect,
    NotifyEffect,
    TallyEffect,
)
from domain.order.internal_commands import Internal, ReportArchived, ReportCall, ReportNotice, ReportTally
from domain.order.read_model import RecordBatch
from domain.words import Role
from workflows.ids import messages_queue
from workflows.ui_texts import brief

RETRY_AFTER = timedelta(hours=1)
"""The wait before an effect that used up its tries is tried again: no effect is dropped."""

RETRY_RECORD_AFTER = timedelta(minutes=1)
"""The wait before a failed record is tried again; commands and alarms go on meanwhile."""

FIRST, USUAL = 2, 3
"""Priorities of activities on one task queue; the lower is dispatched first."""


async def record(batch: RecordBatch) -> None:
    """Record events on the audit trail. Raises FailureError when the tries are used up; the caller keeps the events."""
    limits = LIMITS["record"].options
    await workflow.execute_local_activity_method(
        Record.record,
        batch,
        summary=f"写入台账：{len(batch.events)} 件事项",
        **limits,
    )


async def verify_proof(proof: str | None) -> VerifiedProof:
    """Verify a proof; one that cannot be verified counts as forged."""
    try:
        return await workflow.execute_local_activity_method(
            VerifyProof.verify,
            proof,
            summary="核验信号凭证",
            **LIMITS["vouch"].options,
        )
    except FailureError:
        return VerifiedProof(standing="forged")


async def perform(effect: Effect, within: timedelta | None = None) -> Internal | timedelta | None:
    """Perform one effect; returns its report, if any, or the wait before it is to be performed again.

    Notices and calls are tried for `within` at most: a notice is then to be performed again, a call is reported as
    not made, without fault of the number.

    A notice or call that cannot be delivered is reported as failed. Every other failure is a FailureError, which the
    caller must catch and retry: an ActivityError, or the error of a local activity, which would fail the workflow.
    """
    limits = LIMITS[effect.kind].options
    match effect:
        case NotifyEffect():
            return await _notify(effect, within)
        case CallCitizenEffect():
            return await _call_citizen(effect, within)
        case ArchiveEffect():
            archived = await workflow.execute_activity_method(
                Archive.archive,
                effect,
                summary="归档",
                heartbeat_timeout=LIMITS["archive"].heartbeat,
                **limits,
            )
            return ReportArchived(bundle=archived.bundle, sha256=archived.sha256)
        case CityPlatformEffect():
            await workflow.execute_activity_method(
                CityPlatform.city_platform,
                effect,
                summary=f"报市平台：{effect.what}",
                **limits,
            )
        case CallBackEffect():
            await workflow.execute_local_activity_method(
                CallBack.call_back, effect, summary=label(effect.kind, "effect"), **limits
            )
        case CallTaskEffect():
            await workflow.execute_local_activity_method(
                CallBack.call_task, effect, summary=label(effect.kind, "effect"), **limits
            )
        case TallyEffect():
            count = await workflow.execute_local_activity_method(
                Tally.tally,
                effect,
                summary=brief(f"统计逾期：{effect.unit}"),
                **limits,
            )
            return ReportTally(unit=effect.unit, in_a_row=count.in_a_row, in_total=count.in_total)
    return None


async def _notify(effect: NotifyEffect, within: timedelta | None) -> Internal | timedelta:
    began = workflow.now()
    try:
        outcome = await workflow.execute_activity_method(
            Notify.notify,
            effect,
            summary=f"{label(effect.template, 'template')} → {label(effect.to_role)}",
            **_on_the_line(effect, within),
        )
    except ActivityError as failure:
        timed_out = failure.retry_state is RetryState.TIMEOUT
        if timed_out and within is not None and within < LIMITS["notify"].schedule_to_close:
            return max(began + within - workflow.now(), timedelta(0))
        return ReportNotice(notice=effect.notice, sent=False, reason=_reason(failure))
    if outcome.again_in is not None:
        return timedelta(seconds=outcome.again_in)
    return ReportNotice(notice=effect.notice, sent=outcome.sent, reason=outcome.reason)


async def _call_citizen(effect: CallCitizenEffect, within: timedelta | None) -> Internal | None:
    about = {"party": effect.party, "round": effect.round, "attempt": effect.attempt}
    try:
        outcome = await workflow.execute_activity_method(
            CallCitizen.call_citizen,
            effect,
            summary=label(effect.kind, "effect"),
            **_on_the_line(effect, within),
        )
    except ActivityError as failure:
        hopeless = failure.retry_state is RetryState.NON_RETRYABLE_FAILURE
        return ReportCall(**about, reason=_reason(failure), faultless=not hopeless)
    return None if outcome.placed else ReportCall(**about, reason=outcome.reason)


def _on_the_line(effect: NotifyEffect | CallCitizenEffect, within: timedelta | None) -> dict[str, Any]:
    """Limits, queue and priority of notices and calls: citizens do not wait behind a storm of notices (NA-07)."""
    to_citizen = isinstance(effect, CallCitizenEffect) or effect.to_role is Role.CITIZEN
    priority = Priority(priority_key=FIRST if to_citizen else USUAL)
    queue = messages_queue(workflow.info().task_queue)
    limits = LIMITS[effect.kind]
    options = limits.options
    if within is not None:
        options["schedule_to_close_timeout"] = min(options["schedule_to_close_timeout"], within)
    return {**options, "heartbeat_timeout": limits.heartbeat, "task_queue": queue, "priority": priority}


def _reason(failure: ActivityError) -> str:
    """The code of an activity's failure, never the provider's words, which may contain a telephone number."""
    cause = failure.cause
    return (cause.type or "failed") if isinstance(cause, ApplicationError) else "no_answer"
