"""The application in this process with a real database, for tests that need no Temporal."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import lru_cache
from typing import Any, cast

import httpx
from temporalio.client import Client

from adapters.database.engine import Database
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import ROOT, Settings
from api.app import create_app
from application.services import Services
from tests.postgres import DATA_KEY

PASSWORD = "lampen am deich"  # noqa: S105


@asynccontextmanager
async def door(database: Database, **values: Any) -> AsyncIterator[httpx.AsyncClient]:
    """A client of the application with these settings, by their variables."""
    settings = Settings.model_validate({"JIESU_DATA_KEY": DATA_KEY, **values})
    app = create_app(settings)
    app.state.services = Services(database, cast(Client, None), _book(), settings)
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://jiesu/api/v1") as http:
        yield http


async def sign_in(http: httpx.AsyncClient, username: str, password: str = PASSWORD, **form: str) -> httpx.Response:
    """POST /token."""
    return await http.post("/token", data={"username": username, "password": password, **form})


async def token(http: httpx.AsyncClient, username: str, password: str = PASSWORD, **form: str) -> dict[str, str]:
    """The request headers of a signed-in user."""
    answer = await sign_in(http, username, password, **form)
    assert answer.status_code == 200, answer.text
    return {"Authorization": f"Bearer {answer.json()['access_token']}"}


@lru_cache(maxsize=1)
def _book() -> RuleBooks:
    return RuleBooks.load(ROOT / "policies.yaml")
