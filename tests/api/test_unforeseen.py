"""What nobody foresaw: an error is the server's to log, and a method that no route knows is refused."""

import httpx
import pytest

from adapters.settings import Settings
from api.app import create_app
from tests.api.callers import problem
from tests.api.test_door import HOST, TOLD_BY_A_TRACE, application


async def test_an_error_that_nobody_foresaw_reaches_the_log_of_the_server() -> None:
    # What the application raises behind its answer is what uvicorn logs with its trace.
    transport = httpx.ASGITransport(application())
    async with httpx.AsyncClient(transport=transport, base_url=f"https://{HOST}") as http:
        with pytest.raises(RuntimeError, match=TOLD_BY_A_TRACE):
            await http.get("/api/v1/broken")


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND", "MADE-UP"])
async def test_a_method_that_no_route_knows_is_refused(method: str) -> None:
    transport = httpx.ASGITransport(create_app(Settings.model_validate({})))
    async with httpx.AsyncClient(transport=transport, base_url="http://jiesu") as http:
        problem(await http.request(method, "/api/v1/health/live"), 405, "method_not_allowed")
