"""The HTTP application: services opened with it, routes, limits, errors, and the sweeps beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from adapters.settings import Settings, settings
from api import problems
from api.evidence import orphans
from api.limits import BodyLimit
from api.openapi import describe
from api.routes import approvals, attachments, catalogue, commands, health, token, work_orders
from api.services import Services, services
from api.stocking import stock
from api.sweep import mend

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
SWEEP_SECONDS = 60.0
CLEAR_SECONDS = 3600.0


def create_app(of: Settings | None = None) -> FastAPI:
    """The application by these settings, or by those of the environment."""
    app = FastAPI(
        title="接诉",
        description="12345 热线工单系统",
        version="0.1.0",
        lifespan=lambda app: _lifespan(app, of or settings()),
        redirect_slashes=False,
    )
    app.add_middleware(BodyLimit, streamed=frozenset({PREFIX + attachments.UPLOADS}))
    problems.install(app)
    for part in (token, commands, work_orders, approvals, attachments, catalogue, health):
        app.include_router(part.router, prefix=PREFIX)
    app.include_router(attachments.links, prefix=PREFIX)
    app.include_router(health.router, include_in_schema=False)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, of: Settings) -> AsyncIterator[None]:
    async with services(of) as opened:
        app.state.services = opened
        await stock(opened)
        sweeping = [
            asyncio.create_task(
                _sweep(opened, mend, SWEEP_SECONDS, "orders started that their intake could not start")
            ),
            asyncio.create_task(_sweep(opened, orphans.clear, CLEAR_SECONDS, "files cleared away that nobody knew")),
        ]
        try:
            yield
        finally:
            for each in sweeping:
                each.cancel()
                with suppress(asyncio.CancelledError):
                    await each


async def _sweep(opened: Services, job: Callable[[Services], Awaitable[int]], seconds: float, what: str) -> None:
    """At once, and then every so many seconds. Whatever goes wrong ends one round, not the sweep."""
    while True:
        try:
            if done := await job(opened):
                log.warning("%d %s", done, what)
        except Exception:
            log.exception("sweep put off")
        await asyncio.sleep(seconds)
