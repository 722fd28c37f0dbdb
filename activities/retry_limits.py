"""How long each activity may take, how often it is tried, and which errors end the tries at once.

The workflow starts activities with these; their docstrings say why an attempt may be repeated.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import TypedDict

from temporalio.common import RetryPolicy


class Options(TypedDict):
    """What starting an activity is told of its limits."""

    start_to_close_timeout: timedelta
    schedule_to_close_timeout: timedelta
    retry_policy: RetryPolicy


@dataclass(frozen=True)
class ActivityLimits:
    """`start_to_close` bounds one attempt, `schedule_to_close` all of them with the pauses between.

    An attempt without a sign of life for `heartbeat` is lost, where the activity gives such signs.
    """

    start_to_close: timedelta
    schedule_to_close: timedelta
    retry: RetryPolicy
    heartbeat: timedelta | None = None

    @property
    def options(self) -> Options:
        """The same by the names that starting any activity takes them; local ones have no heartbeat."""
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
"""Work in the database that may be repeated."""

_MESSAGE = ActivityLimits(
    # A few contacts, one after the other, at 30 s each.
    start_to_close=_seconds(120),
    # Waiting behind a storm of other notices counts here too.
    schedule_to_close=timedelta(hours=2),
    retry=RetryPolicy(
        # Long enough for the provider's list to show what the attempt before sent.
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
        # Hundreds of megabytes of evidence come from the store and go back into it.
        start_to_close=timedelta(minutes=10),
        schedule_to_close=timedelta(hours=24),
        retry=RetryPolicy(
            maximum_interval=timedelta(minutes=10),
            non_retryable_error_types=["NotABundle"],
        ),
        heartbeat=_seconds(30),
    ),
}
"""By the name of the activity, which is the `kind` of its effect. Error types are names of exception classes of the
adapters; what activities raise themselves (`activities.failures`) says for itself whether it may be repeated."""
