"""The stages of an order's life, one file a stage, named as the hotline names them.

Importing this package registers every decision and every evolution with `domain.order.turn`.
"""

from domain.order import deadlines, notices
from domain.order.lifecycle import (
    appeals,
    approvals,
    callbacks,
    closing,
    deliveries,
    dispatch,
    extensions,
    handling,
    intake,
    ladder,
    merging,
    replies,
    returns,
    reviews,
    rework,
    rule_changes,
    sign_off,
    supervision,
    suspension,
    unclosed,
)

__all__ = [
    "appeals",
    "approvals",
    "callbacks",
    "closing",
    "deadlines",
    "deliveries",
    "dispatch",
    "extensions",
    "handling",
    "intake",
    "ladder",
    "merging",
    "notices",
    "replies",
    "returns",
    "reviews",
    "rework",
    "rule_changes",
    "sign_off",
    "supervision",
    "suspension",
    "unclosed",
]
