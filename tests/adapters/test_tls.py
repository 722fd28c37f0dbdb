"""Temporal by mutual TLS, and PostgreSQL by TLS with a verified server name; other peers are rejected.

The servers of the tests do not support TLS, so a TLS-terminating proxy is in front of each.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy.exc import OperationalError
from temporalio.client import Client
from temporalio.service import RPCError

from adapters.database import migration
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.local.postgres import LocalPostgres
from adapters.temporal.client import connect, ping
from cli.rehearse.stack import RehearsalStack
from tests.tls import HOST, Authority, tls_in_front

SHORTLY = 0.5  # seconds


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls"), "county")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("tls-of-others"), "stranger")


@pytest.fixture(scope="module")
def guarded(the_stage: RehearsalStack, authority: Authority) -> Iterator[str]:
    """The address of a Temporal server that requires a client certificate."""
    own = authority.sign("temporal.test")
    with tls_in_front(the_stage.processes.temporal.address, own, authority.certificate) as port:
        yield f"{HOST}:{port}"


@contextmanager
def variables(address: str, **values: object) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_ADDRESS", address)
        for name, value in values.items():
            patch.setenv(f"TEMPORAL_TLS_{name}", str(value))
        yield patch


async def asked(seconds: float = SHORTLY) -> int:
    """The number of workflows, as proof that the server was reached."""
    client: Client = await connect("", seconds)
    await ping(client)
    return (await client.count_workflows()).count


async def test_temporal_is_reached_with_certificates_on_both_sides(guarded: str, authority: Authority) -> None:
    ours = authority.sign("worker.test")
    paths = {
        "SERVER_CA_CERT_PATH": authority.certificate,
        "CLIENT_CERT_PATH": ours.certificate,
        "CLIENT_KEY_PATH": ours.key,
    }
    with variables(guarded, **paths):
        assert await asked(30) >= 0


async def test_the_settings_may_stand_in_a_profile(guarded: str, authority: Authority, tmp_path: Path) -> None:
    ours, file = authority.sign("worker.test"), tmp_path / "temporal.toml"
    lines = [
        "[profile.county]",
        f'address = "{guarded}"',
        "[profile.county.tls]",
        f'server_ca_cert_path = "{authority.certificate}"',
        f'client_cert_path = "{ours.certificate}"',
        f'client_key_path = "{ours.key}"',
    ]
    file.write_text("\n".join(lines))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TEMPORAL_CONFIG_FILE", str(file))
        patch.setenv("TEMPORAL_PROFILE", "county")
        assert await asked(30) >= 0


async def test_temporal_lets_nobody_in_without_a_certificate_of_ours(
    guarded: str, authority: Authority, stranger: Authority
) -> None:
    foreign = stranger.sign("worker.test")
    shown = {"CLIENT_CERT_PATH": foreign.certificate, "CLIENT_KEY_PATH": foreign.key}
    for extra in ({}, shown):
        with (
            variables(guarded, SERVER_CA_CERT_PATH=authority.certificate, **extra),
            pytest.raises((RPCError, RuntimeError)),
        ):
            await asked()
    with variables(guarded), pytest.raises((RPCError, RuntimeError)):
        await asked()


async def test_we_do_not_speak_to_a_temporal_that_another_authority_vouches_for(
    guarded: str, authority: Authority, stranger: Authority
) -> None:
    ours = authority.sign("worker.test")
    shown = {"CLIENT_CERT_PATH": ours.certificate, "CLIENT_KEY_PATH": ours.key}
    with variables(guarded, SERVER_CA_CERT_PATH=stranger.certificate, **shown), pytest.raises((RPCError, RuntimeError)):
        await asked()
    other = {"SERVER_CA_CERT_PATH": authority.certificate, "SERVER_NAME": "another.test"}
    with variables(guarded, **other, **shown), pytest.raises((RPCError, RuntimeError)):
        await asked()


@pytest.fixture(scope="module")
def sealed(postgres: LocalPostgres, authority: Authority) -> Iterator[str]:
    """The beginning of a DATABASE_URL with TLS."""
    socket = postgres.url("").partition("host=")[2] + "/.s.PGSQL.5432"
    with tls_in_front(socket, authority.sign("database.test"), asked_first=True) as port:
        yield f"postgresql://postgres@{HOST}:{port}/postgres"


async def test_the_database_is_reached_by_tls_with_its_name_checked(sealed: str, authority: Authority) -> None:
    url = f"{sealed}?sslmode=verify-full&sslrootcert={authority.certificate}"
    database = Database(url, Keyring("unused"), pool_size=1)
    await database.ping()
    await database.dispose()
    assert migration.current(url) is None  # migrations connect in another way


async def test_a_database_that_another_authority_vouches_for_is_not_asked(sealed: str, stranger: Authority) -> None:
    url = f"{sealed}?sslmode=verify-full&sslrootcert={stranger.certificate}"
    database = Database(url, Keyring("unused"), pool_size=1)
    with pytest.raises(OperationalError, match="certificate verify failed"):
        await database.ping()
    await database.dispose()
    with pytest.raises(OperationalError, match="certificate verify failed"):
        migration.current(url)


async def test_a_database_under_another_name_is_not_asked(sealed: str, authority: Authority) -> None:
    url = f"{sealed.replace(HOST, 'localhost')}?sslmode=verify-full&sslrootcert={authority.certificate}"
    database = Database(url, Keyring("unused"), pool_size=1)
    with pytest.raises(OperationalError, match="does not match host name"):
        await database.ping()
    await database.dispose()
