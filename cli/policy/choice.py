"""The rule books that a command of `jiesu policy` works on; what cannot be used ends it with status 2."""

import sys
from pathlib import Path
from typing import NoReturn

import typer

from adapters.policy.policy_book import RuleBooks
from adapters.policy.policy_file import PolicyErrors
from adapters.settings.settings import settings
from domain.policy.rule_book import Regime
from domain.refusal import Refused

UNUSABLE = 2


def fail(message: str) -> NoReturn:
    """Say why and end with status 2."""
    print(message, file=sys.stderr)
    raise typer.Exit(UNUSABLE)


def open_book(file: Path | None = None, year: int | None = None) -> RuleBooks:
    """The book of a file, else of the installation, with the calendar around a year."""
    source = file or settings().policy_file
    try:
        return RuleBooks.load(source, year)
    except PolicyErrors as errors:
        for problem in errors.problems:
            print(f"{source}:{problem}", file=sys.stderr)
        raise typer.Exit(UNUSABLE) from None


def pick(book: RuleBooks, name: str) -> Regime:
    """A regime by id."""
    try:
        return book.regime(name)
    except Refused as refused:
        fail(refused.reason)
