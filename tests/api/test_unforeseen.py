"""Unexpected requests: errors are logged by the server, and unknown methods are refused."""

import re
import time

import httpx
import pytest
from fastapi.routing import iter_route_contexts
from starlette.routing import compile_path

from adapters.settings.settings import Settings
from api.app import create_app
from tests.api.callers import problem
from tests.api.test_door import HOST, TOLD_BY_A_TRACE, application


async def test_an_error_that_nobody_foresaw_reaches_the_log_of_the_server() -> None:
    # An exception that the application raises after its answer is logged by uvicorn with its trace.
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as http:
        with pytest.raises(RuntimeError, match=TOLD_BY_A_TRACE):
            await http.get("/api/v1/broken")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "MADE-UP"])
async def test_a_method_that_no_route_knows_is_refused(method: str) -> None:
    transport = httpx.ASGITransport(create_app(Settings.model_validate({})))
    async with httpx.AsyncClient(transport=transport, base_url="http://jiesu") as http:
        problem(await http.request(method, "/api/v1/health/live"), 405, "method_not_allowed")


@pytest.mark.parametrize("filler", [".", "a.", "/", "-:"])
def test_no_address_keeps_the_process_busy_however_long(filler: str) -> None:
    """A server accepts URLs of 64 KB, and matches them against every route first."""
    began = time.process_time()
    for context in iter_route_contexts(create_app(Settings.model_validate({})).routes):
        pattern, template, _ = compile_path(context.path or "/")
        for place in re.findall(r"\{\w+\}", template) or [template]:
            pattern.match(template.partition(place)[0] + filler * (60_000 // len(filler)) + "/\n")
    assert time.process_time() - began < 10
