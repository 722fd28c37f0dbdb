"""The places to search for canaries: everything outside of the encrypted columns, as bytes by name."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.postgres import as_owner
from tests.telephone.exchange import Exchange

LOGS = ("api.log", "worker.log", "temporal.log")


def temporal(history: Path) -> dict[str, bytes]:
    """The server's database, with its journal."""
    return {file.name: file.read_bytes() for file in history.parent.glob(f"{history.name}*")}


def logs(folder: Path, postgres: Path) -> dict[str, bytes]:
    """The logs of the system's processes, Temporal and PostgreSQL, but not of the sandbox, which is external."""
    return {path.name: path.read_bytes() for path in (*(folder / name for name in LOGS), postgres)}


def tables(url: str) -> dict[str, bytes]:
    """Every table in PostgreSQL's binary export."""
    found = {}
    with psycopg.connect(as_owner(url)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            with connection.cursor().copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as rows:
                found[name] = b"".join(bytes(row) for row in rows)
    return found


def objects(folder: Path) -> dict[str, bytes]:
    """Every object by key; for a bundle every file with its name."""
    found = {}
    for path in (each for each in folder.rglob("*") if each.is_file()):
        key = str(path.relative_to(folder))
        found[key] = path.read_bytes()
        if key.endswith(".zip"):
            del found[key]
            with zipfile.ZipFile(io.BytesIO(path.read_bytes())) as bundle:
                for name in bundle.namelist():
                    found[f"{key}!{name}"] = name.encode() + b"\n" + bundle.read(name)
    return found


def is_personal(key: str) -> bool:
    """Whether an object is in the personal part of an archive, or an uploaded file."""
    return "/data/personal/" in key or key.startswith("attachments/")


async def texts(exchange: Exchange, orders: list[str]) -> dict[str, bytes]:
    """Every text sent to units and citizens."""
    return {
        row.key: row.body.encode() for no in orders for row in await exchange.services.messages.of_order(no)
    }  # fmt: skip


def answers(exchange: Exchange, username: str, orders: list[str], files: list[str]) -> Iterator[bytes]:
    """All answers that a user can get, about every order and in every list."""
    who = exchange.caller(username)
    paths: tuple[str, ...] = ("", "/timeline", "/messages")
    if username == "hotline_director":  # who sees every order: the same figures for others take long
        paths += ("/deadlines", "/proposal", "/viewers")
    for no in orders:
        for path in paths:
            yield who.get(f"/work-orders/{no}{path}").content
        yield who.get("/attachments", order=no).content
    for path in ("/work-orders", "/approvals", "/callbacks", "/call-tasks", "/inbound-messages", "/city/messages"):
        yield who.get(path, limit=200).content
    for path in ("/attachments", "/units", "/policies", *(f"/city/messages/c{n}" for n in (1, 2, 3))):
        yield who.get(path).content
    for file in files:
        yield who.get(f"/attachments/{file}").content
