"""The settings of a `jiesu up` on this machine, for the commands that are typed beside it.

Whoever sets `DATABASE_URL` works on another installation, and nothing is taken from the data folder then.
"""

import os
from collections.abc import Mapping
from pathlib import Path

COMMANDS = frozenset({"api", "archive", "audit", "codec", "db", "jobs", "keys", "signal", "users", "worker"})
"""What works on an installation; all others bring their own or need none."""

OWNER, MIGRATING = "DATABASE_OWNER_URL", "db"
"""The address of the database's owner, and the only command that it is for (docs/adr/0027)."""


def settings_of_up(command: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What has to be added to the environment of a command, by the names that `adapters.settings.settings` reads.

    Empty where a database is named, in production, and where no `jiesu up` has been started in the data folder.
    What is set already stays.
    """
    elsewhere = "DATABASE_URL" in environment or environment.get("JIESU_ENV") == "production"
    if command not in COMMANDS or elsewhere:
        return {}
    from cli.up.folder import known_settings  # noqa: PLC0415 (it brings along what `jiesu up` needs)

    found = known_settings(Path(environment.get("JIESU_DATA", ".jiesu")).absolute())
    if command != MIGRATING:
        found.pop(OWNER, None)
    return {name: value for name, value in found.items() if name not in environment}


def work_beside_up(command: str) -> None:
    """Give this process those settings."""
    os.environ.update(settings_of_up(command, os.environ))
