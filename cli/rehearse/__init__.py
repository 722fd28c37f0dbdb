"""`jiesu rehearse`: plays scenarios through the real workflow, activities, server and database in virtual time."""

import asyncio
import json
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated

import typer

from adapters.local.postgres import PostgresUnavailableError
from adapters.local.temporal import TemporalUnavailableError
from adapters.policy.policy_file import PolicyErrors, load
from adapters.settings.settings import settings
from cli.rehearse.play import Played, play
from cli.rehearse.scenario import Scenario, read
from cli.rehearse.screen import show
from cli.rehearse.stack import stage
from cli.screen import console
from domain.policy.rule_book import PolicyFile, Regime
from domain.refusal import Refused

AT_ONCE = 24
"""Rehearsals that run at a time: more would only wait for each other and delay their steps."""

HOLDS, DOES_NOT_HOLD, UNUSABLE = 0, 1, 2

Script = tuple[Path, Scenario]


def command(
    files: Annotated[list[Path], typer.Argument(help="演练脚本（YAML）")],
    as_json: Annotated[bool, typer.Option("--json", help="每行一个 JSON 对象，供程序读取")] = False,
    policies: Annotated[Path | None, typer.Option(help="试用另一份 policies.yaml")] = None,
) -> None:
    """演练一份或多份脚本；全部预期成立时退出码为 0，有一条不成立为 1，脚本不可用为 2。"""
    policies = (policies or settings().policy_file).absolute()
    scripts, regimes = _read(files, policies)
    try:
        played = asyncio.run(_perform(scripts, policies))
    except (PostgresUnavailableError, TemporalUnavailableError, RuntimeError) as error:
        print(error, file=sys.stderr)
        raise typer.Exit(UNUSABLE) from error
    unusable = False
    for result in played:
        if isinstance(result, Played):
            units = {unit.id: unit.name for unit in regimes[result.scenario.policy].units}
            _print(result, units, as_json=as_json, several=len(files) > 1)
        else:
            print(result, file=sys.stderr)
            unusable = True
    if unusable:
        raise typer.Exit(UNUSABLE)
    raise typer.Exit(DOES_NOT_HOLD if any(p.problems for p in played if isinstance(p, Played)) else HOLDS)


def _read(files: Sequence[Path], policies: Path) -> tuple[list[Script], dict[str, Regime]]:
    scripts: list[Script] = []
    try:
        regimes = load(policies, PolicyFile).regimes
    except PolicyErrors as errors:
        _complain(policies, errors)
        raise typer.Exit(UNUSABLE) from errors
    usable = True
    for path in files:
        try:
            scripts.append((path, read(path, regimes)))
        except PolicyErrors as errors:
            _complain(path, errors)
            usable = False
    if not usable:
        raise typer.Exit(UNUSABLE)
    return scripts, regimes


def _complain(path: Path, errors: PolicyErrors) -> None:
    for problem in errors.problems:
        where = f"{problem.key}：" if problem.key else ""
        print(f"{path}:{problem.line}: {where}{problem.message}", file=sys.stderr)


async def _perform(scripts: Sequence[Script], policies: Path) -> list[Played | str]:
    places = asyncio.Semaphore(AT_ONCE)
    async with stage(policies, sandboxed=False) as ready:

        async def one(number: int, path: Path, scenario: Scenario) -> Played | str:
            async with places:
                try:
                    return await play(ready, path, scenario, number)
                except Refused as refused:
                    return f"{path}: order：{refused.reason}"

        return await asyncio.gather(*(one(n, path, scenario) for n, (path, scenario) in enumerate(scripts, start=1)))


def _print(played: Played, units: Mapping[str, str], *, as_json: bool, several: bool) -> None:
    if not as_json:
        show(console(), played, units)
        return
    for row in played.timeline:
        named = {"scenario": str(played.path), **row} if several else row
        print(json.dumps(named, ensure_ascii=False))
    for problem in played.problems:
        print(f"{played.path}: {problem}", file=sys.stderr)
    if played.remark:
        print(f"{played.path}: {played.remark}", file=sys.stderr)
