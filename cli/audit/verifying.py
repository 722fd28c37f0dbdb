"""`jiesu audit verify`: recomputes acts, orders' trails and anchors, and compares them."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from application.audit.verification import AuditCheck, NoSuchAnchor
from cli.archive.stores import open_stores

UNANCHORED = 4
"""The exit status if all records are intact but some days lack an anchor."""


def verify(
    day: Annotated[str | None, typer.Option(help="只核验这一天锚定的内容，如 2026-11-24")] = None,
    anchors: Annotated[Path | None, typer.Option(help="已公布的锚所在的文件夹，逐一对照")] = None,
) -> None:
    """核验操作台账和各工单台账的哈希链、每日的锚及其签名。

    退出码：1 有不符，逐条说明；2 参数不可用；3 数据库或文件存储没有响应；4 均相符，但有的日子没有锚。
    """
    if anchors is not None and not anchors.is_dir():
        _refuse(f"没有文件夹 {anchors}")
    try:
        broken, check = asyncio.run(_verify(_day(day), anchors))
    except NoSuchAnchor:
        _refuse(f"{day} 没有锚定")
    if check.unanchored:
        print(
            f"警告：{_days(check.unanchored)}没有锚，其间的记录被改写也无从发现；请确认接口进程在运行", file=sys.stderr
        )
    if broken:
        print(f"{broken} 处不符", file=sys.stderr)
        raise typer.Exit(1)
    if check.unanchored:
        raise typer.Exit(UNANCHORED)
    print(f"{check.acts} 条操作、{check.orders} 件工单的台账、{check.anchors} 天的锚均完好")


async def _verify(day: date | None, folder: Path | None) -> tuple[int, AuditCheck]:
    """The number of problems, each printed as it is found, and the check with its counts."""
    broken = 0
    async with open_stores() as archive:
        check = AuditCheck(archive.database, archive.objects, archive.signatures)
        found: AsyncIterator[str] = check.problems_of_day(day, folder) if day else check.problems(folder)
        async for problem in found:
            broken += 1
            print(problem, file=sys.stderr)
    return broken, check


def _days(days: list[date]) -> str:
    """The days as one range: they are consecutive, because anchors are made in the order of days."""
    return f"{days[0]} " if len(days) == 1 else f"{days[0]} 至 {days[-1]}（{len(days)} 天）"


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        _refuse(f"--day 应为日期，如 2026-11-24，不是 {given}")


def _refuse(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    raise typer.Exit(2)
