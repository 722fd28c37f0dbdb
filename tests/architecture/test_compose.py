"""docker-compose.yml is not run here (no daemon may be assumed), but what can be read off it is checked."""

import re
from typing import Any

import pytest
import yaml

from adapters import safe_settings
from adapters.local_postgres import VERSION
from adapters.local_temporal import DYNAMIC_CONFIG
from adapters.settings import ROOT, Settings
from workflows.search_attributes import DEFINITIONS

OURS = ("migrate", "worker", "api")
SECRETS = (
    "JIESU_SECRET_KEY",
    "JIESU_DATA_KEY",
    "JIESU_ARCHIVE_KEY",
    "TWILIO_AUTH_TOKEN",
    "CITY_SECRET",
    "POSTGRES_PASSWORD",
)
TEXT = (ROOT / "docker-compose.yml").read_text()
COMPOSE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = COMPOSE["services"]


def test_the_services_are_these() -> None:
    assert set(SERVICES) == {
        *OURS,
        *("database", "temporal-schema", "temporal", "temporal-namespace", "temporal-ui"),
    }


def test_every_image_is_pinned_to_a_version() -> None:
    for name, service in SERVICES.items():
        assert re.fullmatch(r"[\w/.-]+:\d+\.\d+(\.\d+)?", service["image"]), name
    assert SERVICES["database"]["image"].startswith(f"postgres:{VERSION}.")
    server, tools = (SERVICES[name]["image"].split(":")[1] for name in ("temporal", "temporal-schema"))
    assert server == tools


def test_every_setting_has_a_name_that_the_program_reads() -> None:
    known = {field.alias for field in Settings.model_fields.values()}
    for name in OURS:
        for variable in SERVICES[name]["environment"]:
            assert variable in known or variable.startswith("TEMPORAL_"), variable
    assert all(SERVICES[name]["environment"]["JIESU_ENV"] == "production" for name in OURS)


def test_every_secret_of_the_settings_is_among_them() -> None:
    assert {Settings.model_fields[field].alias for field in safe_settings.SECRETS} == set(SECRETS) - {
        "POSTGRES_PASSWORD"
    }
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
    # Since 18 the image keeps its data one level higher than it used to.
    assert SERVICES["database"]["volumes"] == ["database:/var/lib/postgresql"]


def test_nothing_listens_beyond_the_host() -> None:
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert set(published) == {"api", "temporal-ui"}
    assert all(port.startswith("127.0.0.1:") for ports in published.values() for port in ports)


def test_the_image_runs_without_root_from_hashed_packages() -> None:
    dockerfile = (ROOT / "Dockerfile").read_text()
    assert "--require-hashes" in dockerfile
    assert re.search(r"^USER jiesu$", dockerfile, re.MULTILINE)
