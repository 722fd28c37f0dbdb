"""`jiesu users`: manages accounts; creates the first administrator."""

import asyncio
import sys
from collections.abc import Awaitable, Callable
from getpass import getuser
from typing import Annotated, Any, Final, TypeVar

import typer

from adapters.database.accounts.password_hashes import random_password
from adapters.database.accounts.role_assignments import PEOPLE, assignment_fault
from adapters.database.accounts.sign_in_failures import SignInFailures
from adapters.database.accounts.users import USERNAME, Account, Card, UsernameTaken, Users
from adapters.database.encryption import Keyring
from adapters.database.engine import Database
from adapters.database.units import UnitDirectory
from adapters.policy.policy_file import load
from adapters.settings.settings import settings
from domain.access.acts import Act, Deed
from domain.access.passwords import canonical_form
from domain.labels import label
from domain.policy.rule_book import PolicyFile
from domain.words import Role

PAGE: Final = 200
T = TypeVar("T")
Name = Annotated[str, typer.Argument(help="用户名", callback=canonical_form)]

app = typer.Typer(help="管理账号", no_args_is_help=True)


@app.command()
def add(
    name: Name,
    role: Annotated[str, typer.Option(help=f"岗位：{' '.join(PEOPLE)}")],
    unit: Annotated[str | None, typer.Option(help="承办单位的编号，仅承办单位的岗位")] = None,
    regime: Annotated[str | None, typer.Option(help="地区（规程编号）；不填为各地")] = None,
    display: Annotated[str | None, typer.Option(help="姓名或称呼")] = None,
) -> None:
    """新增账号。初始口令由系统生成，只显示这一次，首次登录后须修改。"""
    if USERNAME.fullmatch(name) is None:
        _refuse("用户名以字母或数字开头，至多 64 个字母、数字和 _ . @ -")
    shown = display or name
    if not shown.isprintable():
        _refuse("名称 --display 不能含有控制字符")
    password = random_password()

    async def work(database: Database) -> str | None:
        regimes = load(settings().policy_file, PolicyFile).regimes
        if fault := await assignment_fault(UnitDirectory(database), regimes, role=role, unit=unit, regime=regime):
            return fault
        account = Account(username=name, role=role, unit=unit, regime=regime, display=shown)
        try:
            noting = [_act(Deed.USER_ADDED, name, role=role, unit=unit)]
            await Users(database).create(account, password, temporary=True, noting=noting)
        except UsernameTaken:
            return f"用户名 {name} 已被使用"
        return None

    if fault := _with_database(work):
        _refuse(fault)
    print(password)


@app.command("list")
def show() -> None:
    """列出账号：用户名、岗位、地区、单位、状态、名称。"""
    for card in _with_database(_all):
        print(_line(card))


@app.command()
def disable(name: Name) -> None:
    """停用账号，其会话立即失效。"""
    _change(name, disabled=True)
    print(f"{name} 已停用")


@app.command()
def enable(name: Name) -> None:
    """重新启用停用的账号。"""
    _change(name, disabled=False)
    print(f"{name} 已启用")


@app.command()
def unlock(name: Name) -> None:
    """解除因登录失败造成的锁定。"""

    async def work(database: Database) -> bool:
        known = await Users(database).get(name) is not None
        noting = [_act(Deed.USER_UNLOCKED, name)] if known else []
        await SignInFailures(database, settings().sign_in_tries).forgive(name, noting)
        return known

    if not name.isprintable() or not _with_database(work):
        _refuse(f"没有名为 {name} 的账号")
    print(f"{name} 已解锁")


@app.command()
def reset(name: Name, totp: Annotated[bool, typer.Option("--totp", help="同时解除动态口令的绑定")] = False) -> None:
    """重置口令。新口令由系统生成，只显示这一次，登录后须修改；会话立即失效，锁定解除。"""
    password = random_password()

    async def work(database: Database) -> bool:
        noting = [_act(Deed.USER_CHANGED, name, fields="password totp" if totp else "password")]
        if not await Users(database).set_password(name, password, temporary=True, noting=noting):
            return False
        if totp:
            await Users(database).change(name, totp_secret=None)
        await SignInFailures(database, settings().sign_in_tries).forgive(name)
        return True

    if not name.isprintable() or not _with_database(work):
        _refuse(f"没有名为 {name} 的账号")
    print(password)


async def _all(database: Database) -> list[Card]:
    found: list[Card] = []
    cursor: str | None = None
    while True:
        page = await Users(database).listed(cursor=cursor, limit=PAGE)
        found += page.items
        cursor = page.next
        if cursor is None:
            return found


def _line(card: Card) -> str:
    state = f"停用于 {card.disabled_at:%Y-%m-%d}" if card.disabled_at else "在用"
    columns = (card.username, label(card.role), card.regime or "各地", card.unit or "-", state, card.display)
    return "\t".join(columns)


def _change(name: str, **values: Any) -> None:
    noting = [_act(Deed.USER_CHANGED, name, **values)]
    if not name.isprintable() or not _with_database(lambda database: Users(database).change(name, noting, **values)):
        _refuse(f"没有名为 {name} 的账号")


def _act(deed: Deed, name: str, **data: Any) -> Act:
    return Act(deed=deed, person=getuser(), role=Role.ADMIN, about=name, data=data)


def _with_database(work: Callable[[Database], Awaitable[T]]) -> T:
    async def run() -> T:
        database = Database(settings().database_url, Keyring(settings().data_key), pool_size=1)
        try:
            return await work(database)
        finally:
            await database.dispose()

    return asyncio.run(run())


def _refuse(reason: str) -> None:
    print(reason, file=sys.stderr)
    raise typer.Exit(2)
