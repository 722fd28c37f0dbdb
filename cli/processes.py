"""Commands that run one process of an installation each, or maintain its database."""

import asyncio
import os
import sys
from getpass import getuser
from typing import Annotated

import typer

from adapters import logging_setup
from adapters.settings.production_check import CannotServe, UnsafeSettings, require_codec, require_safe
from adapters.settings.settings import ROOT, settings

database = typer.Typer(no_args_is_help=True)


def worker() -> None:
    """Run the Temporal worker by replacing this process, because no module may import `worker.py`."""
    _require_safe_settings()
    os.chdir(ROOT)
    os.execv(sys.executable, [sys.executable, str(ROOT / "worker.py")])  # noqa: S606


def api(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口")] = 8000,
) -> None:
    """Serve the HTTP API until a signal arrives; requests under way are finished."""
    import uvicorn  # noqa: PLC0415 (`jiesu db` does not need a web server)

    _require_safe_settings()
    logging_setup.configure_logging()
    uvicorn.run(
        "api.app:create_app",
        factory=True,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        # JIESU_TRUSTED_PROXIES names the proxies whose forwarding headers are trusted.
        proxy_headers=False,
        timeout_graceful_shutdown=10,
    )


def codec(
    host: Annotated[str, typer.Option(help="监听地址")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="监听端口")] = 8081,
) -> None:
    """Serve the codec until a signal arrives; exit with status 2 and a reason if the settings do not allow it."""
    import uvicorn  # noqa: PLC0415

    try:
        require_codec(settings())
    except CannotServe as reason:
        print(reason, file=sys.stderr)
        raise typer.Exit(2) from None
    logging_setup.configure_logging()
    uvicorn.run(
        "api.codec_server:create_codec",
        factory=True,
        host=host,
        port=port,
        access_log=False,
        log_config=None,
        server_header=False,
        proxy_headers=False,
    )


def _require_safe_settings() -> None:
    try:
        require_safe(settings())
    except UnsafeSettings as unsafe:
        print(unsafe, file=sys.stderr)
        raise typer.Exit(2) from None


@database.callback()
def group() -> None:
    """Keeps its commands subcommands."""


@database.command("upgrade", help="把数据库迁移到本版本的结构")
def upgrade() -> None:
    """Migrate the database to the schema of this version. Raises CannotGrant if its roles do not allow it."""
    from adapters.database.migration import upgrade as migrate  # noqa: PLC0415 (SQLAlchemy is slow to import)

    serving, owner = settings().database_url, settings().database_owner_url
    migrate(owner or serving, getuser(), serving=serving if owner else None)
    print("数据库已是最新。")


@database.command("reseal", help="用 JIESU_DATA_KEY 的第一把密钥重新加密全部数据，可随时中断、重来")
def reseal() -> None:
    """Re-encrypt all data with the first key, so that the others can be removed; exit status 1 if data is left."""
    from adapters.database.encryption import Keyring  # noqa: PLC0415 (SQLAlchemy is slow to import)
    from adapters.database.engine import Database  # noqa: PLC0415
    from adapters.database.key_rotation import Resealed  # noqa: PLC0415
    from adapters.database.key_rotation import reseal as bring_up  # noqa: PLC0415

    def told(done: Resealed) -> None:
        print(f"{done.table}\t{done.seen} 行，改写 {done.changed} 行")
        if done.unreadable:
            print(f"{done.table}：{done.unreadable} 行没有能解开的密钥", file=sys.stderr)
        if done.lost:
            print(f"{done.table}：{done.lost} 个退订号码只有旧密钥的索引，去掉旧密钥后会重新收到短信", file=sys.stderr)

    async def run() -> bool:
        database = Database(settings().database_url, Keyring(settings().data_key), pool_size=2)
        try:
            return await bring_up(database, told)
        finally:
            await database.dispose()

    if not asyncio.run(run()):
        raise typer.Exit(1)
    print("全部数据已改由第一把密钥加密，可以去掉其余密钥。")
