"""The audit trail of orders: appends events to an order's hash chain and updates the read model with them."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from itertools import dropwhile
from typing import Any

from sqlalchemy import BindParameter, Integer, Text, bindparam, delete, exists, func, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from adapters.database.engine import Database
from adapters.database.tables import Table
from domain.order.audit_chain import FROM_SEQ, GENESIS, RETAKEN, Content, Link, faults, link, without_crossed_out
from domain.order.read_model import RecordBatch
from domain.words import Role

REFUSED = "refused"


class GapInTrail(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The batch begins after an event that was never recorded."""


class TrailConflict(Exception):  # noqa: N818
    """The event is recorded with other content that no earlier step wrote, or a later step has written since."""


class Trail:
    """Audit trails by order; writers of one order queue on a lock, so that its chain has neither gaps nor forks."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def record(self, batch: RecordBatch) -> int:
        """Append the events that are not stored yet and update the read model to `batch.view`.

        Returns how many were appended. Repeating it changes nothing; an older view never replaces a newer one.

        A worker that dies after this call and before its answer reaches Temporal has recorded events that did not take
        effect: the step runs again, at another moment, and may produce other events under the same numbers. A link then
        crosses out the earlier step's events, and this batch follows it (docs/adr/0028). A worker that was only slow
        and writes after the later step is rejected.
        Raises GapInTrail or TrailConflict, and then nothing of the batch is stored.
        """
        contents = [Content.of(event) for event in batch.events]
        async with self.database.begin() as session:
            return await session.run_sync(lambda blocking: _record(blocking, batch, contents))

    async def refused(
        self,
        order_no: str,
        at: datetime,
        actor: str,
        do: str,
        code: str,
        reason: str,
        clause: str | None,
        person: str = "",
    ) -> int:
        """Append a command's refusal, with the person if known, and return its position.

        The same refusal at the same moment is written once, so the call may be repeated.
        """
        data = {"do": do, "code": code, "reason": reason, "clause": clause} | ({"person": person} if person else {})
        content = Content(None, at, REFUSED, actor, data)
        async with self.database.begin() as session:
            return await session.run_sync(lambda blocking: note(blocking, order_no, content))

    async def timeline(self, order_no: str) -> list[dict[str, object]]:
        """The order's events as JSON objects (docs/glossary.md), in chain order; `seq` is the position.

        Crossed-out events are left out.
        """
        return [each.outside() for each in await self.valid_links(order_no)]

    async def valid_links(self, order_no: str) -> list[Link]:
        """The links of the trail, without crossed-out events."""
        return without_crossed_out(await self.chain(order_no))

    async def chain(self, order_no: str) -> list[Link]:
        """All links of the trail as they are stored, for an archive that carries its own proof."""
        async with self.database.session() as session:
            rows = await session.execute(_WHOLE, {"order_no": order_no})
            return [_link(row) for row in rows]

    async def numbers(self, after: str = "", limit: int = 500) -> list[str]:
        """Numbers of orders that have a trail, after `after`, sorted by the server."""
        async with self.database.session() as session:
            return list(await session.scalars(_NUMBERS, {"after": after, "limit": limit}))

    async def verify(self, order_no: str) -> list[str]:
        """Faults of the trail, each a Chinese sentence that names the position; empty if it is intact.

        Events cut off at the end are detected if the read model still has them; refusals after the
        last event are not, unless an archive holds the chain.
        """
        # Read the view first: the trail, read later, can then only be ahead of it.
        async with self.database.session() as session:
            shown = await session.scalar(_SHOWN_SEQ, {"order_no": order_no}) or 0
        links = await self.chain(order_no)
        found = faults(order_no, links)
        last = max((each.content.seq or 0 for each in without_crossed_out(links)), default=0)
        if last < shown:
            found.append(f"末尾不完整: 最后一条 seq 为 {last}, 工单视图已到 {shown}")
        return found


def _link(row: Any) -> Link:
    content = Content(row.seq, row.at, row.event, row.actor, row.data)
    return Link(row.position, content, row.previous_hash, row.hash)


def _record(session: Session, batch: RecordBatch, contents: Sequence[Content]) -> int:
    # Starts one event before the batch, to check that the batch follows it.
    since = min((content.seq or 0 for content in contents), default=0) - 1
    tail = _tail(session, batch.order_no, since)
    new = _unrecorded(batch.order_no, contents, without_crossed_out(tail))
    if new and tail:
        new = _with_crossing_out(session, batch, new, without_crossed_out(tail))
    _append(session, batch.order_no, tail, new)
    _update_view(session, batch)
    return sum(content.seq is not None for content in new)


def _with_crossing_out(
    session: Session, batch: RecordBatch, new: list[Content], recorded: Sequence[Link]
) -> list[Content]:
    """The contents to append; a link that crosses out contradicted events comes first."""
    before: datetime | None = session.scalar(_STEP, {"order_no": batch.order_no})
    first, last = new[0].seq or 0, max((each.content.seq or 0 for each in recorded), default=0)
    if batch.step_at is not None and before is not None and batch.step_at < before:
        raise TrailConflict(f"{batch.order_no}: a later step has written what follows on event {first - 1}")
    if first > last:
        return new
    if batch.step_at is None or before is None or batch.step_at == before:
        raise TrailConflict(f"{batch.order_no}: event {first} is recorded with a different content")
    return [Content(None, batch.step_at.replace(microsecond=0), RETAKEN, Role.SYSTEM, {FROM_SEQ: first}), *new]


def note(session: Session, order_no: str, content: Content) -> int:
    """Append an entry that is no workflow event (`seq` None), in the caller's transaction; return its position.

    The same content at the same moment is written once, so the call may be repeated.
    """
    tail = _tail(session, order_no, _NEVER)
    earlier = session.scalar(_SAME_NOTE, content._asdict() | {"order_no": order_no})
    if earlier is not None:
        return int(earlier)
    _append(session, order_no, tail, [content])
    return tail[-1].position + 1 if tail else 1


def _tail(session: Session, order_no: str, since: int) -> list[Link]:
    """Lock this order's trail until the transaction ends; returns the last link and those from `since` on."""
    session.execute(_LOCK, {"order_no": order_no})
    # A separate statement, so that it sees what the previous writer committed.
    rows = session.execute(_TAIL, {"order_no": order_no, "since": since})
    return [_link(row) for row in rows]


