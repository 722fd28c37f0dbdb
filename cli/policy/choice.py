"""Selects the rule books for a command of `jiesu policy`; an unusable choice ends it with status 2."""

import sys
from pathlib import Path
from typing import NoReturn

import typer

from adapters.policy.policy_file import PolicyErrors
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import settings
from domain.policy.rule_book import Regime
from domain.refusal import Refused

UNUSABLE = 2


def fail(message: str) -> NoReturn:
    """Print the message and exit with status 2."""
    print(message, file=sys.stderr)
    raise typer.Exit(UNUSABLE)


def open_book(file: Path | None = None, year: int | None = None) -> RuleBooks:
    """The rule books of a file, or else of the installation, with the calendar around a year."""
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
