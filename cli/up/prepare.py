"""Fills the database, as a process of its own: `python -m cli.up.prepare database|samples`.

`jiesu up` can stop it at any moment, and reports its log like that of a service.
Both parts may be repeated.
"""

import asyncio
import sys

from adapters.database.accounts.api_keys import ApiKeys, new_key
from adapters.database.accounts.sample_accounts import ensure_users
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.migration import upgrade
from adapters.local.process_exit import run
from adapters.policy.policy_file import load
from adapters.settings.settings import settings
from cli.up.folder import keep_keys, load_keys, load_secrets
from domain.policy.channels import Channel
from domain.policy.rule_book import PolicyFile

KEY_NAME = "试用"
KEY_PER_MINUTE = 600


def database() -> None:
    """Migrate, and make the people and keys of the development installation."""
    upgrade(settings().database_owner_url, serving=settings().database_url)
    asyncio.run(_people_and_keys())


async def _people_and_keys() -> None:
    regimes = load(settings().policy_file, PolicyFile).regimes
    units = {name: [unit.id for unit in regime.units] for name, regime in regimes.items()}
    folder = settings().data_folder
    password = load_secrets(folder)["login_password"]
    # First in the folder, then in the database: a key that nobody could read would be let in for ever.
    keep_keys(folder, {name: new_key().text for name in units if name not in load_keys(folder)})
    pool = Database(settings().database_url, Keyring(settings().data_key), pool_size=1)
    try:
        await ensure_users(pool, units, password)
        for regime, key in load_keys(folder).items():
            await ApiKeys(pool).add(key, regime=regime, source=Channel.WEB, name=KEY_NAME, per_minute=KEY_PER_MINUTE)
    finally:
        await pool.dispose()


def samples() -> None:
    """Make the sample orders, which needs a running system."""
    from cli.up.samples import load as load_samples  # noqa: PLC0415 (it imports the workflows)

    asyncio.run(load_samples(settings()))


if __name__ == "__main__":
    run({"database": database, "samples": samples}[sys.argv[1]])
