"""`jiesu keys`: API keys of applications that send demands by Open311."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from getpass import getuser
from typing import Annotated, TypeVar

import typer

from adapters.database.accounts.api_keys import ApiKeys, KeyCard, new_key
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.policy.policy_file import load
from adapters.settings.settings import settings
from domain.labels import label
from domain.policy.channels import Channel
from domain.policy.rule_book import PolicyFile

PER_MINUTE = 60
T = TypeVar("T")

app = typer.Typer(help="管理公众受理接口（Open311）的密钥", no_args_is_help=True)


@app.command()
def add(
    regime: Annotated[str, typer.Option(help="地区（规程编号）")],
    source: Annotated[Channel, typer.Option(help="渠道，记为工单的来源")],
    name: Annotated[str, typer.Option(help="谁在用，给人看的名称")],
    per_minute: Annotated[int, typer.Option(min=1, max=100_000, help="每分钟至多几次")] = PER_MINUTE,
) -> None:
    """发放密钥。密钥只显示这一次，库中只存其散列值。"""
    known = load(settings().policy_file, PolicyFile).regimes
    if regime not in known:
        _refuse(f"没有名为“{regime}”的规程，可选：{'、'.join(known)}")
    if not name.strip() or not name.isprintable():
        _refuse("名称 --name 不能为空，也不能含有控制字符")
    key = new_key()
    _with_keys(
        lambda keys: keys.add(key.text, regime=regime, source=source, name=name, per_minute=per_minute, by=getuser())
    )
    print(key.text)


@app.command("list")
def show() -> None:
    """列出密钥：前缀、地区、渠道、限次、是否停用。"""
    for card in _with_keys(ApiKeys.cards):
        print(_line(card))


@app.command()
def revoke(prefix: Annotated[str, typer.Argument(help="密钥的前缀")]) -> None:
    """停用密钥，立即生效，不能恢复。"""
    if not prefix.isprintable() or not _with_keys(lambda keys: keys.revoke(prefix, getuser())):
        _refuse(f"没有前缀为 {prefix} 的在用密钥")
    print(f"{prefix} 已停用")


def _line(card: KeyCard) -> str:
    state = f"停用于 {card.revoked_at:%Y-%m-%d}" if card.revoked_at else "在用"
    columns = (card.prefix, card.regime, label(card.source, "source"), f"{card.per_minute}/分钟", state, card.name)
    return "\t".join(columns)


def _with_keys(work: Callable[[ApiKeys], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(settings().database_url, Keyring(settings().data_key), pool_size=1)
        try:
            return await work(ApiKeys(database))
        finally:
            await database.dispose()

    return asyncio.run(run())


def _refuse(reason: str) -> None:
    print(reason, file=sys.stderr)
    raise typer.Exit(2)
