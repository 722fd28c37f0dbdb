"""Outbound connections: the modules that open them, their addresses and their timeouts."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from adapters.settings.settings import ROOT

GOES_OUT: Final = {
    "adapters/city/api_client.py": "CITY_BASE_URL",
    "adapters/twilio/http.py": "TWILIO_BASE_URL",
    "adapters/files/object_store.py": "OBJECT_STORE_URL",
    "adapters/files/virus_scan.py": "CLAMAV_URL",
    "adapters/temporal/client.py": "TEMPORAL_ADDRESS",
    "adapters/auth/oidc.py": "JIESU_OIDC_ISSUER, and where its own document has its keys",
    "adapters/local/temporal.py": "this machine",
    "adapters/local/postgres.py": "this machine",
    "adapters/database/engine.py": "DATABASE_URL",
    "adapters/database/migration.py": "DATABASE_OWNER_URL",
    "cli/up/children.py": "this machine",
    "cli/rehearse/stack.py": "this machine",
}
"""Every module that opens connections, and the setting with the address: none takes an address from data."""

CLIENTS: Final = frozenset(
    {
        *("httpx.Client", "httpx.AsyncClient", "httpx.get", "httpx.post", "httpx.put", "httpx.request", "httpx.stream"),
        *("requests.Session", "requests.get", "requests.post", "requests.request", "urllib.request.urlopen"),
        *("http.client.HTTPConnection", "http.client.HTTPSConnection", "aiohttp.ClientSession"),
        *("socket.create_connection", "clamav_client.clamd.ClamdNetworkSocket", "clamav_client.clamd.ClamdUnixSocket"),
    }
)
"""Clients that need an explicit `timeout=…`."""

OTHERS: Final = frozenset(
    {
        *("asyncio.open_connection", "asyncio.open_unix_connection", "temporalio.client.Client.connect"),
        *("twilio.http.http_client.TwilioHttpClient", "obstore.store.from_url", "psycopg.connect"),
        *("sqlalchemy.create_engine", "sqlalchemy.ext.asyncio.create_async_engine"),
    }
)
"""Clients with limits of another kind, or with a test of their own."""

MODULES: Final = [
    *(
        path
        for package in ("domain", "workflows", "activities", "adapters", "api", "cli")
        for path in sorted((ROOT / package).rglob("*.py"))
    ),
    ROOT / "worker.py",
]


def names(tree: ast.Module) -> dict[str, str]:
    """Imported name → full name, for imports anywhere in the module."""
    found: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {
                (each.asname or each.name.partition(".")[0]): (
                    each.name if each.asname else each.name.partition(".")[0]
                )
                for each in node.names
            }
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {each.asname or each.name: f"{node.module}.{each.name}" for each in node.names}
    return found


def uses(path: Path) -> Iterator[tuple[str, ast.expr, ast.Call | None]]:
    """Every use of a client: its full name, the expression, and the call if it is one."""
    tree = ast.parse(path.read_text("utf-8"))
    known = names(tree)
    calls = {id(node.func): node for node in ast.walk(tree) if isinstance(node, ast.Call)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute | ast.Name):
            head, _, rest = ast.unparse(node).partition(".")
            full = known.get(head, "") + (f".{rest}" if rest else "")
            if full in CLIENTS | OTHERS:
                yield full, node, calls.get(id(node))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(ROOT)))
def test_a_connection_is_made_where_it_is_known_and_ends(path: Path) -> None:
    place = str(path.relative_to(ROOT))
    for name, node, call in uses(path):
        assert place in GOES_OUT, f"line {node.lineno}: {name} in a module that is not known to go out"
        if call is None:
            continue
        given = {word.arg: word.value for word in call.keywords}
        if name in CLIENTS:
            limit = given.get("timeout")
            assert limit is not None, f"line {node.lineno}: no timeout"
            assert not (isinstance(limit, ast.Constant) and limit.value is None), f"line {node.lineno}: no timeout"
        follows = given.get("follow_redirects")
        assert follows is None or (isinstance(follows, ast.Constant) and follows.value is False), f"line {node.lineno}"


def test_every_module_that_is_listed_does_go_out() -> None:
    gone = {str(path.relative_to(ROOT)) for path in MODULES if any(True for _ in uses(path))}
    assert gone == set(GOES_OUT)
