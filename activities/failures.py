"""Errors that activities raise; none quotes a name, a telephone number or a text
(docs/architecture.md#what-is-stored-where)."""

from datetime import timedelta

from temporalio.exceptions import ApplicationError


def unknown_order(no: str) -> ApplicationError:
    """The order is not in the database; not retried."""
    return ApplicationError(f"order {no} is not in the database", type="UnknownOrder", non_retryable=True)


def not_recorded_yet(no: str, what: str) -> ApplicationError:
    """The event that caused the effect is not on the trail yet; retried, because the record follows soon."""
    return ApplicationError(f"order {no}: {what} is not on the trail yet", type="NotRecordedYet")


def city_busy(wait: timedelta) -> ApplicationError:
    """The city platform accepted nothing and gave a delay; retried after `wait`."""
    return ApplicationError("the city platform is busy", type="CityBusy", next_retry_delay=wait)
