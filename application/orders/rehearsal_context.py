"""The world of a rehearsed order, as intake and the start of its workflow need it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from temporalio.client import Client


@dataclass(frozen=True)
class RehearsalContext:
    """A rehearsal's own world; a real order has none.

    `realm` keeps its rows apart from real ones. `clock_offset` and `held_moments` move its clock (see
    `WorkOrderInput`). `client` starts its workflow with the server's time skipping.
    """

    realm: str
    clock_offset: timedelta
    held_moments: tuple[datetime, ...]
    client: Client
