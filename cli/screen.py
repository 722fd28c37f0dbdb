"""Prints tables for people."""

from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 140  # columns when the output is a file or a pipe


def console(*, stderr: bool = False) -> Console:
    """A console; without a terminal it is `PLAIN_WIDTH` columns wide, so that tables are not squeezed."""
    screen = Console(stderr=stderr, highlight=False)
    return screen if screen.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def table(*names: str, title: str | None = None, lines: bool = False) -> Table:
    """A table that wraps long text anywhere, because Chinese has no blanks, and truncates nothing.

    `lines` draws lines between its rows.
    """
    made = Table(title=title, title_justify="left", show_lines=lines)
    for name in names:
        made.add_column(name, overflow="fold")
    return made
