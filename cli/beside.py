"""Commands of the operator beside a `jiesu up`: they find its services without being told where these are."""

import os
import sys
from pathlib import Path

from cli.up.folder import settings_in


def join() -> None:
    """Take over the settings that `jiesu up` keeps in the data folder (`JIESU_DATA`, else `.jiesu`).

    Not where the environment names a database: an installation that was set up by hand is meant. What the environment
    says besides stands. A folder that cannot be read is told on standard error, with status 2.
    """
    if "DATABASE_URL" in os.environ or os.environ.get("JIESU_ENV") == "production":
        return
    folder = Path(os.environ.get("JIESU_DATA") or ".jiesu").expanduser().absolute()
    try:
        found = settings_in(folder)
    except (OSError, ValueError, KeyError) as error:
        print(f"数据文件夹 {folder} 读不出来：{error}", file=sys.stderr)
        raise SystemExit(2) from None
    for name, value in found.items():
        os.environ.setdefault(name, value)
