"""Inputs and answers of the workflows: small, serialisable, able to grow by fields with defaults.

None has a name, a telephone number, an address or free text (docs/architecture.md#what-is-stored-where).
"""

from datetime import datetime, timedelta
from typing import Any

from pydantic import ConfigDict, Field

from domain.order.effects import Effect
from domain.order.order import Order
from domain.words import Frozen, Stage

HEAD_START = timedelta(seconds=10)
"""A rehearsed step begins this much before its moment, which the order's clock shows from then on: a step exactly at a
limit is in time, and a slow machine must not make it late."""


class WorkOrderInput(Frozen):
    """The input of an order's workflow, at its start and from one run to the next.

    `order` before its first event, or as the run before left it. `clock_offset` moves the order's own clock
    against the server's; zero for real orders. `held_moments` are the moments of a rehearsal's steps, empty for real
    orders: for `HEAD_START` before each the clock shows it already. The rest is carried over by continue-as-new only:
    `outbox` are events (JSON objects) not yet on the audit trail, `effects` those not yet performed,
    `recent_requests` the sequence number that each recent request reached, by request id, `used_nonces` the expiry of
    each proof that was given with a signal, by nonce.
    """

    # Histories of open orders hold these names.
    model_config = ConfigDict(populate_by_name=True, serialize_by_alias=True)

    order: Order
    clock_offset: timedelta = timedelta(0)
    held_moments: tuple[datetime, ...] = Field(default=(), alias="stands")
    opened_by: str = "agent"
    opened_by_person: str = ""
    outbox: tuple[dict[str, Any], ...] = ()
    effects: tuple[Effect, ...] = ()
    recent_requests: dict[str, int] = Field(default={}, alias="handled")
    used_nonces: dict[str, int] = Field(default={}, alias="spent")


class Accepted(Frozen):
    """The answer to a command that was carried out: the last event's number, the events' names, the stage."""

    no: str
    seq: int
    events: tuple[str, ...]
    stage: Stage
    at: str


class Refusal(Frozen):
    """The answer to a refused command: the one detail of the `ApplicationError`, whose type is `code`.

    `at` is the order's own clock in ISO form, for the audit trail.
    """

    code: str
    reason: str
    clause: str | None = None
    at: str


class OrderSnapshot(Frozen):
    """The answer to the query `snapshot`: the whole state, the order's clock, the next alarm, unfinished work."""

    order: Order
    at: str
    next_alarm_at: str | None
    next_alarm: str | None
    unrecorded: int
    effects: tuple[str, ...]
