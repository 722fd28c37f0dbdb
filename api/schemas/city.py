"""Answers about messages of the city platform."""

from datetime import datetime

from adapters.database.city.messages import CityMessageRow
from api.schemas.base import Shape


class CityTaken(Shape):
    """What became of a message of the city platform: `taken`, or `waiting` until it can be carried out."""

    message: str
    state: str
    no: str | None
    city_no: str | None


class CityMessageOut(Shape):
    """A message of the city platform; `code` and `reason` say why it was refused, or what it waits for.

    `no` is our number of the order, `via` `webhook` or `outbox`, `attempts` how often it was tried.
    `told`: the platform knows what became of it; `receipt_refused`: the answer with which it would not hear that.
    """

    id: str
    type: str
    via: str
    state: str
    regime: str | None
    no: str | None
    city_no: str | None
    code: str | None
    reason: str | None
    clause: str | None
    attempts: int
    told: bool
    receipt_refused: str | None
    received_at: datetime
    updated_at: datetime

    @classmethod
    def of(cls, row: CityMessageRow) -> "CityMessageOut":
        """From the stored message."""
        return cls.model_validate(row.model_dump() | {"no": row.order_no})


class CityMessageDetail(CityMessageOut):
    """One message with what it said."""

    body: str
