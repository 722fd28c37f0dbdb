"""Fuzz one harness, guided by coverage: `python -m tests.fuzz.guided NAME FOLDER [options of libFuzzer]`.

Findings are stored in the folder and are the seeds of the next run.
"""

import re
import sys
from importlib import import_module
from pathlib import Path

import atheris

OURS = ["domain", "adapters", "api"]


def main(name: str, folder: Path, options: list[str]) -> None:
    """Never returns: libFuzzer ends the process, with a non-zero status if `one` has raised an exception."""
    with atheris.instrument_imports(include=OURS):
        harness = import_module(f"tests.fuzz.harnesses.{name}")
    corpus = folder / "corpus"
    corpus.mkdir(parents=True, exist_ok=True)
    for number, seed in enumerate(harness.SEEDS):
        (corpus / f"seed-{number}").write_bytes(seed)
    words = sorted({word for seed in harness.SEEDS for word in re.findall(rb"[A-Za-z0-9_]{3,40}", seed)})
    known = folder / "words"
    known.write_text("".join(f'"{word.decode()}"\n' for word in words))
    if words:
        options = [*options, f"-dict={known}"]
    atheris.Setup([sys.argv[0], *options, f"-artifact_prefix={folder}/", str(corpus)], harness.one)
    atheris.Fuzz()


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), sys.argv[3:])
