"""`jiesu audit`: verify the audit trail."""

import typer

from cli.audit.verifying import verify

app = typer.Typer(help="核验审计台账", no_args_is_help=True)
app.command()(verify)


@app.callback()
def group() -> None:
    """Keeps `verify` a subcommand."""
