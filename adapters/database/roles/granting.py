"""Grants the role of worker and API the rights in `adapters.database.roles.rights`, and no others.

Runs on the owner's connection, in the transaction of the migration: the role never sees a table without its rights,
and a rejection leaves everything as it was. May be repeated.
"""

from collections.abc import Iterator
from typing import Final, cast

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Composed, Identifier, Literal
from sqlalchemy import Connection
from sqlalchemy.engine import URL

from adapters.database.roles.rights import RIGHTS, SEQUENCES, Rights

Driver = psycopg.Connection[tuple[object, ...]]

_CHANGING: Final = ("INSERT", "UPDATE", "DELETE", "TRUNCATE", "REFERENCES", "TRIGGER")
_OURS: Final = SQL(
    "pg_class c WHERE c.oid = ANY (SELECT to_regclass(quote_ident(name)) FROM unnest(%(tables)s::text[]) AS name)"
)
_OWNS: Final = SQL("SELECT bool_and(pg_has_role(c.relowner, 'USAGE')) FROM {}").format(_OURS)
_RULES: Final = SQL(
    "SELECT bool_or(pg_has_role(%(role)s, c.relowner, 'MEMBER'))"
    " OR has_schema_privilege(%(role)s, current_schema(), 'CREATE') FROM {}"
).format(_OURS)
_HELD: Final = SQL(
    "SELECT c.relname, p.privilege FROM unnest(%(privileges)s::text[]) AS p(privilege)"
    " CROSS JOIN {} AND has_table_privilege(%(role)s, c.oid, p.privilege)"
).format(_OURS)

NO_OWNER: Final = "迁移数据库的角色不是表的所有者：请用 DATABASE_OWNER_URL 写明所有者的地址"


class CannotGrant(Exception):  # noqa: N818 - reads as a sentence where it is caught
    """The database's roles are not as required; the text is Chinese and addresses the operator."""


def grant(connection: Connection, serving: URL) -> None:
    """Create or update the role of `serving`, with its password and exactly its rights on this database.

    A missing role is created. A password that this owner may not change stays as it is.
    Raises CannotGrant, also for a role that has more rights: one that owns the tables, or a superuser.
    """
    driver = cast(Driver, connection.connection.driver_connection)
    if driver.execute(_OWNS, {"tables": list(RIGHTS)}).fetchall() != [(True,)]:
        raise CannotGrant(NO_OWNER)
    role = serving.username
    if not role:
        raise CannotGrant("DATABASE_URL 须写明数据库角色的名称")
    if serving.database != driver.info.dbname:
        raise CannotGrant("DATABASE_URL 与 DATABASE_OWNER_URL 须指向同一个数据库")
    _ensure_role(driver, role, serving.password)
    for statement in _statements(driver, Identifier(role)):
        driver.execute(statement)
    if more := _excess_rights(driver, role):
        raise CannotGrant(
            f"数据库角色 {role} 的权限多于所需（{more}）：它可能是表的所有者或超级用户，或者属于这样的角色。"
            "请在 DATABASE_URL 中为工作进程和接口另设一个角色"
        )


def _ensure_role(driver: Driver, role: str, password: str | None) -> None:
    name = Identifier(role)
    if driver.execute("SELECT FROM pg_roles WHERE rolname = %s", [role]).fetchone() is None:
        try:
            with driver.transaction():
                driver.execute(SQL("CREATE ROLE {} LOGIN").format(name))
        except (errors.DuplicateObject, errors.UniqueViolation):
            pass  # created meanwhile, for another database of this server
        except errors.InsufficientPrivilege:
            raise CannotGrant(
                f"DATABASE_OWNER_URL 的角色无权新建角色 {role}，请由数据库管理员新建后再执行：CREATE ROLE {role} LOGIN"
            ) from None
    if password is not None:
        # Hashed here, so that neither the server's log nor its memory contains it.
        kept = driver.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256").decode()
        try:
            with driver.transaction():
                driver.execute(SQL("ALTER ROLE {} PASSWORD {}").format(name, Literal(kept)))
        except errors.InsufficientPrivilege:
            pass  # the creator of the role has set its password


def _statements(driver: Driver, role: Identifier) -> Iterator[Composed]:
    [(database, schema)] = driver.execute("SELECT current_database(), current_schema()").fetchall()
    place = Identifier(str(schema))
    yield SQL("GRANT CONNECT ON DATABASE {} TO {}").format(Identifier(str(database)), role)
    yield SQL("REVOKE CREATE ON SCHEMA {} FROM PUBLIC, {}").format(place, role)
    yield SQL("GRANT USAGE ON SCHEMA {} TO {}").format(place, role)
    for table in ("alembic_version", *RIGHTS):
        yield SQL("REVOKE ALL ON TABLE {} FROM PUBLIC, {}").format(Identifier(table), role)
    for table, rights in RIGHTS.items():
        yield SQL("GRANT {} ON TABLE {} TO {}").format(_privileges(rights), Identifier(table), role)
    for sequence in SEQUENCES:
        yield SQL("REVOKE ALL ON SEQUENCE {} FROM PUBLIC, {}").format(Identifier(sequence), role)
        yield SQL("GRANT USAGE ON SEQUENCE {} TO {}").format(Identifier(sequence), role)


def _privileges(rights: Rights) -> Composed:
    names = [SQL(name).format() for name in sorted(rights.of_table)]
    if rights.update:
        names.append(SQL("UPDATE ({})").format(SQL(", ").join(map(Identifier, rights.update))))
    return SQL(", ").join(names)


def _excess_rights(driver: Driver, role: str) -> str:
    """Rights of the role beyond those granted, by whatever way; '' if none."""
    asked = {"role": role, "privileges": list(_CHANGING), "tables": list(RIGHTS)}
    if driver.execute(_RULES, asked).fetchall() != [(False,)]:
        return "可以改变表结构"
    held = driver.execute(_HELD, asked).fetchall()
    more = {(str(table), str(privilege)) for table, privilege in held if privilege not in RIGHTS[str(table)].of_table}
    return "、".join(f"{table} {privilege}" for table, privilege in sorted(more))
