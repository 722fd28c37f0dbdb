"""Print branch coverage by package and the files with the most uncovered branches, from `coverage json`."""

import json
import sys
from collections import Counter, defaultdict
from pathlib import Path

LISTED = 10


def main(file: str) -> None:
    """One line a top-level package and its folders' files, then the least covered files."""
    files = {path: found["summary"] for path, found in json.loads(Path(file).read_text("utf-8"))["files"].items()}
    packages: dict[str, Counter[str]] = defaultdict(Counter)
    for path, summary in files.items():
        for package in (path.split("/")[0], "total"):
            packages[package].update({name: summary[name] for name in COLUMNS})
    print(f"{'branch coverage':44}{'branches':>9}{'missed':>8}{'lines':>8}{'missed':>8}")  # noqa: T201
    for package, counts in sorted(packages.items(), key=lambda item: (item[0] == "total", item[0])):
        print(_line(package, counts))  # noqa: T201
    least = sorted(files.items(), key=lambda item: (-item[1]["missing_branches"], -item[1]["missing_lines"], item[0]))
    for path, summary in least[:LISTED]:
        print(_line(f"  {path}", summary))  # noqa: T201


COLUMNS = ("num_branches", "missing_branches", "num_statements", "missing_lines")


def _line(name: str, counts: dict[str, int] | Counter[str]) -> str:
    branches, missed, lines, missed_lines = (counts[column] for column in COLUMNS)
    share = 100 * (branches - missed) / branches if branches else 100.0
    return f"{name:44}{branches:9}{missed:8}{lines:8}{missed_lines:8}  {share:5.1f} %"


if __name__ == "__main__":
    main(sys.argv[1])
