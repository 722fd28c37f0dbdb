"""Automatic calls to citizens; a crash between placing a call and recording it never leads to a second call.

As with texts: `claim`, look the call up at the provider if an earlier attempt may have got through, `attempting`,
place it, `placed`.
"""

import secrets
from collections.abc import Collection
from datetime import timedelta
from typing import Any, Final

from sqlalchemy import Integer, and_, case, cast, func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Call, OrderViewRow
from adapters.database.telephone.delivery_states import DeliveryStates
from domain.citizen.outbound_records import NewCall, OutboundCall
from domain.words import Stage

CLAIMED, PLACED, FAILED = "claimed", "placed", "failed"
COURSE: Final = DeliveryStates(
    tuple(map(frozenset, ([CLAIMED], [PLACED, "queued"], ["initiated"], ["ringing"], ["in-progress"]))),
    frozenset({"completed", "busy", "no-answer", FAILED, "canceled"}),
)


class Calls:
    """Automatic calls by the key of the effect that requested them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def claim(self, new: NewCall) -> OutboundCall:
        """Store the call, or return it as an earlier attempt left it."""
        values = new._asdict() | {
            "id": secrets.token_urlsafe(24),
            "to_phone": self.database.keyring.encrypt(new.to_phone),
            "status": CLAIMED,
        }
        async with self.database.begin() as session:
            await session.execute(insert(Call).values(values).on_conflict_do_nothing())
            return self._clear((await session.scalars(select(Call).where(Call.key == new.key))).one())

    async def attempting(self, key: str) -> None:
        """Count an attempt before it is made."""
        await self._change(Call.key == key, attempts=col(Call.attempts) + 1)

    async def placed(self, key: str, provider_sid: str) -> None:
        """Store the provider's id; a status that the provider reported before this call is kept."""
        status = case((col(Call.status) == CLAIMED, PLACED), else_=col(Call.status))
        await self._change(Call.key == key, status=status, provider_sid=provider_sid, error=None)

    async def failed(self, key: str, error: str) -> None:
        """Mark the call as not placed; `error` is a code."""
        await self._change(Call.key == key, status=FAILED, error=error)

    async def reported(self, id_: str, status: str) -> None:
        """Store a status in the provider's terms.

        Reports may come twice and in any order: a late one changes nothing, and the first final status is kept.
        """
        status_then = COURSE.later(col(Call.status), status)
        await self._change(and_(col(Call.id) == id_, col(Call.status).not_in(COURSE.ends)), status=status_then)

    async def known(self, provider_sids: Collection[str]) -> set[str]:
        """The calls of the provider that are stored here."""
        found = select(Call.provider_sid).where(col(Call.provider_sid).in_(provider_sids))
        async with self.database.session() as session:
            return {sid for sid in await session.scalars(found) if sid is not None}

    async def rated(self, id_: str, **ratings: int) -> OutboundCall | None:
        """Store the citizen's ratings, 1 to 5, as `handling_rating` or `intake_rating`; returns the updated call."""
        await self._change(Call.id == id_, **ratings)
        return await self.by_id(id_)

    async def by_id(self, id_: str) -> OutboundCall | None:
        """The call whose id is in a URL."""
        async with self.database.session() as session:
            row = await session.scalar(select(Call).where(Call.id == id_))
        return None if row is None else self._clear(row)

    async def untold(self, older_than: timedelta, limit: int = 100) -> list[OutboundCall]:
        """Calls with a rating of the handling that their order has not received yet."""
        view = col(OrderViewRow.view)
        found = (
            select(Call)
            .join(OrderViewRow, col(OrderViewRow.no) == col(Call.order_no))
            .where(
                OrderViewRow.stage == Stage.CALLBACK.value,
                view["unheard"].op("?")(col(Call.party)),
                col(Call.round) == cast(func.coalesce(view["facts"]["reworks"].astext, "0"), Integer),
                col(Call.handling_rating).is_not(None),
                col(Call.updated_at) < func.now() - older_than,
            )
            .order_by(col(Call.updated_at))
            .limit(limit)
        )
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def of_order(self, order_no: str) -> list[OutboundCall]:
        """The calls of an order, the oldest first."""
        found = select(Call).where(Call.order_no == order_no).order_by(col(Call.created_at), col(Call.key))
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def _change(self, condition: Any, **values: Any) -> None:
        async with self.database.begin() as session:
            await session.execute(update(Call).where(condition).values(**values, updated_at=func.now()))

    def _clear(self, row: Call) -> OutboundCall:
        return OutboundCall(
            **row.model_dump(exclude={"to_phone"}), to_phone=self.database.keyring.decrypt(row.to_phone)
        )
