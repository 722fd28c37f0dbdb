"""`jiesu policy check`: validates a file of rule books."""

from pathlib import Path
from typing import Annotated

import typer

from cli.policy.choice import open_book


def check(file: Annotated[Path | None, typer.Argument(help="规则文件，缺省为本机安装的文件")] = None) -> None:
    """Print every fault with its line on standard error and exit with status 2, or print a summary of the file."""
    book = open_book(file)
    for name, regime in book.regimes.items():
        print(f"{name}\t{regime.name}\t{book.hashes[name]}")
    print(f"没有错误。日历为国务院已公布至 {book.calendar.official_through} 年的安排，其后各年暂按法定节假日推算。")
