"""The stages of an order's life, one file a stage, named as the hotline names them.

Importing this package registers every decision and every evolution with `domain.turn`.
"""

from domain.lifecycle import (
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
    notices,
    promises,
    replies,
    returns,
    reviews,
    rework,
    sign_off,
    snapshots,
    supervision,
    suspension,
    unclosed,
)

__all__ = [
    "appeals",
    "approvals",
    "callbacks",
    "closing",
    "deliveries",
    "dispatch",
    "extensions",
    "handling",
    "intake",
    "ladder",
    "merging",
    "notices",
    "promises",
    "replies",
    "returns",
    "reviews",
    "rework",
    "sign_off",
    "snapshots",
    "supervision",
    "suspension",
    "unclosed",
]
