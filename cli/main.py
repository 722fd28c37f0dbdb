"""The command `jiesu`.

Only the module of the requested command is imported, so that no command loads the dependencies of another.
"""

import sys
from importlib import import_module
from pathlib import Path
from typing import Any

import typer

from adapters.local.process_exit import run
from cli.local_environment import use_settings_of_up
from cli.typer_chinese import speak_chinese

ROOT = Path(__file__).resolve().parent.parent

# name: (module:attribute, help line); the attribute is a function or a `typer.Typer` with subcommands.
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
    "signal": ("cli.signal:command", "向工单发信号，附身份凭证"),
    "keys": ("cli.keys:app", "管理公众受理接口的密钥"),
    "jobs": ("cli.jobs:app", "查看、运行定期任务"),
}

FOR_TRYING_OUT = {"up": "sandbox", "rehearse": "sandbox", "bench": "benchmarks"}
"""Commands, each with the folder that it needs and that a production image leaves out (.dockerignore)."""


def main() -> None:
    """Run the command named by the first argument; without one, or with --help, list them."""
    asked = "".join(sys.argv[1:2])
    folder = FOR_TRYING_OUT.get(asked)
    if folder is not None and not (ROOT / folder).is_dir():
        print(f"此安装不含 {folder}，不能运行 jiesu {asked}：试用、演练和测速请用完整的源代码。", file=sys.stderr)
        sys.exit(2)
    speak_chinese()
    app = typer.Typer(
        help="接诉：12345 热线工单系统", no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False
    )
    for name, (target, line) in COMMANDS.items():
        command = _resolve(target) if asked == name else _placeholder
        if isinstance(command, typer.Typer):
            app.add_typer(command, name=name, help=line)
        else:
            app.command(name, help=line)(command)
    use_settings_of_up(asked)
    run(lambda: _run_app(app))


def _run_app(app: typer.Typer) -> None:
    """Run the command; print an error that an operator can fix as a message with an exit status, not as a trace."""
    try:
        app()
    except Exception as error:
        from cli.error_messages import ending  # noqa: PLC0415 (only a failure needs its imports)

        said = ending(error)
        if said is None:
            raise
        print(said.words, file=sys.stderr)
        sys.exit(said.status)


def _resolve(target: str) -> Any:
    module, attribute = target.split(":")
    return getattr(import_module(module), attribute)


def _placeholder() -> None:
    """A placeholder in the list of commands for those that were not requested."""


if __name__ == "__main__":
    main()
