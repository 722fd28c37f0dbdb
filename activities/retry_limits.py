"""Timeouts and retry policies of the activities, and the errors that end the tries at once.

The docstrings of the activities say why an attempt may be repeated.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class Options(TypedDict):
    """Timeouts and retry policy, as parameters of a Temporal activity call."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


@dataclass(frozen=True)
class ActivityLimits:
    """`start_to_close` bounds one attempt, `schedule_to_close` all of them with the pauses between.

    `heartbeat`: an attempt without a heartbeat for so long is lost; None for activities without heartbeats.
    """

    start_to_close: timedelta
    schedule_to_close: timedelta
    retry: RetryPolicy
    heartbeat: timedelta | None = None

    @property
    def options(self) -> Options:
        """Parameters that every activity call takes; local activities have no heartbeat."""
        return {
            "start_to_close_timeout": self.start_to_close,
            "schedule_to_close_timeout": self.schedule_to_close,
            "retry_policy": self.retry,
        }


def _seconds(value: float) -> timedelta:
    return timedelta(seconds=value)


_SHORT_WORK = ActivityLimits(
    start_to_close=_seconds(10),
    schedule_to_close=timedelta(hours=1),
    retry=RetryPolicy(maximum_interval=timedelta(minutes=1), maximum_attempts=20),
)
"""Database work that may be repeated."""

_MESSAGE = ActivityLimits(
    # A few contacts, one after the other, at 30 s each.
    start_to_close=_seconds(120),
    # Includes the wait behind a burst of other notices.
    schedule_to_close=timedelta(hours=2),
    retry=RetryPolicy(
        # Long enough for the provider's list to show the message of the attempt before.
        initial_interval=_seconds(5),
        maximum_interval=timedelta(minutes=2),
        maximum_attempts=10,
    ),
    heartbeat=_seconds(10),
)
"""A text or a call."""

LIMITS: dict[str, ActivityLimits] = {
    "record": ActivityLimits(
        start_to_close=_seconds(10),
        schedule_to_close=_seconds(60),
        retry=RetryPolicy(
            initial_interval=_seconds(0.2),
            maximum_interval=_seconds(10),
            non_retryable_error_types=["GapInTrail", "TrailConflict"],
        ),
    ),
    "vouch": ActivityLimits(
        start_to_close=_seconds(5),
        schedule_to_close=_seconds(30),
        retry=RetryPolicy(initial_interval=_seconds(0.2), maximum_interval=_seconds(5)),
    ),
    "notify": _MESSAGE,
    "call_citizen": _MESSAGE,
    "call_back": _SHORT_WORK,
    "call_task": _SHORT_WORK,
    "city_platform": ActivityLimits(
        start_to_close=_seconds(30),
        schedule_to_close=timedelta(hours=24),
        retry=RetryPolicy(
            maximum_interval=timedelta(minutes=10),
            non_retryable_error_types=["CityRefused"],
        ),
    ),
    "tally": _SHORT_WORK,
    "archive": ActivityLimits(
        # Hundreds of megabytes of evidence are read from the object store and written back.
        start_to_close=timedelta(minutes=10),
        schedule_to_close=timedelta(hours=24),
        retry=RetryPolicy(
            maximum_interval=timedelta(minutes=10),
            non_retryable_error_types=["NotABundle"],
        ),
        heartbeat=_seconds(30),
    ),
}
"""Limits by activity name, which is the `kind` of the effect. Error types are names of exception classes of adapters;
errors that activities raise themselves (`activities.failures`) carry their own retry flag."""
