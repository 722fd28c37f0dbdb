"""Passes the settings of a local `jiesu up` to other commands on the same machine.

If `DATABASE_URL` is set, the command works on another installation, and nothing is read from the data folder.
"""

import os
from collections.abc import Mapping
from pathlib import Path

COMMANDS = frozenset({"api", "archive", "audit", "codec", "db", "jobs", "keys", "signal", "users", "worker"})
"""Commands that work on an installation; the others start their own or need none."""

OWNER, MIGRATING = "DATABASE_OWNER_URL", "db"
"""The setting with the URL of the database's owner, and the only command that gets it (docs/adr/0027)."""


def settings_of_up(command: str, environment: Mapping[str, str]) -> dict[str, str]:
    """The settings to add to the environment of a command, by the names that `adapters.settings.settings` reads.

    Empty if `DATABASE_URL` is set, in production, and if no `jiesu up` has been started in the data folder.
    Settings that are in the environment already are left out.
    """
    elsewhere = "DATABASE_URL" in environment or environment.get("JIESU_ENV") == "production"
    if command not in COMMANDS or elsewhere:
        return {}
    from cli.up.folder import known_settings  # noqa: PLC0415 (it imports the dependencies of `jiesu up`)

    found = known_settings(Path(environment.get("JIESU_DATA", ".jiesu")).absolute())
    if command != MIGRATING:
        found.pop(OWNER, None)
    return {name: value for name, value in found.items() if name not in environment}


def use_settings_of_up(command: str) -> None:
    """Add those settings to the environment of this process."""
    os.environ.update(settings_of_up(command, os.environ))
