"""Outbound texts; a crash between sending a text and recording it never leads to a second one.

Sequence: `claim`, look the message up at the provider if an earlier attempt may have got through
(`attempts` says so), `attempting`, send, `sent`. Later reports of the provider go to `reported`.
"""

from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import and_, func, or_, text, update
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.encryption import phone_index, phone_indexes
from adapters.database.engine import Database
from adapters.database.tables import Message
from adapters.database.telephone.delivery_states import DeliveryStates
from domain.citizen.outbound_records import NewMessage, OutboundMessage, segments

CLAIMED, SENT, FAILED = "claimed", "sent", "failed"
DELIVERED = frozenset({"delivered", "read"})
UNDELIVERED = frozenset({"undelivered", "failed", "canceled"})
"""The provider's final statuses of a message that it accepted and did not deliver."""

COURSE: Final = DeliveryStates(
    tuple(map(frozenset, ([CLAIMED], ["accepted", "scheduled"], ["queued"], ["sending"], [SENT]))),
    DELIVERED | UNDELIVERED,
)


class Messages:
    """Outbound texts by the id of the notice that requested them."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def claim(self, new: NewMessage) -> OutboundMessage:
        """Store the message, or return it unchanged as an earlier attempt left it."""
        seal = self.database.keyring.encrypt
        values = new._asdict() | {
            "key": new.key,
            "phone_index": phone_index(self.database.keyring, new.to_phone),
            "to_phone": seal(new.to_phone),
            "body": seal(new.body),
            "segments": segments(new.body),
            "status": CLAIMED,
        }
        async with self.database.begin() as session:
            await session.execute(insert(Message).values(values).on_conflict_do_nothing())
            found = await session.scalars(select(Message).where(Message.key == new.key))
            return self._clear(found.one())

    async def attempting(self, key: str, *, at_most: int | None = None, within: timedelta | None = None) -> timedelta:
        """Count an attempt before it is made and return zero; uncounted, the wait until the number is below `at_most`.

        Processes that call this for one number at once are counted one after another.
        """
        async with self.database.begin() as session:
            number = select(Message.phone_index).where(Message.key == key)
            if at_most is not None and within is not None:
                index = await session.scalar(number)
                await session.execute(text("SELECT pg_advisory_xact_lock(hashtext(:index))"), {"index": index})
                since = func.clock_timestamp() - within
                recent = (
                    select(col(Message.attempted_at) - since)
                    .where(Message.phone_index == index, Message.key != key, col(Message.attempted_at) > since)
                    .order_by(col(Message.attempted_at).desc())
                )
                wait: timedelta | None = await session.scalar(recent.offset(at_most - 1).limit(1))
                if wait is not None:
                    return max(wait, timedelta(seconds=1))
            counted = {"attempts": col(Message.attempts) + 1, "attempted_at": func.clock_timestamp()}
            await session.execute(update(Message).where(col(Message.key) == key).values(**counted))
        return timedelta(0)

    async def sent(self, key: str, provider_sid: str) -> None:
        """Mark the message as accepted by the provider, with the provider's id."""
        await self._change(key, status=SENT, provider_sid=provider_sid, error=None)

    async def failed(self, key: str, error: str) -> None:
        """Mark the message as not sent; `error` is the reason and must not quote the message."""
        await self._change(key, status=FAILED, error=error, settled_at=func.now())

    async def reported(self, provider_sid: str, status: str, error: str | None = None) -> OutboundMessage | None:
        """Store a delivery report by the provider's id; returns the updated message, None if the id is unknown.

        Reports may come twice and in any order: a late one only updates `updated_at`, and the first final status is
        kept. An undelivered message stays unsettled until its order has received that (`settle`).
        """
        change = (
            update(Message)
            .where(col(Message.provider_sid) == provider_sid, col(Message.status).not_in(COURSE.ends))
            .values(
                status=COURSE.later(col(Message.status), status),
                error=(error or "undelivered") if status in UNDELIVERED else None,
                settled_at=func.now() if status in DELIVERED else None,
                updated_at=func.now(),
            )
        )
        async with self.database.begin() as session:
            await session.execute(change)
            row = await session.scalar(select(Message).where(Message.provider_sid == provider_sid))
            return None if row is None else self._clear(row)

    async def settle(self, key: str) -> None:
        """Mark the message as finished: its order knows the result, or the provider will report nothing more."""
        await self._change(key, settled_at=func.now())

    async def unsettled(self, older_than: timedelta, limit: int = 200) -> list[OutboundMessage]:
        """Sent messages without a final status and without a report for this long, the oldest first.

        An old message is returned less often: when a quarter of its age has passed since its last update.
        """
        silence = func.greatest(older_than, func.age(func.now(), col(Message.created_at)) / 4)
        found = (
            select(Message)
            .where(
                col(Message.settled_at).is_(None),
                col(Message.provider_sid).is_not(None),
                col(Message.updated_at) < func.now() - silence,
            )
            .order_by(col(Message.updated_at))
            .limit(limit)
        )
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def get(self, key: str) -> OutboundMessage | None:
        """A message by its key."""
        async with self.database.session() as session:
            row = await session.scalar(select(Message).where(Message.key == key))
        return None if row is None else self._clear(row)

    async def latest(self, phone: str, template: str, *, before: datetime | None = None) -> OutboundMessage | None:
        """The last message of a template that reached the provider, optionally before a moment.

        One that was attempted and not known to be rejected counts: an answer to it may come before its id does.
        """
        found = select(Message).where(
            col(Message.phone_index).in_(phone_indexes(self.database.keyring, phone)),
            Message.template == template,
            or_(
                col(Message.provider_sid).is_not(None),
                and_(col(Message.attempted_at).is_not(None), col(Message.error).is_(None)),
            ),
        )
        if before is not None:
            found = found.where(col(Message.attempted_at) <= before)
        async with self.database.session() as session:
            row = await session.scalar(found.order_by(col(Message.attempted_at).desc()).limit(1))
        return None if row is None else self._clear(row)

    async def of_notice(self, order_no: str, notice: str) -> list[OutboundMessage]:
        """The messages of a notice by rank."""
        return await self._found(Message.order_no == order_no, Message.notice == notice)

    async def of_order(self, order_no: str) -> list[OutboundMessage]:
        """The messages of an order, the oldest first."""
        return await self._found(Message.order_no == order_no)

    async def _found(self, *conditions: Any) -> list[OutboundMessage]:
        found = select(Message).where(*conditions).order_by(col(Message.created_at), col(Message.key))
        async with self.database.session() as session:
            return [self._clear(row) for row in await session.scalars(found)]

    async def _change(self, key: str, **values: Any) -> None:
        change = update(Message).where(col(Message.key) == key).values(**values, updated_at=func.now())
        async with self.database.begin() as session:
            await session.execute(change)

    def _clear(self, row: Message) -> OutboundMessage:
        opened = self.database.keyring.decrypt
        return OutboundMessage(
            **row.model_dump(exclude={"to_phone", "body"}),
            to_phone=opened(row.to_phone),
            body=opened(row.body),
        )
