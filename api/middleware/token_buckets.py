"""Token buckets: limit a rate by name without a list of past requests."""

from math import ceil
from typing import Final

from adapters.settings.setting_types import Rate

MOST: Final = 50_000
"""Buckets at a time; beyond that the least recently used ones are dropped, as if they were full."""


class TokenBuckets:
    """One bucket a name, full at first. Moments are seconds of a monotonic clock."""

    def __init__(self, rate: Rate) -> None:
        self._rate = rate
        self._levels: dict[str, tuple[float, float]] = {}

    def take(self, name: str, now: float) -> int:
        """Take one token: 0, or the seconds (at least 1) until there is one."""
        level, since = self._levels.pop(name, (float(self._rate.burst), now))
        level = min(self._rate.burst, level + (now - since) * self._rate.per_second)
        wait = 0 if level >= 1 else ceil((1 - level) / self._rate.per_second)
        # Put back last: the first in the table is the least recently used.
        self._levels[name] = (level if wait else level - 1, now)
        if len(self._levels) > MOST:
            del self._levels[next(iter(self._levels))]
        return wait

    def __len__(self) -> int:
        return len(self._levels)
