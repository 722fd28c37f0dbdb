"""The output of `jiesu up`: addresses and accounts."""

from collections.abc import Mapping

from rich.console import Console
from rich.table import Table

from domain.labels import label
from domain.words import Role

NOT_PEOPLE = {Role.CITIZEN, Role.CLOCK, Role.SYSTEM}


def public_interface(base: str, keys: Mapping[str, str]) -> dict[str, str]:
    """The address of the public interface, and one key for trying it; the others are in `secrets.json`."""
    regime, key = next(iter(keys.items()), ("", ""))
    address = f"{base}/open311/v2/services.json?jurisdiction_id={regime}"
    return {"公众受理（Open311）": address, f"受理密钥（{regime}）": key} if key else {}


def show(screen: Console, addresses: Mapping[str, str], password: str, seconds: float) -> None:
    """Print both tables; `seconds` is the duration of the start."""
    places = Table(title=f"接诉已经启动，用时 {seconds:.1f} 秒", title_justify="left")
    places.add_column("服务")
    places.add_column("地址", overflow="fold")
    for name, address in addresses.items():
        places.add_row(name, address)
    logins = Table("岗位", "用户名", "密码", title="登录账号", title_justify="left")
    for role in Role:
        if role not in NOT_PEOPLE:
            logins.add_row(label(role), role, password)
    screen.print(places, logins, "按 Ctrl-C 停止。", sep="\n")
