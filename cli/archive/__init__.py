"""`jiesu archive`: verify archived orders, hold them back from erasure, and erase those past retention."""

import typer

from cli.archive.erasing import erase, hold, release
from cli.archive.verifying import key, verify

app = typer.Typer(help="核验归档", no_args_is_help=True)
app.command()(verify)
app.command()(key)
app.command()(erase)
app.command()(hold)
app.command()(release)
