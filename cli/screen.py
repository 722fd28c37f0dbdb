"""Where tables for people are printed."""

from rich.console import Console
from rich.table import Table

PLAIN_WIDTH = 140  # columns when the output is a file or a pipe


def console(*, stderr: bool = False) -> Console:
    """A console that does not squeeze a table when nobody looks."""
    screen = Console(stderr=stderr, highlight=False)
    return screen if screen.is_terminal else Console(stderr=stderr, highlight=False, width=PLAIN_WIDTH)


def table(*names: str, title: str | None = None, lines: bool = False) -> Table:
    """A table that breaks what is too long and cuts nothing off; Chinese has no blanks to break at.

    `lines` parts its rows.
    """
    made = Table(title=title, title_justify="left", show_lines=lines)
    for name in names:
        made.add_column(name, overflow="fold")
    return made
