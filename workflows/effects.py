"""Performing effects: which activity does what, for how long it is tried, and what is reported back."""

from datetime import timedelta

from temporalio import workflow
from temporalio.exceptions import ActivityError, ApplicationError

from activities.archive import Archive
from activities.call_back import CallBack
from activities.city_platform import CityPlatform
from activities.limits import LIMITS
from activities.notify import Notify
from activities.record import Record
from activities.tally import Tally
from domain.commands import Internal, ReportArchived, ReportNotice, ReportTally
from domain.effects import Effect
from domain.labels import label
from domain.view import RecordBatch
from workflows.details import brief

RETRY_AFTER = timedelta(hours=1)
"""When an effect that used up its tries is taken up again: nothing promised to the outside is dropped."""

RETRY_RECORD_AFTER = timedelta(minutes=1)
"""When a record that could not be written is tried again; commands and alarms go on meanwhile."""


async def record(batch: RecordBatch) -> None:
    """Put events on the audit trail. Raises FailureError when the tries are used up; the caller keeps them."""
    limits = LIMITS["record"].options
    await workflow.execute_local_activity_method(
        Record.record,
        batch,
        summary=f"写入台账：{len(batch.events)} 件事项",
        **limits,
    )


async def perform(effect: Effect) -> Internal | None:
    """Do one effect; what it reports, if anything.

    A notice that cannot be delivered is reported as failed. Every other failure is a FailureError for the
    caller to try again later: an ActivityError, or of a local activity what it raised itself, which would end
    the order for good if it were let through.
    """
    limits = LIMITS[effect.kind].options
    match effect.kind:
        case "notify":
            try:
                outcome = await workflow.execute_activity_method(
                    Notify.notify,
                    effect,
                    summary=f"{label(effect.template or '', 'template')} → {label(effect.to_role or '')}",
                    **limits,
                )
            except ActivityError as failure:
                return ReportNotice(notice=effect.notice or "", sent=False, reason=_reason(failure))
            return ReportNotice(notice=effect.notice or "", sent=outcome.sent, reason=outcome.reason)
        case "archive":
            archived = await workflow.execute_activity_method(
                Archive.archive,
                effect,
                summary="归档",
                **limits,
            )
            return ReportArchived(bundle=archived.bundle, sha256=archived.sha256)
        case "city_platform":
            await workflow.execute_activity_method(
                CityPlatform.city_platform,
                effect,
                summary=f"报市平台：{effect.what}",
                **limits,
            )
        case "call_back":
            await workflow.execute_local_activity_method(
                CallBack.call_back,
                effect,
                summary="列入回访",
                **limits,
            )
        case "tally":
            count = await workflow.execute_local_activity_method(
                Tally.tally,
                effect,
                summary=brief(f"统计逾期：{effect.unit}"),
                **limits,
            )
            return ReportTally(unit=effect.unit or "", in_a_row=count.in_a_row, in_total=count.in_total)
    return None


def _reason(failure: ActivityError) -> str:
    """A code for why an activity failed, never the provider's words, which may hold a telephone number."""
    cause = failure.cause
    return (cause.type or "failed") if isinstance(cause, ApplicationError) else "no_answer"
