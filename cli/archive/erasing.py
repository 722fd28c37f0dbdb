"""`jiesu archive erase|hold|release`: erase orders past retention, and hold orders back from erasure."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from datetime import datetime
from getpass import getuser
from typing import Annotated

import typer

from adapters.database.redaction.redaction import Redaction
from adapters.policy.policy_file import load
from adapters.settings.settings import settings
from application.orders.erasure import Eraser
from cli.archive.dry_run import planned_line
from cli.archive.stores import open_stores
from domain.calendar.business_calendar import CST
from domain.policy.rule_book import PolicyFile

Change = Callable[[Redaction, str, datetime], Awaitable[bool]]


def erase(dry_run: Annotated[bool, typer.Option("--dry-run", help="只列出将销毁什么，不销毁")] = False) -> None:
    """销毁保存期已满的工单中的个人信息和文字，统计数据和台账保留。"""
    asyncio.run(_erase(dry_run))


async def _erase(dry_run: bool) -> None:
    async with open_stores() as archive:
        regimes = load(settings().policy_file, PolicyFile).regimes
        eraser, now = Eraser(Redaction(archive.database), archive.objects, regimes), datetime.now(CST)
        if dry_run:
            async for planned in eraser.planned(now):
                print(planned_line(planned))
            return
        try:
            print(f"已销毁 {await eraser.erase_due(getuser(), now)} 件")
        except ExceptionGroup as failed:
            print(f"有 {len(failed.exceptions)} 件未能销毁，其余已销毁：", file=sys.stderr)
            for error in failed.exceptions:
                print(f"  {'；'.join(error.__notes__)}：{error}", file=sys.stderr)
            raise typer.Exit(1) from None


def hold(no: str, reason: Annotated[str, typer.Option(help="为何暂不销毁")]) -> None:
    """暂不销毁一件工单，无论保存期是否已满。"""
    _change(no, lambda erasure, person, now: erasure.hold(no, person, reason, now), "已暂缓销毁")


def release(no: str) -> None:
    """取消暂缓，按保存期销毁。"""
    _change(no, lambda erasure, person, now: erasure.release(no, person, now), "已取消暂缓")


def _change(no: str, change: Change, said: str) -> None:
    async def run() -> bool:
        async with open_stores() as archive:
            return await change(Redaction(archive.database), getuser(), datetime.now(CST))

    if not asyncio.run(run()):
        print(f"{no}：没有归档，或已销毁", file=sys.stderr)
        raise typer.Exit(1)
    print(f"{no}：{said}")
