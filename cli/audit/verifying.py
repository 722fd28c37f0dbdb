"""`jiesu audit verify`: acts, orders' trails and anchors are computed anew and compared."""

import asyncio
import sys
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path
from typing import Annotated, NoReturn

import typer

from adapters.audit_check import AuditCheck, NoSuchAnchor
from cli.archive.opened import opened


def verify(
    day: Annotated[str | None, typer.Option(help="只核验这一天锚定的内容，如 2026-11-24")] = None,
    anchors: Annotated[Path | None, typer.Option(help="已公布的锚所在的文件夹，逐一对照")] = None,
) -> None:
    """核验操作台账和各工单台账的哈希链、每日的锚及其签名；有不符时退出码为 1，并逐条说明；参数不可用时为 2。"""
    if anchors is not None and not anchors.is_dir():
        _refuse(f"没有文件夹 {anchors}")
    try:
        broken, check = asyncio.run(_verify(_day(day), anchors))
    except NoSuchAnchor:
        _refuse(f"{day} 没有锚定")
    if broken:
        print(f"{broken} 处不符", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{check.acts} 条操作、{check.orders} 件工单的台账、{check.anchors} 天的锚均完好")


async def _verify(day: date | None, folder: Path | None) -> tuple[int, AuditCheck]:
    """How much is wrong, each told as it is found."""
    broken = 0
    async with opened() as archive:
        check = AuditCheck(archive.database, archive.objects, archive.signatures)
        found: AsyncIterator[str] = check.problems_of_day(day, folder) if day else check.problems(folder)
        async for problem in found:
            broken += 1
            print(problem, file=sys.stderr)
    return broken, check


def _day(given: str | None) -> date | None:
    try:
        return date.fromisoformat(given) if given else None
    except ValueError:
        _refuse(f"--day 应为日期，如 2026-11-24，不是 {given}")


def _refuse(reason: str) -> NoReturn:
    print(reason, file=sys.stderr)
    raise typer.Exit(2)
