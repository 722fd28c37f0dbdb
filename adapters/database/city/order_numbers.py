"""The city platform's numbers of orders: one that an order came with, and one that it was told later."""

from typing import Any

from sqlalchemy import func, or_
from sqlmodel import col, select

from adapters.database.engine import Session
from adapters.database.tables import WorkOrder


async def under(session: Session, regime: str, city_no: str) -> str | None:
    """The real order that is there under a number; who else brings that number waits for this transaction's end."""
    await session.execute(turn(city_no))
    no: str | None = await session.scalar(of_city(WorkOrder.no, regime, city_no))
    return no


def turn(city_no: str) -> Any:
    """Wait for a number's turn: no index spans both columns, so writers of either queue here."""
    return select(func.pg_advisory_xact_lock(func.hashtextextended(f"city_no:{city_no}", 0)))


def of_city(wanted: Any, regime: str, city_no: str) -> Any:
    """Select from the real order that has a number; the one that came with it first."""
    came = col(WorkOrder.city_no) == city_no
    real = (WorkOrder.realm == "", WorkOrder.regime == regime, or_(came, col(WorkOrder.city_ref) == city_no))
    order = (func.coalesce(came, False).desc(), col(WorkOrder.created_at), col(WorkOrder.no))
    return select(wanted).where(*real).order_by(*order).limit(1)
