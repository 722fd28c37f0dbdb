"""The HTTP application: services opened with it, routes, limits, errors, and the sweep beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from adapters.settings import Settings, settings
from api import problems
from api.limits import BodyLimit
from api.openapi import describe
from api.routes import (
    approvals,
    catalogue,
    commands,
    health,
    order_messages,
    telephone_queues,
    token,
    webhooks_sms,
    webhooks_voice,
    work_orders,
)
from api.services import Services, services
from api.stocking import stock
from api.sweep import mend
from api.telephone_sweep import catch_up

log = logging.getLogger(__name__)

PREFIX = "/api/v1"
SWEEP_SECONDS = 60.0
ROUTERS = (
    token,
    commands,
    work_orders,
    order_messages,
    telephone_queues,
    approvals,
    catalogue,
    webhooks_sms,
    webhooks_voice,
    health,
)


def create_app(of: Settings | None = None) -> FastAPI:
    """The application by these settings, or by those of the environment."""
    app = FastAPI(
        title="接诉",
        description="12345 热线工单系统",
        version="0.1.0",
        lifespan=lambda app: _lifespan(app, of or settings()),
        redirect_slashes=False,
    )
    app.add_middleware(BodyLimit)
    problems.install(app)
    for part in ROUTERS:
        app.include_router(part.router, prefix=PREFIX)
    app.include_router(health.router, include_in_schema=False)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, of: Settings) -> AsyncIterator[None]:
    async with services(of) as opened:
        app.state.services = opened
        await stock(opened)
        sweeping = asyncio.create_task(_sweep(opened))
        try:
            yield
        finally:
            sweeping.cancel()
            with suppress(asyncio.CancelledError):
                await sweeping


async def _sweep(opened: Services) -> None:
    """At once, and then every minute. Whatever goes wrong ends one round, not the sweep."""
    while True:
        for work, said in (
            (mend, "%d orders started that their intake could not start"),
            (catch_up, "%d telephone matters looked after that no webhook had told of"),
        ):
            try:
                if mended := await work(opened):
                    log.warning(said, mended)
            except Exception:
                log.exception("sweep put off: %s", work.__name__)
        await asyncio.sleep(SWEEP_SECONDS)
