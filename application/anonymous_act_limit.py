"""Limits how many acts of unknown people are written down."""

import time


class AnonymousActLimit:
    """Counts acts of unknown people a minute in one process, and leaves out those beyond a limit.

    Anybody can cause such acts, and no row can be deleted again.
    """

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._minute, self._noted, self._left_out = 0, 0, 0

    def count(self, now: float | None = None) -> int | None:
        """Count one act: None if it is left out, else how many were left out since the last that was not.

        `now` in seconds of a monotonic clock.
        """
        minute = int((time.monotonic() if now is None else now) // 60)
        if minute != self._minute:
            self._minute, self._noted = minute, 0
        if self._noted >= self._a_minute:
            self._left_out += 1
            return None
        self._noted += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
