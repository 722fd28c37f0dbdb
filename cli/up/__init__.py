"""`jiesu up`: runs the whole system on this machine until Ctrl-C."""

import asyncio
import time
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

from adapters.settings.production_check import faults
from adapters.settings.settings import settings
from cli.screen import console
from cli.up.errors import CannotStartError, ServiceFailedError
from cli.up.folder import load_keys, load_secrets, opened
from cli.up.ports import refuse_busy
from cli.up.screen import public_interface, show
from cli.up.shutdown import uninterrupted, until_signal


def command(
    data: Annotated[Path, typer.Option(help="数据文件夹")] = Path(".jiesu"),
    port: Annotated[int, typer.Option(help="接口的端口")] = 8000,
    temporal_port: Annotated[int, typer.Option(help="Temporal 的端口")] = 7233,
    ui_port: Annotated[int, typer.Option(help="Temporal 界面的端口")] = 8233,
    gateway_port: Annotated[int, typer.Option(help="短信网关的端口")] = 8025,
    city_port: Annotated[int, typer.Option(help="模拟市平台的端口")] = 8026,
) -> None:
    """Start, print the addresses, and run until Ctrl-C."""
    ports = {
        "--port": port,
        "--temporal-port": temporal_port,
        "--ui-port": ui_port,
        "--gateway-port": gateway_port,
        "--city-port": city_port,
    }
    screen = console()
    try:
        _refuse_production()
        with opened(data) as folder:
            refuse_busy(ports)
            asyncio.run(until_signal(_run(folder, list(ports.values()), screen)))
    except (CannotStartError, ServiceFailedError) as problem:
        console(stderr=True).print(str(problem), style="red", markup=False)
        raise typer.Exit(problem.status) from None
    except KeyboardInterrupt:
        pass
    screen.print("已停止。")


def _refuse_production() -> None:
    """Raises CannotStartError in production: `jiesu up` uses sandbox peers and one password for everybody."""
    if settings().environment == "production":
        unsafe = [f"- {fault}" for fault in faults(settings())]
        reason = "jiesu up 只用于开发和试用；生产环境请分别运行 jiesu api 和 jiesu worker（见 docs/operations.md）。"
        raise CannotStartError("\n".join([reason, *(["此外设置不安全：", *unsafe] if unsafe else [])]))


async def _run(folder: Path, ports: list[int], screen: Console) -> None:
    from cli.up.stack import Ports, Stack  # noqa: PLC0415 (loads Temporal's client; ports are checked before)

    began = time.monotonic()
    secrets = load_secrets(folder)
    stack = Stack(folder, Ports(*ports), secrets)
    try:
        with screen.status("正在启动……"):
            await stack.start()
        addresses = stack.addresses() | public_interface(stack.base, load_keys(folder))
        show(screen, addresses, secrets["login_password"], time.monotonic() - began)
        await stack.watch(screen.print)
    finally:
        await uninterrupted(stack.stop())
