"""Columns with personal data, by table: the values that blank them, and the conditions that find unblanked rows."""

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Table, delete, func, or_, select, true, update
from sqlalchemy.sql.dml import ReturningDelete, ReturningUpdate

from adapters.database import tables
from adapters.database.encryption import HEADER_BYTES, TAG_BYTES

_T = tables.Table.metadata.tables

NOTHING_BYTES: Final = HEADER_BYTES + TAG_BYTES
"""Length of a sealed empty text; a longer value has content."""


class PersonalColumns(NamedTuple):
    """Personal columns of a table: `sealed` ones get a sealed empty text, as they cannot be null; `others` a blank.

    `order` is the column with the order's number; a `dropped` table's rows are deleted.
    """

    sealed: tuple[str, ...] = ()
    others: Mapping[str, Any] = {}
    order: str = "order_no"
    dropped: bool = False


_ORDER_NONE = (
    *("citizen_name", "citizen_phone", "citizen_address", "citizen_email", "citizen_account", "citizen_device"),
    *("location", "address_id", "lat", "long", "media_url", "answers", "phone_index", "intake_key"),
)

# The public interface shows orders that are `listed`; nothing is left to show.
PERSONAL_COLUMNS: Final = {
    "work_orders": PersonalColumns(("title", "content"), {**dict.fromkeys(_ORDER_NONE), "listed": False}, order="no"),
    "documents": PersonalColumns(("text",), {"fingerprint": ""}),
    "messages": PersonalColumns(("to_phone", "body"), {"phone_index": "", "provider_sid": None}),
    "inbound_messages": PersonalColumns(("from_phone", "body"), {"phone_index": ""}),
    "calls": PersonalColumns(("to_phone",), {"provider_sid": None}),
    "call_tasks": PersonalColumns((), {"note": None}),
    "city_messages": PersonalColumns(("body",), {"reason": None, "digest": ""}),
    "attachments": PersonalColumns(("name",), {"note": None, "thumbnail_key": None}),
    "order_viewers": PersonalColumns(dropped=True),
}
"""Tables in the order in which reports show them."""


def has_personal_data(name: str) -> ColumnElement[bool]:
    """SQL condition: a row of this table still has personal data."""
    table, speaking = _T[name], PERSONAL_COLUMNS[name]
    if speaking.dropped:
        return true()
    longer = [func.octet_length(table.c[each]) > NOTHING_BYTES for each in speaking.sealed]
    differ = [table.c[each].is_distinct_from(blank) for each, blank in speaking.others.items()]
    return or_(*longer, *differ)


def of_order(name: str, no: str) -> ColumnElement[bool]:
    """SQL condition: a row of this table belongs to the order and still has personal data."""
    mine: ColumnElement[bool] = _T[name].c[PERSONAL_COLUMNS[name].order] == no
    return mine & has_personal_data(name)


def blank_statement(
    name: str, nothing: bytes, *which: ColumnElement[bool]
) -> ReturningUpdate[Any] | ReturningDelete[Any]:
    """The statement that blanks these rows and returns a value for each; `nothing` is a sealed empty text."""
    table, speaking = _T[name], PERSONAL_COLUMNS[name]
    if speaking.dropped:
        return delete(table).where(*which).returning(true())
    values = dict.fromkeys(speaking.sealed, nothing) | dict(speaking.others)
    return update(table).where(*which).values(values).returning(true())


def count_queries(no: str) -> dict[str, Any]:
    """For every table a scalar query that counts the order's rows with personal data."""
    return {name: _count(_T[name]).where(of_order(name, no)).scalar_subquery() for name in PERSONAL_COLUMNS}


def blanked_columns() -> set[tuple[str, str]]:
    """Table and column of everything that an erasure blanks."""
    return {
        (name, each) for name, speaking in PERSONAL_COLUMNS.items() for each in (*speaking.sealed, *speaking.others)
    }


def _count(table: Table) -> Any:
    return select(func.count()).select_from(table)
