"""What a process writes to standard error: a line an event, with its moment, its weight and who says it."""

import logging
from typing import Final

SHAPE: Final = "%(asctime)s %(levelname)s %(name)s %(message)s"

TALKATIVE: Final = ("twilio.http_client", "httpx")
"""Their lines hold addresses with telephone numbers in them."""


def begin() -> None:
    """Have lines from INFO up written; once a process, before anything else is said."""
    logging.basicConfig(level=logging.INFO, format=SHAPE)
    for name in TALKATIVE:
        logging.getLogger(name).setLevel(logging.WARNING)
