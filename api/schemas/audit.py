"""Answers about the installation's audit trail."""

from datetime import date, datetime
from typing import Any

from pydantic import computed_field

from adapters.audit.anchor_check import parse_anchor
from adapters.database.audit.anchors import Anchor
from api.schemas.base import Shape
from domain.access.act_chain import ActLink, fields_of
from domain.access.acts import NAMES, Deed
from domain.calendar.business_calendar import CST


class ActOut(Shape):
    """An act at its position in the chain. `person` is '' for one who was not known."""

    position: int
    at: datetime
    deed: str
    person: str
    role: str
    regime: str | None
    order_no: str | None
    about: str | None
    outcome: str
    code: str | None
    source: str | None
    request: str | None
    data: dict[str, Any]
    hash: str

    @computed_field  # type: ignore[prop-decorator]
    @property
    def deed_name(self) -> str:
        """The deed in Chinese."""
        return NAMES[Deed(self.deed)] if self.deed in set(Deed) else self.deed

    @classmethod
    def of(cls, link: ActLink) -> "ActOut":
        """From the chain."""
        chained = {"position": link.position, "at": link.at.astimezone(CST), "hash": link.hash}
        return cls.model_validate(fields_of(link.act) | chained)


class AnchoredActs(Shape):
    """`count` acts of the day; position and hash of the last until its end."""

    count: int
    last: int
    head: str


class AnchoredOrders(Shape):
    """How many orders' chains grew that day, and the Merkle root over their heads."""

    count: int
    root: str


class AnchorOut(Shape):
    """The anchor of a day. `body` is the text that is signed, behind `jiesu-anchor-1` and a line end."""

    day: date
    acts: AnchoredActs | None
    orders: AnchoredOrders | None
    previous: str | None
    body: str
    signature: str

    @classmethod
    def of(cls, anchor: Anchor) -> "AnchorOut":
        """From the stored anchor; without the fields of its text if that is unreadable."""
        said = parse_anchor(anchor) or {}
        parts = {name: said.get(name) for name in ("acts", "orders", "previous")}
        return cls.model_validate(anchor._asdict() | parts)
