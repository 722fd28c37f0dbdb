"""`jiesu archive verify`: re-check what was archived, and the audit trail behind it."""

import asyncio
import hashlib
import sys
from pathlib import PurePosixPath
from typing import Annotated

import typer

from adapters.bagit_archive import Bundles, NotABundle
from adapters.database.archives import Archives
from adapters.database.crypto import Keyring
from adapters.database.engine import Database
from adapters.database.trail import Trail
from adapters.object_store import Objects
from adapters.settings import settings

app = typer.Typer(help="核验归档", no_args_is_help=True)


@app.callback()
def _archive() -> None:
    """核验归档。"""


@app.command()
def verify(orders: Annotated[list[str], typer.Argument(help="工单编号")]) -> None:
    """核验归档包的每个校验值和台账的哈希链；有一件不符时退出码为 1，并逐条说明。"""
    problems = asyncio.run(_verify(orders))
    for problem in problems:
        print(problem, file=sys.stderr)
    if problems:
        raise typer.Exit(1)
    print(f"{len(orders)} 件工单的归档包和台账均完好")


async def _verify(orders: list[str]) -> list[str]:
    chosen = settings()
    database = Database(chosen.database_url, Keyring(chosen.data_key), pool_size=2)
    try:
        found = [await _problems(no, Archives(database), Trail(database), Objects(chosen)) for no in orders]
    finally:
        await database.dispose()
    return [problem for problems in found for problem in problems]


async def _problems(no: str, archives: Archives, trail: Trail, objects: Objects) -> list[str]:
    """What is wrong with one order, a sentence each."""
    noted = await archives.get(no)
    if noted is None:
        return [f"{no}：没有归档记录"]
    problems = [f"{no}：台账：{problem}" for problem in await trail.verify(no)]
    content = await objects.get(noted.bundle)
    if content is None:
        return [*problems, f"{no}：归档包 {noted.bundle} 不见了"]
    if hashlib.sha256(content).hexdigest() != noted.sha256:
        problems.append(f"{no}：归档包 {noted.bundle} 与归档时的校验值不符")
    try:
        Bundles().verify(PurePosixPath(noted.bundle).stem, content)
    except NotABundle as error:
        problems.append(f"{no}：归档包内容有误：{error}")
    return problems
