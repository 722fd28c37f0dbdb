"""Checks docker-compose.yml statically, because a Docker daemon may be missing."""

import os
import re
import subprocess
from typing import Any

import psycopg
import pytest
import yaml

from adapters.local.postgres import SUPERUSER, VERSION, LocalPostgres, _binaries
from adapters.local.temporal import DYNAMIC_CONFIG
from adapters.settings import production_check
from adapters.settings.settings import ROOT, Settings
from workflows.search_attributes import DEFINITIONS

OURS = ("migrate", "worker", "api")
SECRETS = (
    "JIESU_SECRET_KEY",
    "JIESU_DATA_KEY",
    "JIESU_ARCHIVE_KEY",
    "TWILIO_AUTH_TOKEN",
    "CITY_SECRET",
    *(ROLES := ("POSTGRES_PASSWORD", "JIESU_DATABASE_PASSWORD", "TEMPORAL_POSTGRES_PASSWORD")),
)
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_services_are_these() -> None:
    assert set(SERVICES) == {
        *OURS,
        *("database", "temporal-role", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui"),
    }


def test_every_image_is_pinned_to_a_version() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[\w/.-]+:\d+\.\d+(\.\d+)?", service["image"]), name
    assert SERVICES["database"]["image"].startswith(f"postgres:{VERSION}.")
    assert SERVICES["temporal-role"]["image"] == SERVICES["database"]["image"]
    server, tools = (SERVICES[name]["image"].split(":")[1] for name in ("temporal", "temporal-schema"))
    assert server == tools


def test_every_setting_has_a_name_that_the_program_reads() -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    for name in OURS:
        for variable in SERVICES[name]["environment"]:
            assert variable in known or variable.startswith("TEMPORAL_"), variable
    assert all(SERVICES[name]["environment"]["JIESU_ENV"] == "production" for name in OURS)


def test_every_secret_of_the_settings_is_among_them() -> None:
    assert {Settings.model_fields[field].alias for field in production_check.SECRETS} == set(SECRETS) - set(ROLES)
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    assert all(f"`{secret}`" in page for secret in SECRETS)


def test_secrets_are_required_and_have_no_default() -> None:
    assert set(re.findall(r"\$\{(\w+):-", TEXT)).isdisjoint(SECRETS)
    for secret in SECRETS:
        uses = re.findall(rf"\$\{{{secret}([^}}]*)\}}", TEXT)
        assert uses, secret
        assert set(uses) == {":?"}, secret


@pytest.mark.parametrize("name", SERVICES)
def test_a_service_waits_for_what_it_needs_in_a_way_that_can_come_true(name: str) -> None:
    for needed, how in SERVICES[name].get("depends_on", {}).items():
        if how["condition"] == "service_healthy":
            assert "healthcheck" in SERVICES[needed]
        else:
            assert how["condition"] == "service_completed_successfully"
            assert SERVICES[needed]["restart"] in {"no", "on-failure:10"}


@pytest.mark.parametrize("name", ["worker", "api"])
def test_worker_and_api_start_after_the_migration_and_the_search_attributes(name: str) -> None:
    assert set(SERVICES[name]["depends_on"]) == {"migrate", "temporal-namespace"}
    assert "healthcheck" in SERVICES[name]


def test_the_owner_of_the_database_is_known_to_those_who_make_roles_and_schemas_alone() -> None:
    holders = {name for name, service in SERVICES.items() if "${POSTGRES_PASSWORD" in str(service)}
    assert holders == {"database", "migrate", "temporal-role"}
    served = {name: SERVICES[name]["environment"]["DATABASE_URL"] for name in OURS}
    assert set(served.values()) == {"postgresql://jiesu_app@database:5432/jiesu"}
    assert "DATABASE_OWNER_URL" in SERVICES["migrate"]["environment"]


def test_temporals_role_makes_databases_and_nothing_else(postgres: LocalPostgres) -> None:
    service = SERVICES["temporal-role"]
    script = service["command"][0].replace("$$", "$")
    socket = postgres.url("").partition("host=")[2]
    env = {"PATH": f"{_binaries()}:{os.defpath}", "PGHOST": socket, "PGUSER": SUPERUSER, "PGDATABASE": "postgres"}
    for password in ("first", "it's another"):
        ended = subprocess.run(
            [*service["entrypoint"], script],
            env=env | {"TEMPORAL_POSTGRES_PASSWORD": password},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert (ended.returncode, ended.stderr) == (0, ""), ended.stderr
    with psycopg.connect(postgres.url("postgres", "temporal"), autocommit=True) as connection:
        connection.execute("CREATE DATABASE temporal")
        for statement in ("CREATE ROLE more", "ALTER DATABASE postgres RENAME TO gone", "SELECT * FROM pg_authid"):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(statement.encode())


def test_the_search_attributes_are_those_of_the_workflows() -> None:
    script = SERVICES["temporal-namespace"]["command"][0]
    assert dict(re.findall(r"--name (\w+) --type (\w+)", script)) == DEFINITIONS


def test_the_server_runs_by_the_same_dynamic_values_as_the_development_server() -> None:
    chosen: dict[str, list[dict[str, Any]]] = yaml.safe_load(COMPOSE["configs"]["temporal-dynamic"]["content"])
    ours = {name: yaml.safe_load(value) for name, value in DYNAMIC_CONFIG.items() if "TimeSkipping" not in name}
    assert {name: values for name, [values] in chosen.items()} == {
        name: {"value": value} for name, value in ours.items()
    }


def test_data_are_kept_in_named_volumes() -> None:
    used = {mount.split(":")[0] for service in SERVICES.values() for mount in service.get("volumes", [])}
    assert used == set(COMPOSE["volumes"])
    # Since version 18 the image stores its data one level higher.
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql"]


def test_nothing_listens_beyond_the_host() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_image_runs_without_root_from_hashed_packages() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER jiesu$", dockerfile, re.MULTILINE)
