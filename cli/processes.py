"""The processes of a larger installation, one a command; settings come from the environment."""

import os
import sys
from getpass import getuser
from typing import Annotated

import typer

from adapters.safe_settings import UnsafeSettings, require_safe
from adapters.settings import ROOT, settings

database = typer.Typer(no_args_is_help=True)


def worker() -> None:
    """Become the Temporal worker: nothing imports its module, so the process is replaced."""
    _require_safe_settings()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, str(ROOT / "worker.py")])  # noqa: S606


def api(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口")] = 8000,
) -> None:
    """Serve the HTTP API until a signal comes; requests under way are finished."""
    import uvicorn  # noqa: PLC0415 (`jiesu db` does not need a web server)

    _require_safe_settings()
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        access_log=False,
        server_header=False,
        # Whose word counts on where a request comes from is said by JIESU_TRUSTED_PROXIES.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


def codec(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口")] = 8081,
) -> None:
    """Serve the codec until a signal comes; exit status 2 and the reason if the settings do not allow it."""
    import uvicorn  # noqa: PLC0415

    from api.codec_server import CannotServe, create_codec  # noqa: PLC0415

    try:
        app = create_codec()
    except CannotServe as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(2) from None
    uvicorn.run(app, host=host, port=port, access_log=False, server_header=False, proxy_headers=False)


def _require_safe_settings() -> None:
    try:
        require_safe(settings())
    except UnsafeSettings as unsafe:
        print(unsafe, file=sys.stderr)
        raise typer.Exit(2) from None


@database.callback()
def group() -> None:
    """Keeps `upgrade` a subcommand."""


@database.command("upgrade", help="把数据库迁移到本版本的结构")
def upgrade() -> None:
    """Bring the database to the schema of this version."""
    from adapters.database.migrate import upgrade as migrate  # noqa: PLC0415 (SQLAlchemy is slow to import)

    migrate(settings().database_url, getuser())
    print("数据库已是最新。")
