"""Filling the database, as a process of its own: `python -m cli.up.prepare database|samples`.

`jiesu up` can stop it at any moment, reports its log like any service's, and need not import what it imports.
Both parts may be repeated.
"""

import asyncio
import sys

from adapters.database.crypto import Keyring
from adapters.database.development import ensure_users
from adapters.database.engine import Database
from adapters.database.migrate import upgrade
from adapters.policy_file import load
from adapters.settings import settings
from cli.up.folder import load_secrets
from domain.policy import PolicyFile


def database() -> None:
    """Migrate, and make the people of the development installation."""
    upgrade(settings().database_url)
    asyncio.run(_users())


async def _users() -> None:
    regimes = load(settings().policy_file, PolicyFile).regimes
    units = {name: [unit.id for unit in regime.units] for name, regime in regimes.items()}
    password = load_secrets(settings().data_folder)["login_password"]
    pool = Database(settings().database_url, Keyring(settings().data_key), pool_size=1)
    try:
        await ensure_users(pool, units, password)
    finally:
        await pool.dispose()


def samples() -> None:
    """Make the sample orders, which needs a running system."""
    from cli.up.samples import load as load_samples  # noqa: PLC0415 (it imports the workflows)

    asyncio.run(load_samples(settings()))


if __name__ == "__main__":
    {"database": database, "samples": samples}[sys.argv[1]]()
