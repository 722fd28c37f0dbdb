"""`jiesu archive verify` and `key`: verify archived orders and their trails; print the public key for that."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator
from typing import Annotated

import typer

from adapters.archive.archive_check import Audit, Audited
from adapters.archive.signature import SigningKeys
from adapters.database.archive.bundles import ArchivedBundles
from adapters.settings.settings import settings
from cli.archive.stores import open_stores


def verify(
    orders: Annotated[list[str] | None, typer.Argument(help="工单编号")] = None,
    every: Annotated[bool, typer.Option("--all", help="核验全部已归档的工单")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="每件工单输出一行 JSON")] = False,
) -> None:
    """核验归档包（每个文件、每个字节、签名）、台账的哈希链和佐证材料；有不符时退出码为 1，并逐条说明。"""
    if bool(orders) == every:
        print("请给出工单编号，或用 --all 核验全部", file=sys.stderr)
        raise typer.Exit(2)
    checked, broken = asyncio.run(_verify(orders or [], as_json))
    if broken:
        raise typer.Exit(1)
    if not as_json:
        print(f"{checked} 件工单的归档包和台账均完好")


async def _verify(orders: list[str], as_json: bool) -> tuple[int, int]:
    """The number of orders that were checked, and of those that were altered; without `orders` all archived ones."""
    checked = broken = 0
    async with open_stores() as archive:
        audit = Audit(archive.database, archive.objects, archive.signatures)
        async for no in _numbers(orders, ArchivedBundles(archive.database)):
            found = await audit.of_order(no)
            checked += 1
            broken += bool(found.problems)
            _print_result(found, as_json)
    return checked, broken


async def _numbers(orders: list[str], archives: ArchivedBundles) -> AsyncIterator[str]:
    if orders:
        for no in orders:
            yield no
        return
    after = ""
    while page := await archives.numbers(after):
        for no in page:
            yield no
        after = page[-1]


def _print_result(found: Audited, as_json: bool) -> None:
    if as_json:
        print(json.dumps(found._asdict() | {"ok": not found.problems}, ensure_ascii=False))
        return
    for problem in found.problems:
        print(f"{found.order}：{problem}", file=sys.stderr)


def key() -> None:
    """输出归档签名的公钥（PEM）；应与归档包分开另行公布，供日后核验。"""
    sys.stdout.write(SigningKeys(settings().archive_key).public_key.decode())
