"""Callbacks that staff owe to citizens, as the callback staff's queue."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, TypeAdapter
from sqlalchemy import Integer, cast, func, tuple_
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.access.confidentiality import Reader, open_to
from adapters.database.engine import Database
from adapters.database.paging import Name, Page, from_cursor, to_cursor
from adapters.database.tables import CallbackTask, OrderViewRow
from domain.words import Stage

PLACE = TypeAdapter(tuple[int, AwareDatetime, Name, int, Name])


class Callback(BaseModel):
    """A callback that is due: `round` counts the replies of the order, `party` names its citizen.

    `attempts` includes the next one, which should not be made before `due_at`.
    """

    model_config = ConfigDict(frozen=True, from_attributes=True)

    order_no: str
    round: int
    party: str
    realm: str
    regime: str
    attempts: int
    due_at: datetime | None
    created_at: datetime
    updated_at: datetime


class Callbacks:
    """Callbacks by order, round and party."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def open(
        self,
        order_no: str,
        round_: int,
        party: str,
        *,
        realm: str,
        regime: str,
        attempt: int = 1,
        due_at: datetime | None = None,
    ) -> None:
        """Add a callback to the queue, or move it to its next attempt; an earlier attempt changes nothing."""
        add = insert(CallbackTask).values(
            order_no=order_no, round=round_, party=party, realm=realm, regime=regime, attempts=attempt, due_at=due_at
        )
        again = add.on_conflict_do_update(
            index_elements=[*_KEY],
            set_={"attempts": attempt, "due_at": due_at, "updated_at": func.now()},
            where=col(CallbackTask.attempts) < attempt,
        )
        async with self.database.begin() as session:
            await session.execute(again)

    async def waiting(
        self,
        *,
        realm: str = "",
        regime: str | None = None,
        reader: Reader | None = None,
        cursor: str | None = None,
        limit: int = 50,
    ) -> Page[Callback]:
        """Callbacks without a result from the citizen, by falling priority of the order (DL-04), then the oldest.

        The order itself records the result, so no callback has to be removed. Those of
        confidential orders are returned only to a `reader` who may see them. Raises BadCursor.
        """
        view = col(OrderViewRow.view)
        place = (col(OrderViewRow.rank), *(col(c) for c in (CallbackTask.created_at, *_KEY)))
        found = (
            select(CallbackTask, OrderViewRow.rank)
            .join(OrderViewRow, col(OrderViewRow.no) == col(CallbackTask.order_no))
            .where(
                CallbackTask.realm == realm,
                OrderViewRow.stage == Stage.CALLBACK.value,
                view["unheard"].op("?")(col(CallbackTask.party)),
                col(CallbackTask.round) == cast(func.coalesce(view["facts"]["reworks"].astext, "0"), Integer),
                open_to(CallbackTask.order_no, reader),
            )
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


_KEY: tuple[Any, ...] = (CallbackTask.order_no, CallbackTask.round, CallbackTask.party)
