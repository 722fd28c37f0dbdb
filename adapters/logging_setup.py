"""What a process writes to standard error: a line an event, with its moment, its weight and who says it."""

import logging
import time
from math import inf
from typing import Final

SHAPE: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"

TALKATIVE: Final = ("twilio.http_client", "httpx")
"""Their lines hold addresses with telephone numbers in them."""

OF_STRANGERS: Final = "uvicorn.error"
"""The web server warns of each request that is none and each upgrade that it does not know: anybody can make it."""

EVERY: Final = 60.0  # seconds
MOST: Final = 100


class WarningRateFilter(logging.Filter):
    """Lets a warning through once a minute, with how many others like it there were since the last; all else passes."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether the line is written."""
        if record.levelno != logging.WARNING:
            return True
        now, text = time.monotonic(), str(record.msg)
        last, others = self._told.get(text, (-inf, 0))
        if now - last < EVERY:
            self._told[text] = (last, others + 1)
            return False
        if len(self._told) >= MOST:
            self._told.clear()
        self._told[text] = (now, 0)
        if others:
            record.msg = f"{text} (and {others} more since the last)"
        return True


def configure_logging() -> None:
    """Have lines from INFO up written; once a process, before anything else is said."""
    logging.basicConfig(level=logging.INFO, format=SHAPE)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(OF_STRANGERS).addFilter(WarningRateFilter())
