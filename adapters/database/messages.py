"""Text messages, so that a crash between "sent" and "written down" never sends twice.

The order of things: `claim`, look the message up at the provider if an earlier attempt may have got through
(`attempts` says so), `attempting`, send, `sent`. What the provider reports later goes to `reported`.
"""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict
from sqlalchemy import func, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.engine import Database
from adapters.database.tables import Message

CLAIMED, SENT, FAILED = "claimed", "sent", "failed"


class OutboundMessage(BaseModel):
    """A message in clear. `status`: `claimed`, `sent`, `failed`, or what the provider reported later."""

    model_config = ConfigDict(frozen=True)

    key: str
    order_no: str
    template: str
    to_phone: str
    body: str
    status: str
    provider_sid: str | None
    attempts: int
    error: str | None
    created_at: datetime
    updated_at: datetime


class Messages:
    """Messages by the id of the notice that asked for them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def claim(self, key: str, order_no: str, template: str, to_phone: str, body: str) -> OutboundMessage:
        """Write the message down, or find it as an earlier attempt left it; what that one wrote stands."""
        seal = self.database.keyring.encrypt
        values = {
            "key": key,
            "order_no": order_no,
            "template": template,
            "to_phone": seal(to_phone),
            "body": seal(body),
            "status": CLAIMED,
        }
        async with self.database.begin() as session:
            await session.execute(insert(Message).values(values).on_conflict_do_nothing())
            found = await session.scalars(select(Message).where(Message.key == key))
            return self._clear(found.one())

    async def attempting(self, key: str) -> int:
        """Count an attempt before it is made; returns the number of this one."""
        return int(await self._change(key, Message.attempts, attempts=col(Message.attempts) + 1) or 0)

    async def sent(self, key: str, provider_sid: str) -> None:
        """The provider took it, under this id."""
        await self._change(key, Message.key, status=SENT, provider_sid=provider_sid, error=None)

    async def failed(self, key: str, error: str) -> None:
        """It was not sent; `error` says why and must not quote the message."""
        await self._change(key, Message.key, status=FAILED, error=error)

    async def reported(self, provider_sid: str, status: str, error: str | None = None) -> str | None:
        """What became of a sent message, by the provider's id; returns its key, None if it is unknown."""
        change = (
            update(Message)
            .where(col(Message.provider_sid) == provider_sid)
            .values(status=status, error=error, updated_at=func.now())
            .returning(col(Message.key))
        )
        async with self.database.begin() as session:
            return await session.scalar(change)

    async def get(self, key: str) -> OutboundMessage | None:
        """A message by the id of its notice."""
        async with self.database.session() as session:
            row = await session.scalar(select(Message).where(Message.key == key))
        return None if row is None else self._clear(row)

    async def of_order(self, order_no: str) -> list[OutboundMessage]:
        """The messages of an order, the oldest first."""
        found = select(Message).where(Message.order_no == order_no)
        async with self.database.session() as session:
            rows = await session.scalars(found.order_by(col(Message.created_at), col(Message.key)))
            return [self._clear(row) for row in rows]

    async def _change(self, key: str, returned: Any, **values: Any) -> Any:
        change = update(Message).where(col(Message.key) == key).values(**values, updated_at=func.now())
        async with self.database.begin() as session:
            return await session.scalar(change.returning(returned))

    def _clear(self, row: Message) -> OutboundMessage:
        opened = self.database.keyring.decrypt
        return OutboundMessage(
            **row.model_dump(exclude={"to_phone", "body"}),
            to_phone=opened(row.to_phone),
            body=opened(row.body),
        )
