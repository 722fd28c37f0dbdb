"""Which rule books an order has lived under."""

from collections.abc import Iterable

from activities.ports import ContentRow, OrderRow


def hashes(order: OrderRow, trail: Iterable[ContentRow]) -> list[str]:
    """The hash of the one it was opened with, then of each that it adopted since, the present one last."""
    return [order.policy_hash, *(each.data["policy_hash"] for each in trail if each.event == "policy_adopted")]
