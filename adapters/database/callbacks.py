"""Calls to citizens after a reply, the queue of the callback staff."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import func, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.confidence import Reader, open_to
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import CallbackTask, OrderViewRow

OPEN, DONE = "open", "done"
PLACE = TypeAdapter(tuple[int, AwareDatetime, Name, int, Name])


class Callback(BaseModel):
    """A call that is owed or was made: `round` counts the replies of the order, `party` names its citizen.

    `status` is `open` or `done`; `result` is that of the command `record_callback`, once it is done.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    order_no: str
    round: int
    party: str
    realm: str
    regime: str
    status: str
    attempts: int
    provider_sid: str | None
    result: str | None
    created_at: datetime
    updated_at: datetime


class Callbacks:
    """Calls by order, round and party."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(self, order_no: str, round_: int, party: str, *, realm: str, regime: str) -> Callback:
        """Put a call into the queue, or find it as it is there already."""
        add = insert(CallbackTask).values(
            order_no=order_no, round=round_, party=party, realm=realm, regime=regime, status=OPEN
        )
        async with self.database.begin() as session:
            await session.execute(add.on_conflict_do_nothing())
            found = select(CallbackTask).where(*_is(order_no, round_, party))
            return Callback.model_validate(await session.scalar(found))

    async def attempting(self, order_no: str, round_: int, party: str) -> int:
        """Count an attempt before it is made; returns the number of this one."""
        changed = await self._change(order_no, round_, party, attempts=col(CallbackTask.attempts) + 1)
        return changed.attempts if changed else 0

    async def called(self, order_no: str, round_: int, party: str, provider_sid: str) -> None:
        """The provider took the call, under this id."""
        await self._change(order_no, round_, party, provider_sid=provider_sid)

    async def finish(self, order_no: str, round_: int, party: str, result: str) -> None:
        """Take the call out of the queue; the first result stands."""
        await self._change(order_no, round_, party, only_open=True, status=DONE, result=result)

    async def by_sid(self, provider_sid: str) -> Callback | None:
        """The call that the provider knows under this id."""
        async with self.database.session() as session:
            row = await session.scalar(select(CallbackTask).where(CallbackTask.provider_sid == provider_sid))
        return None if row is None else Callback.model_validate(row)

    async def waiting(
        self,
        *,
        realm: str = "",
        regime: str | None = None,
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Callback]:
        """Open calls by falling priority of the order (DL-04), then the oldest. Raises BadCursor.

        Those of confidential orders are shown to a `reader` who may see them.
        """
        ranked = func.coalesce(OrderViewRow.rank, 0)
        place = (ranked, *(col(c) for c in (CallbackTask.created_at, *_KEY)))
        found = (
            select(CallbackTask, ranked)
            .outerjoin(OrderViewRow, col(OrderViewRow.no) == col(CallbackTask.order_no))
            .where(CallbackTask.realm == realm, CallbackTask.status == OPEN, open_to(CallbackTask.order_no, reader))
        )
        if regime is not None:
            found = found.where(CallbackTask.regime == regime)
        if cursor is not None:
            found = found.where(tuple_(*place) > tuple_(*from_cursor(cursor, PLACE)))
        async with self.database.session() as session:
            rows = (await session.execute(found.order_by(*place).limit(limit + 1))).all()
        items = tuple(Callback.model_validate(row) for row, _ in rows[:limit])
        if len(rows) <= limit:
            return Page(items, None)
        last, rank = rows[limit - 1]
        return Page(items, to_cursor(rank, last.created_at, last.order_no, last.round, last.party))

    async def _change(
        self, order_no: str, round_: int, party: str, *, only_open: bool = False, **values: Any
    ) -> Callback | None:
        conditions = _is(order_no, round_, party)
        if only_open:
            conditions.append(col(CallbackTask.status) == OPEN)
        change = update(CallbackTask).where(*conditions).values(**values, updated_at=func.now())
        async with self.database.begin() as session:
            row = await session.scalar(change.returning(CallbackTask))
            return None if row is None else Callback.model_validate(row)


_KEY = (CallbackTask.order_no, CallbackTask.round, CallbackTask.party)


def _is(order_no: str, round_: int, party: str) -> list[Any]:
    return [col(c) == value for c, value in zip(_KEY, (order_no, round_, party), strict=True)]
