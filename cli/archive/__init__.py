"""`jiesu archive`: re-check what was archived, keep it from erasure, and erase what is past its time."""

import typer

from cli.archive.erasing import erase, hold, release
from cli.archive.signing import key
from cli.archive.verifying import verify

app = typer.Typer(help="核验归档", no_args_is_help=True)
app.command()(verify)
app.command()(key)
app.command()(erase)
app.command()(hold)
app.command()(release)
