"""`jiesu archive`: is what was archived still what it was, and what is past its retention?"""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from getpass import getuser
from typing import Annotated, TypeVar

import typer

from adapters.archive_check import ArchiveCheck
from adapters.archive_signature import Signer
from adapters.bagit_archive import Bundles
from adapters.database.archives import Archives
from adapters.database.crypto import Keyring
from adapters.database.engine import Database
from adapters.database.erasure import Erasure
from adapters.eraser import Eraser
from adapters.object_store import Objects
from adapters.policy_file import load
from adapters.settings import settings
from domain.calendar import CST
from domain.policy import PolicyFile

T = TypeVar("T")

app = typer.Typer(help="核验归档", no_args_is_help=True)


@app.callback()
def _archive() -> None:
    """核验归档。"""


@app.command()
def verify(
    orders: Annotated[list[str] | None, typer.Argument(help="工单编号")] = None,
    everything: Annotated[bool, typer.Option("--all", help="核验全部归档")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每件工单一行 JSON")] = False,
) -> None:
    """核验归档包的每个文件、签名和台账的哈希链；有一件不符时退出码为 1，并逐条说明。"""
    if not orders and not everything:
        print("请给出工单编号，或用 --all 核验全部", file=sys.stderr)
        raise typer.Exit(2)
    checked = asyncio.run(_verify(orders or [], everything))
    for no, problems in checked.items():
        if as_json:
            print(json.dumps({"no": no, "problems": problems}, ensure_ascii=False))
        for problem in problems if not as_json else ():
            print(f"{no}：{problem}", file=sys.stderr)
    if any(checked.values()):
        raise typer.Exit(1)
    if not as_json:
        print(f"{len(checked)} 件工单的归档包和台账均完好")


@app.command()
def erase(dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出到期的工单")] = False) -> None:
    """销毁保存期已满的工单中的个人信息和文字，统计数据和台账保留。"""

    async def run(database: Database, objects: Objects) -> None:
        regimes = load(settings().policy_file, PolicyFile).regimes
        eraser, now = Eraser(Erasure(database), objects, regimes), datetime.now(CST)
        if dry_run:
            async for kept in eraser.due(now):
                print(f"{kept.no}\t{kept.archived_at.astimezone(CST):%Y-%m-%d}")
            return
        print(f"已销毁 {await eraser.erase_due(getuser(), now)} 件")

    asyncio.run(_with_stores(run))


@app.command()
def hold(no: str, reason: Annotated[str, typer.Option(help="为何暂不销毁")]) -> None:
    """暂不销毁一件工单，无论保存期是否已满。"""
    _change(no, lambda erasure, person, now: erasure.hold(no, person, reason, now), "已暂缓销毁")


@app.command()
def release(no: str) -> None:
    """取消暂缓，按保存期销毁。"""
    _change(no, lambda erasure, person, now: erasure.release(no, person, now), "已取消暂缓")


def _change(no: str, change: Callable[[Erasure, str, datetime], Awaitable[bool]], said: str) -> None:
    async def run(database: Database, _: Objects) -> bool:
        return await change(Erasure(database), getuser(), datetime.now(CST))

    if not asyncio.run(_with_stores(run)):
        print(f"{no}：没有归档，或已销毁", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{no}：{said}")


async def _with_stores(run: Callable[[Database, Objects], Awaitable[T]]) -> T:
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=2)
    try:
        return await run(database, Objects(chosen))
    finally:
        await database.dispose()


async def _verify(orders: list[str], everything: bool) -> dict[str, list[str]]:
    async def run(database: Database, objects: Objects) -> dict[str, list[str]]:
        check = ArchiveCheck(database, objects, Bundles(Signer(settings().archive_key)))
        wanted = [no async for no in Archives(database).numbers()] if everything else orders
        return {no: await check.problems(no) for no in wanted}

    return await _with_stores(run)
