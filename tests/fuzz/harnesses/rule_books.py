"""Rule books with faults: every fault is reported with its line, and no other exception is raised."""

from adapters.policy.policy_file import PolicyErrors, load, resolve
from adapters.settings.settings import ROOT
from domain.policy.rule_book import PolicyFile

LINES = (ROOT / "policies.yaml").read_text("utf-8").splitlines()
BLOCK = 12


def _blocks() -> list[bytes]:
    """Parts of the real rule books, each as a county of its own."""
    inside = [line for line in LINES if line.startswith("    ")]
    pieces = ["\n".join(inside[place : place + BLOCK]) for place in range(0, len(inside), BLOCK)]
    return [f"regimes:\n  a:\n{piece}\n  b: {{extends: a}}\n".encode() for piece in pieces]


SEEDS = (
    b"",
    b"regimes: {}",
    b"regimes: {a: {extends: b}, b: {extends: a}}",
    b"regimes: {a: &x {name: *x}}",
    b"? [a, b]\n: c",
    b"calendar: {working_hours: ['08:30-12:00']}",
    b"a: 1\na: 2",
    b"a: !!python/object/apply:os.system ['true']",
    *_blocks(),
)


def one(data: bytes) -> None:
    text = data.decode("utf-8", "replace")
    for read in (lambda: load(text, PolicyFile), lambda: resolve(text, aliases=True)):
        try:
            read()
        except PolicyErrors as errors:
            assert str(errors)
