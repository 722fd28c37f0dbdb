"""The example messages of docs/city-platform.md, against which both sides are tested."""

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def examples(name: str, **numbers: str) -> list[dict[str, Any]]:
    """The entries of a file here, `%city_no%` and the like replaced."""
    text = (HERE / f"{name}.json").read_text("utf-8")
    for key, value in numbers.items():
        text = text.replace(f"%{key}%", value)
    found: list[dict[str, Any]] = json.loads(text)
    return found
