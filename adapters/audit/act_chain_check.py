"""Verifies the chain of acts, by itself and against the anchors; reports faults row by row.

A row's hash covers its position, so a moved row reveals its original position, and with it which rows were inserted or
deleted. Memory does not grow with the chain.
"""

from collections import deque
from collections.abc import AsyncIterator, Iterator, Sequence
from datetime import datetime
from typing import Final, NamedTuple

from adapters.database.audit.acts import Acts
from domain.access.act_chain import ActLink
from domain.order.audit_chain import GENESIS

NEAR: Final = 16
"""Positions to each side where a row's origin is searched; beyond that, the hash of its predecessor finds it."""

LOOKUPS: Final = 100
"""Limit of such searches by hash, as each scans the table. After that, rows moved far count as changed."""


class ChainMark(NamedTuple):
    """An anchor's statement about the chain: the last position before `until`, and the hash there."""

    day: str
    last: int
    head: str
    until: datetime


class ActChainCheck:
    """One pass over the chain."""

    def __init__(
        self, acts: Acts, marks: Sequence[ChainMark], after: ChainMark | None = None, *, to_the_end: bool = True
    ) -> None:
        """Check the rows after the mark `after`, up to the last of the rising `marks`, or to the end."""
        self._acts, self._to_the_end = acts, to_the_end
        self._marks, self._anchored = deque(marks), marks[-1] if marks else None
        self.count = 0
        self._place, self._hash = (after.last, after.head) if after else (0, GENESIS)
        self._at: datetime | None = None
        self._shift = self._from = self._lookups = 0
        self._since, self._late = self._place + 1, 0
        self._sound, self._rewritten = True, False
        self._recent: deque[str] = deque([self._hash], NEAR)
        self._held: dict[int, str] = {}

    async def problems(self) -> AsyncIterator[str]:
        """Faults, each a Chinese sentence, as they are found."""
        async for link in self._acts.links(self._place):
            if not self._to_the_end and self._is_beyond(link):
                break
            self.count += 1
            async for each in self._row_faults(link):
                self._sound = False
                yield each
            for each in self._marked(link):
                yield each
            for position in [each for each in self._held if each <= link.position - NEAR]:
                yield self._held.pop(position)
        for each in (*self._held.values(), *self._moved(self._place), *self._cut_off()):
            yield each

    async def _row_faults(self, link: ActLink) -> AsyncIterator[str]:
        gap = link.position != self._place + 1
        if gap:
            for each in self._moved(self._place):
                yield each
            self._shift, self._from = 0, link.position
            yield f"第 {_span(self._place + 1, link.position - 1)} 条缺失"
        original = await self._original(link)
        if original is None:
            self._sound = False
            self._held[link.position] = f"第 {link.position} 条内容被改动：与 hash 不符"
        elif link.position - original != self._shift:
            async for each in self._shift_changed(link, original):
                yield each
        elif not gap and self._place not in self._held and link.previous_hash != self._hash:
            yield f"第 {link.position} 条与第 {link.position - 1} 条断链：其中一条是改写的，改写时重算了 hash"
        elif not self._shift and self._at is not None and link.at < self._at:
            yield f"第 {link.position} 条的时刻早于前一条，是补写的"
        elif not self._shift and self._anchored and self._is_added(link, self._anchored):
            yield f"第 {link.position} 条署 {self._anchored.day} 或更早的时刻，却是该日锚定之后添加的"
        if original is not None:
            self._at = link.at
        self._place, self._hash = link.position, link.hash
        self._recent.append(link.hash)

    def _is_beyond(self, link: ActLink) -> bool:
        return self._anchored is None or (link.position > self._anchored.last and link.at >= self._anchored.until)

    @staticmethod
    def _is_added(link: ActLink, mark: ChainMark) -> bool:
        return link.position > mark.last and link.at < mark.until

    async def _original(self, link: ActLink) -> int | None:
        """The position at which the row was written; None if it was never written with this content."""
        here = link.position - self._shift
        for position in (here, *(link.position + step for near in range(NEAR + 1) for step in (near, -near))):
            if link.hashed_at(position) == link.hash:
                return position
        before = self._place if link.previous_hash == self._hash else await self._position_of(link.previous_hash)
        return before + 1 if before and link.hashed_at(before + 1) == link.hash else None

    async def _position_of(self, digest: str) -> int | None:
        """The position of the row with this hash; 0 once the searches are used up."""
        self._lookups += 1
        return await self._acts.position_of(digest) if self._lookups <= LOOKUPS else 0

    async def _shift_changed(self, link: ActLink, original: int) -> AsyncIterator[str]:
        """Report that from this row on, rows have moved by another distance than before."""
        if original != link.position and await self._acts.hash_at(original) == link.hash:
            self._held[link.position] = f"第 {link.position} 条是插入的，照抄第 {original} 条"
            return
        for each in self._moved(self._place):
            yield each
        shift = link.position - original
        added = shift - self._shift
        if added > 0 and added < len(self._recent) and self._recent[-1 - added] == link.previous_hash:
            for position in range(link.position - added, link.position):
                self._held.pop(position, None)
            yield f"第 {_span(link.position - added, link.position - 1)} 条是插入的"
        elif added < 0 and await self._position_of(link.previous_hash) is None:
            taken = _span(link.position - self._shift, original - 1)
            yield f"原第 {taken} 条缺失，其后的条目前移"
        self._shift, self._from = shift, link.position

    def _moved(self, until: int) -> Iterator[str]:
        if self._shift and self._from <= until:
            now, then = _span(self._from, until), _span(self._from - self._shift, until - self._shift)
            yield f"第 {now} 条原是第 {then} 条"

    def _marked(self, link: ActLink) -> Iterator[str]:
        if self._marks and not self._late and link.at >= self._marks[0].until and self._marks[0].last >= link.position:
            self._late = link.position
        while self._marks and self._marks[0].last <= link.position:
            mark = self._marks.popleft()
            if mark.last == link.position and mark.head != link.hash and self._sound and not self._shift:
                if self._late:
                    written = _span(self._late, mark.last)
                    yield f"{mark.day} 锚定到第 {mark.last} 条，而第 {written} 条是以后写的：原有的条目被删去"
                elif not self._rewritten:
                    changed = _span(self._since, mark.last)
                    yield f"第 {changed} 条中有改动，并重算了其后全部 hash：第 {mark.last} 条不是 {mark.day} 锚定的"
                self._rewritten = True
            self._sound, self._since, self._late = True, mark.last + 1, 0

    def _cut_off(self) -> Iterator[str]:
        last = max(self._marks, key=lambda mark: mark.last, default=None)
        end = self._place - self._shift
        if last is not None and last.last > end:
            yield f"第 {_span(end + 1, last.last)} 条缺失：{last.day} 已锚定到第 {last.last} 条"


def _span(first: int, last: int) -> str:
    return str(first) if first >= last else f"{first}–{last}"
