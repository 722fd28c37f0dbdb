"""Counts how often a unit was overdue, from the trails of its orders (HJ-18)."""

from sqlalchemy import text

from adapters.database.engine import Database
from domain.order.records import OverdueCount

COUNT = text(
    """
    WITH here AS (
        SELECT w.realm, w.regime, max(a.at) AS at
        FROM audit_trail a JOIN work_orders w ON w.no = a.order_no
        WHERE a.order_no = :no AND a.event = 'handling_overdue' AND a.data->>'unit' = :unit
        GROUP BY w.realm, w.regime
    ), overdue AS (
        SELECT DISTINCT a.order_no
        FROM here CROSS JOIN audit_trail a JOIN work_orders w
            ON w.no = a.order_no AND w.realm = here.realm AND w.regime = here.regime
        WHERE a.event = 'handling_overdue' AND a.data->>'unit' = :unit AND a.at <= here.at
            AND a.at >= date_trunc('year', here.at, 'Asia/Shanghai')
    ), given AS (
        SELECT a.order_no, max(a.at) AS at
        FROM here CROSS JOIN audit_trail a JOIN work_orders w
            ON w.no = a.order_no AND w.realm = here.realm AND w.regime = here.regime
        WHERE a.event = 'order_dispatched' AND a.at <= here.at AND a.at > here.at - interval '1 year'
            AND a.data->'units' @> jsonb_build_array(jsonb_build_object('unit', CAST(:unit AS text)))
        GROUP BY a.order_no
    ), fate AS (
        SELECT given.at, given.order_no,
            bool_or(a.event = 'handling_overdue') AS overdue,
            bool_or(a.event = 'reply_accepted') AS accepted
        FROM given CROSS JOIN here JOIN audit_trail a
            ON a.order_no = given.order_no AND a.data->>'unit' = :unit AND a.at <= here.at
        GROUP BY given.at, given.order_no
    )
    SELECT
        (SELECT count(*) FROM fate f WHERE f.overdue AND (f.at, f.order_no) > ALL (
            SELECT kept.at, kept.order_no FROM fate kept WHERE kept.accepted AND NOT kept.overdue
        )) AS in_a_row,
        (SELECT count(*) FROM overdue) AS in_total
    FROM here
    """
)


class Tallies:
    """Overdue counts across orders, within one realm and regime."""

    def __init__(self, database: Database) -> None:
        self.database = database

    async def overdue(self, order_no: str, unit: str) -> OverdueCount | None:
        """Count as of the moment at which this order became overdue; None while its trail has no such event.

        All moments are by the orders' own clocks. In a row are the overdue orders that were dispatched to the
        unit after the last one that it finished in time, at most a year back; orders that are neither overdue
        nor accepted do not break the row.
        """
        async with self.database.session() as session:
            row = (await session.execute(COUNT, {"no": order_no, "unit": unit})).one_or_none()
        return None if row is None else OverdueCount(in_a_row=row.in_a_row, in_total=row.in_total)
