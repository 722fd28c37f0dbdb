"""Queries of the public interface about orders that came through it (Open311 GeoReport v2).

A confidential order is never returned; one that is not `listed` is returned by its number only.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict
from sqlalchemy import Row, Select, func, literal_column, select
from sqlalchemy.dialects.postgresql import JSONPATH
from sqlmodel import col

from adapters.database.engine import Database
from adapters.database.tables import AuditEntry, OrderViewRow, WorkOrder
from domain.words import Stage

ENDED = (Stage.CLOSED.value, Stage.ARCHIVED.value)
_RUNNING = '$.deadlines[*] ? (@.status == "running" && (@.clock == "handling" || @.clock == "rework")).due_at'


class PublicOrder(BaseModel):
    """An order with the columns of the public interface; `expected_at` is the latest running limit."""

    model_config = ConfigDict(frozen=True)

    no: str
    service_code: str
    listed: bool
    stage: str
    outcome: str | None
    units: tuple[str, ...]
    content: str
    location: str | None
    address_id: str | None
    lat: float | None
    long: float | None
    media_url: str | None
    citizen_name: str | None
    created_at: AwareDatetime
    updated_at: AwareDatetime
    expected_at: AwareDatetime | None


class PublicRequests:
    """Reads public orders; never those of a rehearsal."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def of_numbers(self, regime: str, numbers: Collection[str]) -> list[PublicOrder]:
        """The orders with these numbers, the latest first; unknown numbers are left out."""
        return await self._read(_ALL.where(col(WorkOrder.regime) == regime, col(WorkOrder.no).in_(numbers)))

    async def find(
        self,
        regime: str,
        since: datetime,
        until: datetime,
        *,
        codes: Sequence[str] = (),
        ended: bool | None = None,
        offset: int = 0,
        limit: int,
    ) -> list[PublicOrder]:
        """Listed orders taken in between two moments, the latest first; without `codes` those of any service."""
        found = _ALL.where(
            col(WorkOrder.regime) == regime,
            _LISTED,
            col(WorkOrder.created_at).between(since, until),
        )
        if codes:
            found = found.where(col(WorkOrder.service_code).in_(codes))
        if ended is not None:
            found = found.where(_STAGE.in_(ENDED) if ended else _STAGE.not_in(ENDED))
        return await self._read(found.offset(offset).limit(limit))

    async def _read(self, found: Select[Any]) -> list[PublicOrder]:
        latest = found.order_by(col(WorkOrder.created_at).desc(), col(WorkOrder.no).desc())
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.execute(latest)]

    def _clear(self, row: Row[Any]) -> PublicOrder:
        columns = row._asdict()
        for name in _SEALED:
            columns[name] = None if columns[name] is None else self.database.keyring.decrypt(columns[name])
        limits = [datetime.fromisoformat(text) for text in columns.pop("limits") or ()]
        return PublicOrder(**columns | {"units": tuple(row.units or ()), "expected_at": max(limits, default=None)})


_SEALED = ("content", "location", "address_id", "media_url", "citizen_name")
_STAGE: Any = func.coalesce(OrderViewRow.stage, Stage.INTAKE.value)
_CLOSED_AT = (
    select(func.max(AuditEntry.at))
    .where(col(AuditEntry.order_no) == col(WorkOrder.no), col(AuditEntry.event) == "order_closed")
    .scalar_subquery()
)
# The text of a complaint about an office is withheld from that office, and therefore from the public (HK-17).
_LISTED = col(WorkOrder.listed) & col(WorkOrder.complained_of).is_(None)
_SHOWN: tuple[Any, ...] = (
    WorkOrder.no,
    WorkOrder.service_code,
    _LISTED.label("listed"),
    WorkOrder.lat,
    WorkOrder.long,
    WorkOrder.created_at,
    *(getattr(WorkOrder, name) for name in _SEALED),
    _STAGE.label("stage"),
    OrderViewRow.outcome,
    OrderViewRow.units,
    func.coalesce(_CLOSED_AT, OrderViewRow.updated_at, WorkOrder.created_at).label("updated_at"),
    func.jsonb_path_query_array(OrderViewRow.view, literal_column(f"'{_RUNNING}'", JSONPATH)).label("limits"),
)
_ALL = (
    select(*_SHOWN)
    .outerjoin(OrderViewRow, col(OrderViewRow.no) == col(WorkOrder.no))
    .where(col(WorkOrder.realm) == "", col(WorkOrder.service_code).is_not(None), ~col(WorkOrder.confidential))
)
