"""`jiesu archive`: is what was archived still what it was?"""

import asyncio
import json
import sys
from typing import Annotated

import typer

from adapters.archive_check import ArchiveCheck
from adapters.archive_signature import Signer
from adapters.bagit_archive import Bundles
from adapters.database.archives import Archives
from adapters.database.crypto import Keyring
from adapters.database.engine import Database
from adapters.object_store import Objects
from adapters.settings import settings

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


async def _verify(orders: list[str], everything: bool) -> dict[str, list[str]]:
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=2)
    try:
        check = ArchiveCheck(database, Objects(chosen), Bundles(Signer(chosen.archive_key)))
        wanted = [no async for no in Archives(database).numbers()] if everything else orders
        return {no: await check.problems(no) for no in wanted}
    finally:
        await database.dispose()
