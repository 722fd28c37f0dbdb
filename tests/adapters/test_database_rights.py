"""Database rights of worker and API: the server permits what their work needs and refuses everything else."""

import hashlib
import hmac
import subprocess
import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from itertools import count

import psycopg
import pytest
from psycopg import errors

from adapters.database import migration
from adapters.database.audit.acts import ActFilter, Acts
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.roles.granting import CannotGrant
from adapters.database.roles.rights import RIGHTS, SEQUENCES
from adapters.database.tables import Table
from adapters.local.postgres import LocalPostgres
from adapters.settings.settings import ROOT, environment, with_password
from domain.access.acts import Act, Deed
from tests.postgres import as_owner

READ = Act(deed=Deed.ORDER_READ, person="agent")
_numbers = count(1)


@pytest.fixture
def role(postgres: LocalPostgres) -> Callable[[str], str]:
    """A function that creates a role with these attributes and returns its name."""

    def make(attributes: str) -> str:
        name = f"role_{next(_numbers)}"
        with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
            connection.execute(f"CREATE ROLE {name} LOGIN {attributes}".encode())
        return name

    return make


@pytest.fixture(scope="module")
def shared(new_database_url: Callable[[], str]) -> Iterator[psycopg.Connection]:
    """A connection as worker and API; tests change nothing in this database."""
    with psycopg.connect(new_database_url(), autocommit=True) as connection:
        yield connection


def refused(connection: psycopg.Connection, statement: str) -> None:
    """Fails the test unless the server refuses the statement."""
    with pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement.encode())


def as_role(url: str, name: str) -> str:
    """The URL of the same database for another role."""
    return f"postgresql://{name}@{url.partition('@')[2]}"


def test_whoever_adds_a_table_or_a_sequence_has_to_say_what_worker_and_api_may_do_with_it(database_url: str) -> None:
    assert set(RIGHTS) == set(Table.metadata.tables)
    for name, rights in RIGHTS.items():
        table = Table.metadata.tables[name]
        columns = {column.name for column in table.columns} - {column.name for column in table.primary_key}
        assert set(rights.update or ()) <= columns, name
    with psycopg.connect(database_url) as connection:
        made = connection.execute("SELECT sequencename FROM pg_sequences ORDER BY 1").fetchall()
    assert tuple(name for (name,) in made) == SEQUENCES


@pytest.mark.parametrize("table", ["acts", "anchored_heads", "anchors", "audit_trail", "policy_snapshots"])
def test_what_is_proof_is_beyond_them(shared: psycopg.Connection, table: str) -> None:
    column = next(iter(Table.metadata.tables[table].columns)).name
    for statement in (
        "UPDATE {0} SET {1} = {1}",
        "DELETE FROM {0}",
        "TRUNCATE {0}",
        "ALTER TABLE {0} DISABLE TRIGGER ALL",
        "DROP TABLE {0}",
    ):
        refused(shared, statement.format(table, column))


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE archives SET sha256 = '0'",
        "UPDATE archives SET created_at = now()",
        "UPDATE attachments SET object_key = 'another'",
        "UPDATE documents SET order_no = 'another'",
        "UPDATE work_orders SET policy_hash = 'another'",
        "DELETE FROM archives",
        "DELETE FROM documents",
        "DELETE FROM users",
        "DELETE FROM work_orders",
        "TRUNCATE sessions",
        "SELECT setval('order_no', 1)",
        "CREATE TABLE more ()",
        "CREATE FUNCTION more() RETURNS int LANGUAGE sql AS 'SELECT 1'",
        "CREATE TRIGGER more BEFORE INSERT ON acts EXECUTE FUNCTION proof_is_append_only()",
        "ALTER TABLE work_orders ADD COLUMN more int",
        "CREATE INDEX more ON work_orders (no)",
        "UPDATE alembic_version SET version_num = '0'",
        "SET session_replication_role = replica",
        "SET ROLE postgres",
        "CREATE ROLE more",
        "CREATE DATABASE more",
        "COPY acts TO PROGRAM 'cat'",
    ],
)
def test_so_is_what_their_work_does_not_need(shared: psycopg.Connection, statement: str) -> None:
    refused(shared, statement)


async def test_a_database_of_one_role_goes_on_with_two_and_its_chain_with_it(postgres: LocalPostgres) -> None:
    owner = postgres.url("of_one_role")
    migration.upgrade(owner)
    serving = as_role(owner, f"role_{next(_numbers)}")
    for url in (owner, serving):
        if url == serving:
            migration.upgrade(owner, serving=serving)
        database = Database(url, Keyring("k"), pool_size=1)
        await Acts(database).note(READ)
        last = (await Acts(database).find(ActFilter())).items[0]
        await database.dispose()
    assert last.position == 2
    with psycopg.connect(serving) as connection:
        refused(connection, "DELETE FROM acts")


def test_rights_that_somebody_gave_by_hand_are_gone_after_the_next_upgrade(database_url: str) -> None:
    owner = as_owner(database_url)
    with psycopg.connect(owner, autocommit=True) as connection:
        connection.execute("GRANT ALL ON acts TO PUBLIC")
        connection.execute("GRANT UPDATE (hash) ON audit_trail TO jiesu_app")
    migration.upgrade(owner, serving=database_url)
    with psycopg.connect(database_url, autocommit=True) as connection:
        refused(connection, "DELETE FROM acts")
        refused(connection, "UPDATE audit_trail SET hash = ''")


