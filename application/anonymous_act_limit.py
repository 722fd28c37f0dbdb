"""How much of what strangers do is written down."""

import time


class AnonymousActLimit:
    """How many acts of people who are not known a process still writes in a minute.

    Anybody can knock, and no row can be deleted again.
    """

    def __init__(self, a_minute: int) -> None:
        self._a_minute = a_minute
        self._minute, self._noted, self._left_out = 0, 0, 0

    def count(self, now: float | None = None) -> int | None:
        """None where this one is left out, else how many have been since the last that was not.

        `now` in seconds of a clock that only rises.
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
