"""Tables of intake: API keys of applications, and named viewers of confidential orders."""

from datetime import datetime

from sqlalchemy import text
from sqlmodel import Field

from adapters.database.tables.columns import Table, moment, recorded


class ApiKey(Table, table=True):
    """A key of an application, stored as a hash; `prefix` is its public half.

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
    """A person who may see a confidential order."""

    __tablename__ = "order_viewers"

    order_no: str = Field(primary_key=True)
    username: str = Field(primary_key=True)
    created_at: datetime = recorded()
