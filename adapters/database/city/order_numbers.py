"""City platform numbers of orders: one that an order came with, or one that the platform sent later."""

from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, select

from adapters.database.engine import Session
from adapters.database.tables import WorkOrder


async def order_with_city_no(session: Session, regime: str, city_no: str) -> str | None:
    """The real order with a city number; other transactions with that number wait until this one ends."""
    await session.execute(lock_city_no(city_no))
    no: str | None = await session.scalar(select_by_city_no(WorkOrder.no, regime, city_no))
    return no


def lock_city_no(city_no: str) -> Any:
    """Lock a city number: no index spans both columns, so writers of either queue here."""
    return select(func.pg_advisory_xact_lock(func.hashtextextended(f"city_no:{city_no}", 0)))


def select_by_city_no(wanted: Any, regime: str, city_no: str) -> Any:
    """Select from the real order that has a city number; an order that came with it comes first."""
    came = col(WorkOrder.city_no) == city_no
    real = (WorkOrder.realm == "", WorkOrder.regime == regime, or_(came, col(WorkOrder.city_ref) == city_no))
    order = (func.coalesce(came, False).desc(), col(WorkOrder.created_at), col(WorkOrder.no))
    return select(wanted).where(*real).order_by(*order).limit(1)
