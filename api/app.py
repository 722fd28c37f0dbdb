"""The HTTP application: services opened with it, routes, limits, errors, and the jobs beside them."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI

from adapters.settings.production_check import require_safe
from adapters.settings.settings import Settings, settings
from adapters.settings.version import version
from api import docs_page, error_handlers, idempotency
from api.middleware.stack import GuardedApp, add_middleware
from api.openapi import describe
from api.routes import audit, catalogue, city, health, open311
from api.routes.orders import approvals, attachments, commands, lookup, messages, personal_data, viewers, work_orders
from api.routes.people import account, token, users
from api.routes.telephone import queues, webhooks_sms, webhooks_voice
from application.city.polling import keep_up
from application.jobs import abandoned_files, forget_sign_ins
from application.jobs.anchoring import anchor
from application.jobs.erasure import erase_due
from application.jobs.seeding import seed
from application.jobs.start_unstarted_orders import start_unstarted_orders
from application.jobs.telephone_catch_up import catch_up
from application.services import Services, services

log = logging.getLogger(__name__)

PREFIX = "/api/v1"

ROUTERS = (
    token,
    account,
    users,
    commands,
    viewers,
    personal_data,
    lookup,
    work_orders,
    messages,
    queues,
    approvals,
    attachments,
    audit,
    catalogue,
    city,
    webhooks_sms,
    webhooks_voice,
    health,
)
JOBS: tuple[tuple[Callable[[Services], Awaitable[int]], float, str], ...] = (
    (start_unstarted_orders, 60.0, "orders started that their intake could not start"),
    (catch_up, 60.0, "answers of citizens taken up that an outage had kept from their orders"),
    (abandoned_files.delete_abandoned_files, 3600.0, "files cleared away that nobody knew"),
    (idempotency.forget, 86400.0, "idempotency keys forgotten with their answers"),
    (anchor, 3600.0, "days anchored"),
    (forget_sign_ins.forget_sign_ins, 86400.0, "sessions and failures to sign in forgotten"),
    (erase_due, 86400.0, "orders erased at the end of their retention"),
)
"""What is done beside requests: the job, how many seconds apart, and what its number counts."""


def create_app(of: Settings | None = None) -> FastAPI:
    """The application by these settings, or by those of the environment. Raises UnsafeSettings."""
    chosen = of or settings()
    require_safe(chosen)
    app = GuardedApp(
        chosen.public_base_url,
        title="接诉",
        description="12345 热线工单系统",
        version=version(),
        lifespan=lambda app: _lifespan(app, chosen),
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
    )
    add_middleware(
        app,
        chosen,
        prefix=PREFIX,
        public=f"{open311.PREFIX}/",
        logins=frozenset({f"{PREFIX}/token"}),
        streamed=PREFIX + attachments.UPLOADS,
    )
    error_handlers.install(app)
    for part in ROUTERS:
        app.include_router(part.router, prefix=PREFIX)
    app.include_router(attachments.links, prefix=PREFIX)
    app.include_router(open311.router)
    app.include_router(health.router, include_in_schema=False)
    if chosen.environment == "development":
        app.include_router(docs_page.router)
    describe(app)
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI, of: Settings) -> AsyncIterator[None]:
    async with services(of) as opened:
        app.state.services = opened
        await seed(opened)
        beside = [asyncio.create_task(_sweep(opened, *job)) for job in JOBS]
        beside.append(asyncio.create_task(keep_up(opened)))
        try:
            yield
        finally:
            for task in beside:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task
            app.state.refusals.tell()


async def _sweep(opened: Services, job: Callable[[Services], Awaitable[int]], seconds: float, what: str) -> None:
    """At once, and then every so many seconds. Whatever goes wrong ends one round, not the sweep."""
    while True:
        try:
            if done := await job(opened):
                log.warning("%d %s", done, what)
        except Exception:
            log.exception("sweep put off")
        await asyncio.sleep(seconds)
