"""The audit trail: what happened to an order, appended once, in one chain, together with the read model."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import delete, func
from sqlalchemy.dialects.postgresql import insert
from sqlmodel import col, select

from adapters.database.chain import GENESIS, Content, Link, faults, link
from adapters.database.engine import Database, Session
from adapters.database.tables import Approval, AuditEntry, OrderViewRow, WorkOrder
from domain.view import OrderView, RecordBatch

REFUSED = "refused"


class GapInTrail(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The batch begins after an event that was never recorded."""


class TrailConflict(Exception):  # noqa: N818
    """An event is recorded already, with a different content."""


class Trail:
    """Writers of one order queue on a lock, so that the chain has neither gaps nor forks."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def record(self, batch: RecordBatch) -> int:
        """Append the events that are not there yet and bring the read model up to `batch.view`.

        Returns how many were appended. Repeating it changes nothing; an older view never replaces a newer.
        Raises GapInTrail or TrailConflict, and then nothing of the batch is kept.
        """
        contents = [Content.of(event) for event in batch.events]
        async with self.database.begin() as session:
            position, previous = await _lock(session, batch.order_no)
            new = await _unrecorded(session, batch.order_no, contents)
            await _append(session, batch.order_no, position, previous, new)
            await _show(session, batch.view)
        return len(new)

    async def refused(  # noqa: PLR0917 - the fields of a refusal, in the order in which it is told
        self, order_no: str, at: datetime, actor: str, do: str, code: str, reason: str, clause: str | None
    ) -> int:
        """Append that a command was refused, and return its position.

        The same refusal of the same moment is written once, so it may be repeated.
        """
        data = {"do": do, "code": code, "reason": reason, "clause": clause}
        content = Content(None, at, REFUSED, actor, data)
        async with self.database.begin() as session:
            position, previous = await _lock(session, order_no)
            earlier = await session.scalar(
                select(AuditEntry.position).where(
                    AuditEntry.order_no == order_no,
                    col(AuditEntry.seq).is_(None),
                    AuditEntry.event == REFUSED,
                    AuditEntry.at == at,
                    AuditEntry.actor == actor,
                    AuditEntry.data == data,
                )
            )
            if earlier is not None:
                return int(earlier)
            await _append(session, order_no, position, previous, [content])
        return position + 1

    async def timeline(self, order_no: str) -> list[dict[str, object]]:
        """What happened, in the shape of contract §4 and in the order of the chain; `seq` is the position."""
        return [each.outside() for each in await self.chain(order_no)]

    async def chain(self, order_no: str) -> list[Link]:
        """The links of the trail as they are stored, for an archive that carries its own proof."""
        entries = select(AuditEntry).where(AuditEntry.order_no == order_no).order_by(col(AuditEntry.position))
        async with self.database.session() as session:
            return [_link(row) for row in await session.scalars(entries)]

    async def verify(self, order_no: str) -> list[str]:
        """What is wrong with the trail, a Chinese sentence each, naming the position; empty if it is whole.

        A tail that was cut off is found as long as the read model still knows of it.
        """
        links = await self.chain(order_no)
        async with self.database.session() as session:
            shown = await session.scalar(select(OrderViewRow.seq).where(OrderViewRow.no == order_no))
        found = faults(order_no, links)
        last = max((each.content.seq or 0 for each in links), default=0)
        if shown is not None and shown != last:
            found.append(f"末尾不完整: 最后一条 seq 为 {last}, 工单视图已到 {shown}")
        return found


def _link(row: AuditEntry) -> Link:
    return Link(row.position, Content(row.seq, row.at, row.event, row.actor, row.data), row.previous_hash, row.hash)


async def _lock(session: Session, order_no: str) -> tuple[int, str]:
    """Wait for this order's turn; the last position and its hash. The lock ends with the transaction."""
    await session.execute(select(func.pg_advisory_xact_lock(func.hashtextextended(order_no, 0))))
    last = await session.execute(
        select(AuditEntry.position, AuditEntry.hash)
        .where(AuditEntry.order_no == order_no)
        .order_by(col(AuditEntry.position).desc())
        .limit(1)
    )
    row = last.one_or_none()
    return (row.position, row.hash) if row else (0, GENESIS)


async def _unrecorded(session: Session, order_no: str, contents: list[Content]) -> list[Content]:
    if not contents:
        return []
    seqs = [content.seq or 0 for content in contents]
    # From the event before the batch on: it tells whether the batch follows on what is there.
    rows = await session.scalars(
        select(AuditEntry).where(AuditEntry.order_no == order_no, col(AuditEntry.seq) >= min(seqs) - 1)
    )
    recorded = {row.seq: _link(row).content for row in rows}
    for content in contents:
        earlier = recorded.get(content.seq)
        if earlier is not None and not earlier.says_the_same(content):
            raise TrailConflict(f"{order_no}: event {content.seq} is recorded with a different content")
    new = [content for content in contents if content.seq not in recorded]
    last = max((seq for seq in recorded if seq), default=0)
    for expected, content in enumerate(new, last + 1):
        if content.seq != expected:
            raise GapInTrail(f"{order_no}: event {content.seq} follows, but {expected} is due")
    return new


async def _append(session: Session, order_no: str, position: int, previous: str, contents: Iterable[Content]) -> None:
    rows = []
    for content in contents:
        position += 1
        each = link(order_no, position, content, previous)
        previous = each.hash
        rows.append(
            {**content._asdict(), "order_no": order_no, "position": position}
            | {"previous_hash": each.previous_hash, "hash": each.hash}
        )
    if rows:
        await session.execute(insert(AuditEntry), rows)


async def _show(session: Session, view: OrderView) -> None:
    """Put the view in place of an older one, and its approvals with it."""
    realm = await session.scalar(select(WorkOrder.realm).where(WorkOrder.no == view.no)) or ""
    columns = {name: getattr(view, name) for name in _FILTERED} | {
        "realm": realm,
        "units": list(view.units),
        "view": view.model_dump(mode="json"),
    }
    upsert = insert(OrderViewRow).values(no=view.no, **columns)
    upsert = upsert.on_conflict_do_update(
        index_elements=[col(OrderViewRow.no)],
        set_={name: upsert.excluded[name] for name in columns} | {"updated_at": func.now()},
        where=col(OrderViewRow.seq) < upsert.excluded.seq,
    )
    newer = await session.scalar(upsert.returning(col(OrderViewRow.no)))
    if newer is None:
        return
    rows = [
        approval.model_dump()
        | {"key": f"{view.no}:{approval.id}", "by_roles": list(approval.by_roles)}
        | {"order_no": view.no, "realm": realm, "regime": view.regime}
        for approval in view.approvals
    ]
    await session.execute(delete(Approval).where(col(Approval.order_no) == view.no))
    if rows:
        await session.execute(insert(Approval), rows)


_FILTERED = (
    "seq",
    "regime",
    "stage",
    "category",
    "grade",
    "light",
    "next_due",
    "overdue",
    "priority",
    "outcome",
)
