"""Where something could have been left: every place outside of the sealed columns, as bytes by name."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import psycopg

from tests.postgres import as_owner
from tests.telephone.exchange import Exchange

LOGS = ("api.log", "worker.log", "temporal.log")


def temporal(history: Path) -> dict[str, bytes]:
    """The server's database, its journal too."""
    return {file.name: file.read_bytes() for file in history.parent.glob(f"{history.name}*")}


def logs(folder: Path, postgres: Path) -> dict[str, bytes]:
    """What our processes, Temporal and PostgreSQL wrote down of their work; not the sandbox, which is the outside."""
    return {path.name: path.read_bytes() for path in (*(folder / name for name in LOGS), postgres)}


def tables(url: str) -> dict[str, bytes]:
    """Every table as PostgreSQL itself writes it out, byte for byte."""
    found = {}
    with psycopg.connect(as_owner(url)) as connection:
        names = connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall()
        for (name,) in names:
            with connection.cursor().copy(f'COPY "{name}" TO STDOUT (FORMAT binary)') as rows:
                found[name] = b"".join(bytes(row) for row in rows)
    return found


def objects(folder: Path) -> dict[str, bytes]:
    """Every object by key; of a bundle every file and the name of it."""
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
    """Whether an object is of the sealed part of an archive, or a file that somebody brought."""
    return "/data/personal/" in key or key.startswith("attachments/")


async def texts(exchange: Exchange, orders: list[str]) -> dict[str, bytes]:
    """Every text that went out, to units and citizens."""
    return {
        row.key: row.body.encode() for no in orders for row in await exchange.services.messages.of_order(no)
    }  # fmt: skip


def answers(exchange: Exchange, username: str, orders: list[str], files: list[str]) -> Iterator[bytes]:
    """All that somebody gets to read by asking, of every order and in every list."""
    who = exchange.caller(username)
    paths: tuple[str, ...] = ("", "/timeline", "/messages")
    if username == "hotline_director":  # who sees every order; the others would wait long for the same figures
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
