"""The HTTP application: its services, routes, limits and error handlers."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI

from adapters.settings.production_check import require_safe
from adapters.settings.settings import Settings, settings
from adapters.settings.version import version
from api import docs_page, error_handlers
from api.middleware.stack import GuardedApp, add_middleware
from api.openapi import describe
from api.routes import audit, catalogue, city, health, open311
from api.routes.orders import approvals, attachments, commands, lookup, messages, personal_data, viewers, work_orders
from api.routes.people import account, token, users
from api.routes.telephone import queues, webhooks_sms, webhooks_voice
from application.jobs.seeding import seed
from application.services import services

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


def create_app(of: Settings | None = None) -> FastAPI:
    """The application with these settings, or those of the environment. Raises UnsafeSettings."""
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
        try:
            yield
        finally:
            app.state.refusals.tell()
