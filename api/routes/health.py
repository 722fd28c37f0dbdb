"""Health checks: liveness and readiness."""

import logging
from collections.abc import Awaitable

from fastapi import APIRouter, Response

from adapters.errors import TRANSIENT_ERRORS
from adapters.temporal.client import ping
from api.auth.identity import ServicesDep
from api.problems import answers
from api.schemas.base import Shape

log = logging.getLogger(__name__)

router = APIRouter(prefix="/health", tags=["健康"])


class Health(Shape):
    """Whether this process, or each thing that it needs, answers."""

    status: str
    database: bool | None = None
    temporal: bool | None = None


@router.get("/live", responses=answers())
async def live() -> Health:
    """进程在运行。"""
    return Health(status="ok")


@router.get("/ready", responses={503: {"model": Health, "description": "有依赖没有响应"}})
async def ready(services: ServicesDep, response: Response) -> Health:
    """数据库和 Temporal 都有响应时为 200，否则 503。"""
    database = await _answers(services.database.ping())
    temporal = await _answers(ping(services.client))
    if not (database and temporal):
        response.status_code = 503
    return Health(status="ok" if database and temporal else "unavailable", database=database, temporal=temporal)


async def _answers(call: Awaitable[None]) -> bool:
    try:
        await call
    except TRANSIENT_ERRORS as error:
        log.warning("not ready: %s: %s", type(error).__name__, error)
        return False
    return True