def _unrecorded(order_no: str, contents: Sequence[Content], recorded: Sequence[Link]) -> list[Content]:
    """The contents from the first that is not recorded, or was recorded differently."""
    there = {each.content.seq: each.content for each in recorded if each.content.seq is not None}
    new = list(dropwhile(lambda each: each.seq in there and there[each.seq].says_the_same(each), contents))
    due = min(new[0].seq or 0, max(there, default=0) + 1) if new else 0
    for expected, content in enumerate(new, due):
        if content.seq != expected:
            raise GapInTrail(f"{order_no}: event {content.seq} follows, but {expected} is due")
    return new


def _append(session: Session, order_no: str, tail: Sequence[Link], contents: Iterable[Content]) -> None:
    last, previous = (tail[-1].position, tail[-1].hash) if tail else (0, GENESIS)
    rows = []
    for position, content in enumerate(contents, last + 1):
        each = link(order_no, position, content, previous)
        hashes = {"previous_hash": previous, "hash": each.hash}
        rows.append({**content._asdict(), "order_no": order_no, "position": position, **hashes})
        previous = each.hash
    if rows:
        session.execute(_APPEND, rows)


def _update_view(session: Session, batch: RecordBatch) -> None:
    """Replace an older view and its approvals."""
    view = batch.view
    columns = {name: getattr(view, name) for name in _FILTERED}
    columns |= {"no": view.no, "units": list(view.units), "view": view.model_dump(mode="json")}
    columns["step_at"] = batch.step_at
    shown = session.execute(_SHOW, columns | {"order_no": view.no}).one_or_none()
    if shown is None:
        return
    if shown.has_approvals:
        session.execute(_DROP_APPROVALS, {"order_no": view.no})
    rows = [
        approval.model_dump()
        | {"key": f"{view.no}:{approval.id}", "by_roles": list(approval.by_roles)}
        | {"order_no": view.no, "realm": shown.realm, "regime": view.regime}
        for approval in view.approvals
    ]
    if rows:
        session.execute(_ADD_APPROVALS, rows)


# Statements are built once: building one costs as much as running it, and `record` runs for every step of
# every order.
_TRAIL, _VIEWS, _ORDERS, _APPROVALS = (
    Table.metadata.tables[name] for name in ("audit_trail", "order_views", "work_orders", "approvals")
)
_NO: BindParameter[str] = bindparam("order_no", type_=Text)
_LOCK = select(func.pg_advisory_xact_lock(func.hashtextextended(_NO, 0)))
_LAST = select(func.max(_TRAIL.c.position)).where(_TRAIL.c.order_no == _NO).scalar_subquery()
_WHOLE = select(*_TRAIL.c).where(_TRAIL.c.order_no == _NO).order_by(_TRAIL.c.position)
_TAIL = _WHOLE.where(
    or_(
        _TRAIL.c.seq >= bindparam("since", type_=Integer),
        _TRAIL.c.event == RETAKEN,
        _TRAIL.c.position == _LAST,
    )
)
_STEP = select(_VIEWS.c.step_at).where(_VIEWS.c.no == _NO)
_NUMBERS = (
    select(_TRAIL.c.order_no)
    .where(_TRAIL.c.order_no > bindparam("after", type_=Text))
    .group_by(_TRAIL.c.order_no)
    .order_by(_TRAIL.c.order_no)
    .limit(bindparam("limit", type_=Integer))
)
_SHOWN_SEQ = select(_VIEWS.c.seq).where(_VIEWS.c.no == _NO)
_SAME_NOTE = select(_TRAIL.c.position).where(
    _TRAIL.c.order_no == _NO,
    _TRAIL.c.seq.is_(None),
    *(_TRAIL.c[name] == bindparam(name, type_=_TRAIL.c[name].type) for name in ("at", "event", "actor", "data")),
)
_NEVER = 2**31 - 1
_APPEND = insert(_TRAIL)
_DROP_APPROVALS = delete(_APPROVALS).where(_APPROVALS.c.order_no == _NO)
_ADD_APPROVALS = insert(_APPROVALS)
_FILTERED = (*("seq", "regime", "stage", "category", "grade", "light", "next_due", "overdue", "priority", "outcome"),)


def _show_statement() -> ReturningInsert[Any]:
    realm = select(_ORDERS.c.realm).where(_ORDERS.c.no == _NO).scalar_subquery()
    upsert = insert(_VIEWS).values(realm=func.coalesce(realm, ""))
    replaced = {name: upsert.excluded[name] for name in (*_FILTERED, "realm", "units", "view", "step_at")}
    has_approvals = exists().where(_APPROVALS.c.order_no == _NO).label("has_approvals")
    return upsert.on_conflict_do_update(
        index_elements=[_VIEWS.c.no],
        set_=replaced | {"updated_at": func.now()},
        where=or_(_VIEWS.c.seq < upsert.excluded.seq, _VIEWS.c.step_at < upsert.excluded.step_at),
    ).returning(_VIEWS.c.realm, has_approvals)


_SHOW = _show_statement()
