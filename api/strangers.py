"""How much of what strangers do is written down."""

import time
from typing import Final

A_MINUTE: Final = 60


class Strangers:
    """How many acts of people who are not known a process still writes.

    Anybody can knock, and no row can be deleted again.
    """

    def __init__(self) -> None:
        self._minute, self._noted, self._left_out = 0, 0, 0

    def count(self) -> int | None:
        """None where this one is left out, else how many have been since the last that was not."""
        minute = int(time.monotonic() // 60)
        if minute != self._minute:
            self._minute, self._noted = minute, 0
        if self._noted >= A_MINUTE:
            self._left_out += 1
            return None
        self._noted += 1
        left_out, self._left_out = self._left_out, 0
        return left_out
