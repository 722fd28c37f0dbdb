"""The rows read by the daily erasure grow with the orders it erases, not with those erased before."""

import time
from datetime import UTC, datetime
from pathlib import Path

import psycopg

from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.orders.documents import Documents
from adapters.database.redaction.redaction import Redaction
from adapters.files.object_store import Objects
from adapters.settings.settings import Settings
from application.orders.erasure import LATE_STAYS, Eraser
from tests.adapters.orders_at_hand import CANARY
from tests.domain.regimes import REGIMES
from tests.postgres import DATA_KEY, as_owner

MANY = 3000


async def test_the_daily_job_reads_what_is_late_and_not_what_was_erased_before(
    database_url: str, tmp_path: Path
) -> None:
    settings = Settings.model_validate({"JIESU_DATA": tmp_path})
    with psycopg.connect(as_owner(database_url), autocommit=True) as connection:
        connection.execute("SET session_replication_role = replica")
        connection.execute(ERASED_ORDERS, [MANY])
        for table in ("documents", "messages", "archives", "work_orders"):
            connection.execute(f"VACUUM ANALYZE {table}")
    database = Database(database_url, Keyring(DATA_KEY), pool_size=2)
    for no in ("7", "77"):
        await Documents(database).save(no, "", "submit_reply", "handling", CANARY)
    await database.dispose()
    before = rows_read(database_url)
    database = Database(database_url, Keyring(DATA_KEY), pool_size=2)
    assert (
        await Eraser(Redaction(database), Objects(settings), REGIMES).erase_due(
            "tester", datetime.now(UTC) + 2 * LATE_STAYS
        )
        == 2
    )
    await database.dispose()
    assert 0 < rows_read(database_url) - before < MANY / 10, f"of {5 * MANY} rows"


ERASED_ORDERS = """
    WITH number AS (SELECT n::text AS no FROM generate_series(1, %s) AS n),
    orders AS (
        INSERT INTO work_orders (no, realm, regime, source, category, grade, marks, title, content, policy_hash)
        SELECT no, '', 'huojia', 'phone', 'consult', 'normal', '{}', '', '', '' FROM number
    ),
    erased AS (
        INSERT INTO archives (order_no, bundle, sha256, erasing_at, erased_at, created_at)
        SELECT no, 'archives/' || no, '', now(), now(), now() - interval '11 years' FROM number
    ),
    texts AS (
        INSERT INTO documents (id, order_no, realm, kind, field, text, fingerprint)
        SELECT 'doc' || n || '-' || no, no, '', 'a', 'b', '', '' FROM number, generate_series(1, 2) AS n
    )
    INSERT INTO messages (key, order_no, notice, template, to_role, phone_index, to_phone, body, status)
    SELECT no || ':N1', no, 'N1', 'survey', 'citizen', '', '', '', 'delivered' FROM number
"""


def rows_read(url: str) -> int:
    """The number of table rows that this test's closed connections have read."""
    open_ = "SELECT FROM pg_stat_activity WHERE application_name = 'jiesu' AND datname = current_database()"
    read = "SELECT sum(seq_tup_read + coalesce(idx_tup_fetch, 0))::int FROM pg_stat_user_tables"
    with psycopg.connect(as_owner(url), autocommit=True) as connection:
        deadline = time.monotonic() + 30
        while connection.execute(open_).fetchone() is not None:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        row = connection.execute(read).fetchone()
    assert row is not None
    return int(row[0])
