"""The fingerprint of a workflow history: the workflow's requests to the server, independent of time and batching.

Two runs of the same scenario have the same fingerprint as long as the workflow's code makes the same requests in the
same order, on which replay depends.
"""

from collections.abc import Iterable
from itertools import groupby

from temporalio.api.history.v1 import HistoryEvent


def fingerprint(events: Iterable[HistoryEvent]) -> list[str]:
    """Accepted updates, received signals, scheduled activities and timers, in order, each by its name.

    Activities scheduled together are sorted by name, because their order has no meaning.
    """
    told: list[str] = []
    for event in events:
        summary = event.user_metadata.summary.data.decode().strip('"')
        match event.WhichOneof("attributes"):
            case "workflow_execution_update_accepted_event_attributes":
                accepted = event.workflow_execution_update_accepted_event_attributes
                told.append(f"update {accepted.accepted_request.input.name}")
            case "workflow_execution_signaled_event_attributes":
                told.append(f"signal {event.workflow_execution_signaled_event_attributes.signal_name}")
            case "activity_task_scheduled_event_attributes":
                scheduled = event.activity_task_scheduled_event_attributes
                told.append(f"activity {scheduled.activity_type.name} {summary}")
            case "timer_started_event_attributes":
                told.append(f"timer {'｜'.join(summary.split('｜')[:2])}")
            case "workflow_execution_completed_event_attributes":
                told.append("completed")
    in_order: list[str] = []
    for beside, group in groupby(told, key=lambda line: line.startswith("activity ")):
        lines = list(group)
        in_order += sorted(lines) if beside else lines
    return in_order
