"""The command `jiesu`.

Commands are imported when they are called, so that one does not pay for what another needs.
"""

from importlib import import_module
from typing import Any, NamedTuple, override

import typer
from typer.core import TyperGroup


class Command(NamedTuple):
    """Where a command lives: `module:name` of a function or of a `typer.Typer`, and its line in the help."""

    target: str
    help: str


COMMANDS = {
    "up": Command("cli.up:command", "在这台机器上启动全部服务"),
    "worker": Command("cli.processes:worker", "运行 Temporal 工作进程"),
    "api": Command("cli.processes:api", "运行 HTTP 接口"),
    "db": Command("cli.processes:database", "管理数据库"),
    "rehearse": Command("cli.rehearse:command", "在虚拟时间里演练一张工单"),
    "policy": Command("cli.policy:app", "检查、解释和比较时限规则"),
    "bench": Command("cli.bench:command", "测量速度"),
    "archive": Command("cli.archive:app", "核验归档"),
}
