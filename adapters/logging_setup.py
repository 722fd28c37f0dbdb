"""Logging to standard error: one line an event, with time, level and logger."""

import logging
import time
from math import inf
from typing import Final

SHAPE: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"

TALKATIVE: Final = ("twilio.http_client", "httpx")
"""Loggers whose lines contain URLs with telephone numbers; their INFO lines are dropped."""

OF_STRANGERS: Final = "uvicorn.error"
"""The web server warns of each malformed request and unknown upgrade, which anybody can send."""

EVERY: Final = 60.0  # seconds
MOST: Final = 100


class WarningRateFilter(logging.Filter):
    """Passes a warning once a minute, with the number of equal ones since the last; passes all other records."""

    def __init__(self) -> None:
        super().__init__()
        self._told: dict[str, tuple[float, int]] = {}

    def filter(self, record: logging.LogRecord) -> bool:
        """Whether to write the record."""
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
    """Log from INFO up; called once a process, before anything is logged."""
    logging.basicConfig(level=logging.INFO, format=SHAPE)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger(OF_STRANGERS).addFilter(WarningRateFilter())
