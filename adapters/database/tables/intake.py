"""Tables of the ways in: keys of applications that send demands, and who may see a confidential one."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Field

from adapters.database.tables.columns import Table, moment, recorded


class ApiKey(Table, table=True):
    """A key of an application. Of the key itself only a hash is kept; `prefix` is its open half.

    `used` counts the requests of the minute that began at `minute`.
    """

    __tablename__ = "api_keys"

    prefix: str = Field(primary_key=True)
    key_sha256: str
    regime: str
    source: str
    name: str
    per_minute: int
    minute: datetime | None = moment(required=False)
    used: int = Field(0, sa_column_kwargs={"server_default": text("0")})
    revoked_at: datetime | None = moment(required=False)
    created_at: datetime = recorded()


class OrderViewer(Table, table=True):
    """Somebody who was named to see a confidential order."""

    __tablename__ = "order_viewers"

    order_no: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    created_at: datetime = recorded()
