"""The command `jiesu`.

Only the module of the command that was asked for is imported: no command pays for what another needs.
"""

import sys
from importlib import import_module
from typing import Any

import typer

# name: (module:attribute, line in the help); the attribute is a function or a `typer.Typer` with subcommands.
COMMANDS = {
    "up": ("cli.up:command", "在这台机器上启动全部服务"),
    "worker": ("cli.processes:worker", "运行 Temporal 工作进程"),
    "api": ("cli.processes:api", "运行 HTTP 接口"),
    "codec": ("cli.processes:codec", "为 Temporal 界面解开加密的内容"),
    "db": ("cli.processes:database", "管理数据库"),
    "rehearse": ("cli.rehearse:command", "在虚拟时间里演练工单"),
    "policy": ("cli.policy:app", "检查、解释、比较时限规则"),
    "bench": ("cli.bench:command", "测量速度"),
    "archive": ("cli.archive:app", "核验归档"),
    "audit": ("cli.audit:app", "核验审计台账"),
    "users": ("cli.users:app", "管理账号"),
    "signal": ("cli.signalling:command", "向工单发信号，附身份凭证"),
    "keys": ("cli.keys:app", "管理公众受理接口的密钥"),
}

BESIDE = frozenset({"archive", "audit", "db", "keys", "signal", "users"})
"""What an operator does beside a `jiesu up`, with its services."""


def main() -> None:
    """Run the command named by the first argument; without one, or with --help, list them.

    Status 2 when what an operator's command needs does not answer: 1 means that something is not as it should be.
    """
    app = typer.Typer(
        help="接诉：12345 热线工单系统", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    beside = bool(BESIDE.intersection(sys.argv[1:2]))
    if beside:
        import_module("cli.beside").join()
    for name, (target, line) in COMMANDS.items():
        command = _resolve(target) if sys.argv[1:2] == [name] else _listed
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, help=line)
        else:
            app.command(name, help=line)(command)
    try:
        app()
    except Exception as error:
        if not beside or (outage := _outage(error)) is None:
            raise
        print(outage, file=sys.stderr)
        raise SystemExit(2) from None


def _outage(error: Exception) -> str | None:
    """What to say of an error that is an outage of something that the command needs; None for any other error."""
    from adapters.outages import OUTAGES  # noqa: PLC0415 (imports every driver)

    if not isinstance(error, OUTAGES):
        return None
    said = str(getattr(error, "orig", None) or error).strip().partition("\n")[0]
    return f"依赖的服务没有响应，可能没有启动：{said or type(error).__name__}"


def _resolve(target: str) -> Any:
    module, attribute = target.split(":")
    return getattr(import_module(module), attribute)


def _listed() -> None:
    """Stands in the list for a command that was not asked for."""


if __name__ == "__main__":
    main()
