"""Print how many tests of each kind (folder below tests/) passed, from pytest's JUnit file."""

import sys
from collections import Counter, defaultdict
from xml.etree import ElementTree as ET


def main(file: str) -> None:
    """One line a kind, then the sum."""
    kinds: dict[str, Counter[str]] = defaultdict(Counter)
    for case in ET.parse(file).iter("testcase"):  # noqa: S314 (pytest wrote it a moment ago)
        outcome = {"skipped": "skipped", "failure": "failed", "error": "failed"}
        found = next((outcome[child.tag] for child in case if child.tag in outcome), "passed")
        kinds[case.get("classname", "").split(".")[1]][found] += 1
    kinds["total"] = sum(kinds.values(), Counter())
    for kind, counts in sorted(kinds.items(), key=lambda item: (item[0] == "total", item[0])):
        print(f"{kind:14}" + "  ".join(f"{counts[name]:5} {name}" for name in ("passed", "skipped", "failed")))  # noqa: T201


if __name__ == "__main__":
    main(sys.argv[1])