def test_the_role_gets_the_password_of_its_address_and_the_next_one_after_it(
    database_url: str, role: Callable[[str], str]
) -> None:
    serving = as_role(database_url, role(""))
    for password in ("一个 p@ss:word/%", "x" * 64):
        migration.upgrade(as_owner(database_url), serving=with_password(serving, password))
        name = serving.partition("//")[2].partition("@")[0]
        with psycopg.connect(as_owner(database_url)) as connection:
            found = connection.execute("SELECT rolpassword FROM pg_authid WHERE rolname = %s", [name]).fetchone()
        assert found is not None and opens(found[0], password) and not opens(found[0], "another")


def opens(kept: str, password: str) -> bool:
    """Whether `kept` is the SCRAM verifier of this password (RFC 5802)."""
    scheme, rounds_and_salt, keys = kept.split("$")
    rounds, salt = rounds_and_salt.split(":")
    salted = hashlib.pbkdf2_hmac("sha256", password.encode(), b64decode(salt), int(rounds))
    client = hmac.digest(salted, b"Client Key", "sha256")
    return scheme == "SCRAM-SHA-256" and hashlib.sha256(client).digest() == b64decode(keys.partition(":")[0])


@pytest.mark.parametrize(
    "attributes", ["SUPERUSER", "IN ROLE postgres", "NOINHERIT IN ROLE postgres", "IN ROLE pg_write_all_data"]
)
def test_a_role_that_could_do_more_is_refused_and_nothing_is_granted(
    database_url: str, role: Callable[[str], str], attributes: str
) -> None:
    strong = role(attributes)
    with pytest.raises(CannotGrant, match=strong):
        migration.upgrade(as_owner(database_url), serving=as_role(database_url, strong))
    with psycopg.connect(as_owner(database_url)) as connection:
        granted = connection.execute("SELECT 1 FROM pg_class WHERE relacl::text LIKE %s", [f"%{strong}=%"]).fetchall()
    assert granted == []


def test_the_owner_is_not_its_own_lesser_role(database_url: str) -> None:
    owner = as_owner(database_url)
    with pytest.raises(CannotGrant, match="另设一个角色"):
        migration.upgrade(owner, serving=owner)
    migration.upgrade(owner, serving=database_url)


def test_addresses_that_do_not_fit_are_refused(database_url: str, postgres: LocalPostgres) -> None:
    owner = as_owner(database_url)
    with pytest.raises(CannotGrant, match="同一个数据库"):
        migration.upgrade(owner, serving=as_role(postgres.url("another"), "jiesu_app"))
    with pytest.raises(CannotGrant, match="角色的名称"):
        migration.upgrade(owner, serving=f"postgresql://@{database_url.partition('@')[2]}")


def test_an_owner_who_may_not_make_roles_uses_the_one_that_somebody_made(
    postgres: LocalPostgres, role: Callable[[str], str]
) -> None:
    landlord, tenant = role(""), role("")
    name = f"managed_{next(_numbers)}"
    with psycopg.connect(postgres.url("postgres"), autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name} OWNER {landlord}".encode())
    owner = postgres.url(name, landlord)
    with pytest.raises(CannotGrant, match="无权新建角色 nobody_yet"):
        migration.upgrade(owner, serving=postgres.url(name, "nobody_yet"))
    migration.upgrade(owner, serving=with_password(postgres.url(name, tenant), "set by somebody else"))
    with pytest.raises(CannotGrant, match="不是表的所有者"):
        migration.upgrade(postgres.url(name, role("IN ROLE pg_read_all_data")), serving=postgres.url(name, tenant))
    with psycopg.connect(postgres.url(name, tenant)) as connection:
        assert connection.execute("SELECT count(*) FROM acts").fetchone() == (0,)
        refused(connection, "DELETE FROM acts")


def upgraded(**values: str) -> subprocess.CompletedProcess[str]:
    """Run `jiesu db upgrade`."""
    command = [sys.executable, "-m", "cli.main", "db", "upgrade"]
    env = environment() | values
    return subprocess.run(command, cwd=ROOT, env=env, capture_output=True, text=True, timeout=60, check=False)


def test_the_command_takes_the_owner_from_its_setting_and_says_when_it_is_missing(database_url: str) -> None:
    alone = upgraded(DATABASE_URL=database_url)
    assert (alone.returncode, "DATABASE_OWNER_URL" in alone.stderr) == (2, True), alone.stderr
    assert "Traceback" not in alone.stderr
    with psycopg.connect(as_owner(database_url), autocommit=True) as connection:
        connection.execute("GRANT ALL ON acts TO jiesu_app")
    done = upgraded(DATABASE_URL=database_url, DATABASE_OWNER_URL=as_owner(database_url))
    assert done.returncode == 0, done.stderr
    with psycopg.connect(database_url) as connection:
        refused(connection, "DELETE FROM acts")
