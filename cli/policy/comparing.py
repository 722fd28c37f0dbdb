"""`jiesu policy diff`: two rule books key by key."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from adapters.policy.rule_books import RuleBooks
from cli.policy.choice import open_book, pick
from cli.screen import console, table


def diff(a: str, b: str) -> None:
    """Print the differences between two regimes or two files; if there are none, say so on standard error."""
    if Path(a).is_file() and Path(b).is_file():
        left, right = _file(open_book(Path(a))), _file(open_book(Path(b)))
    else:
        book = open_book()
        left, right = (pick(book, name).model_dump(mode="json") for name in (a, b))
    found = table("键", a, b)
    for key, ours, theirs in differences(left, right):
        found.add_row(key, _shown(ours), _shown(theirs))
    if found.row_count:
        console().print(found)
    else:
        print("没有差异。", file=sys.stderr)


def differences(left: Any, right: Any, key: str = "") -> Iterator[tuple[str, Any, Any]]:
    """Key, left and right value of each difference between two JSON values; None for a missing value."""
    if isinstance(left, dict) and isinstance(right, dict):
        for name in [*left, *(name for name in right if name not in left)]:
            yield from differences(left.get(name), right.get(name), f"{key}.{name}" if key else name)
    elif isinstance(left, list) and isinstance(right, list):
        for index in range(max(len(left), len(right))):
            ours, theirs = (side[index] if index < len(side) else None for side in (left, right))
            yield from differences(ours, theirs, f"{key}[{index}]")
    elif left != right:
        yield key, left, right


def _file(book: RuleBooks) -> dict[str, Any]:
    calendar = book.calendar.model_dump(mode="json")
    return {"calendar": calendar, **{name: regime.model_dump(mode="json") for name, regime in book.regimes.items()}}


def _shown(value: Any) -> str:
    return "—" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
