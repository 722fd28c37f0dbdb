"""`jiesu bench`: runs every benchmark of `benchmarks/`, one after another, each in its own process."""

import subprocess
import sys
from typing import Annotated

import typer

from adapters.settings.settings import ROOT


def command(names: Annotated[list[str] | None, typer.Argument(help="只测这些；缺省为全部")] = None) -> None:
    """测量速度：每项都是同一次运行中的比值。"""
    found = sorted(path.stem for path in (ROOT / "benchmarks").glob("*.py") if path.stem != "__init__")
    if unknown := sorted(set(names or ()) - set(found)):
        print(f"没有这项测量：{'、'.join(unknown)}；可选：{'、'.join(found)}", file=sys.stderr)
        raise typer.Exit(2)
    failed = False
    for name in names or found:
        print(f"── {name}", flush=True)
        done = subprocess.run([sys.executable, "-m", f"benchmarks.{name}"], cwd=ROOT, check=False)
        failed = failed or done.returncode != 0
    raise typer.Exit(1 if failed else 0)
