"""Stored values of an order: the demand as taken in, its citizen, texts, rule book and counts."""

from datetime import datetime
from typing import Any, NamedTuple

from pydantic import AwareDatetime

from domain.words import Frozen


class Answer(Frozen):
    """A question and what was answered; of a list, what people read of each choice."""

    code: str
    question: str
    answers: tuple[str, ...]


class StoredCitizen(Frozen):
    """The citizen of a demand; every field may be unknown. `account` and `device` are of the application it came by."""

    name: str | None = None
    phone: str | None = None
    address: str | None = None
    email: str | None = None
    account: str | None = None
    device: str | None = None


class NewOrder(Frozen):
    """A demand as taken in. `realm` is '' for real orders; a rehearsal has one of its own. `complained_of` is a unit.

    `location`, `lat` and `long` (degrees, WGS 84) are the place of the matter. `service_code`, `answers`, `media_url`,
    `address_id` and `listed` are of orders that came through the public interface. `taken_by` is who took it in.
    """

    no: str
    realm: str = ""
    regime: str
    policy_hash: str
    source: str
    category: str
    grade: str
    marks: tuple[str, ...] = ()
    area: str | None = None
    matter: str | None = None
    required_by: AwareDatetime | None = None
    city_no: str | None = None
    title: str
    content: str
    citizen: StoredCitizen = StoredCitizen()
    location: str | None = None
    address_id: str | None = None
    lat: float | None = None
    long: float | None = None
    media_url: str | None = None
    service_code: str | None = None
    answers: tuple[Answer, ...] = ()
    listed: bool = False
    confidential: bool = False
    complained_of: str | None = None
    taken_by: str | None = None


class StoredOrder(NewOrder):
    """An order as it is stored. `city_ref`: the city platform's number of it, where the platform gave one later."""

    city_ref: str | None = None
    workflow_started: bool
    created_at: AwareDatetime


class StoredText(NamedTuple):
    """A text in clear; `kind` is the command it came with, `field` its place there."""

    id: str
    kind: str
    field: str
    text: str
    created_at: datetime


class StoredRuleBook(NamedTuple):
    """The rules of a regime; `hash` is that of their content."""

    hash: str
    regime: str
    data: dict[str, Any]


class OverdueCount(Frozen):
    """Overdue orders of a unit (HJ-18): `in_a_row` up to its latest one, `in_total` in the calendar year of China."""

    in_a_row: int
    in_total: int
