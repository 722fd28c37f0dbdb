"""Failures that activities raise themselves; none quotes a name, a number or a text (design §5)."""

from datetime import timedelta

from temporalio.exceptions import ApplicationError


def unknown_order(no: str) -> ApplicationError:
    """The order was never taken in; trying again is of no use."""
    return ApplicationError(f"order {no} is not in the database", type="UnknownOrder", non_retryable=True)


def not_recorded_yet(no: str, what: str) -> ApplicationError:
    """The trail does not hold yet what caused the effect; the record is on its way, so try again soon."""
    return ApplicationError(f"order {no}: {what} is not on the trail yet", type="NotRecordedYet")


def city_busy(wait: timedelta) -> ApplicationError:
    """The city platform took nothing and has said when to come back."""
    return ApplicationError("the city platform is busy", type="CityBusy", next_retry_delay=wait)
