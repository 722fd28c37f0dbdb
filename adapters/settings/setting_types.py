"""Types of settings that are lists or rates in one environment variable, with their error messages."""

import re
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_network
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from pydantic import BeforeValidator
from pydantic_settings import NoDecode

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

_HOST: Final = re.compile(r"(?!-)[a-z0-9.-]{1,253}|\[[0-9a-f:.]+\]")
_WORD: Final = re.compile(r"[!#-\[\]-~]+")
_RATE: Final = re.compile(r"(\d{1,6}(?:\.\d{1,3})?)/(\d{1,7})")
_THIS_MACHINE: Final = frozenset({"localhost", "127.0.0.1", "::1"})
NO_RATE: Final = "off"


@dataclass(frozen=True)
class Rate:
    """A sustained rate per second, and a burst."""

    per_second: float
    burst: int


def _parts(value: object) -> list[str]:
    if not isinstance(value, str):
        raise ValueError("应为逗号分隔的文字")
    return [part for each in value.split(",") if (part := each.strip())]


def origin_of(text: str) -> str:
    """`scheme://host[:port]` as browsers write it (RFC 6454), without the scheme's own port. Raises ValueError."""
    url = urlsplit(text.lower())
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname or ""
    if url.scheme not in {"http", "https"} or not _HOST.fullmatch(host) or url.username or url.query or url.fragment:
        raise ValueError(f"{text} 不是来源（应如 https://主机:端口）")
    usual = {"http": 80, "https": 443}[url.scheme]
    return f"{url.scheme}://{host}" + (f":{url.port}" if url.port not in (None, usual) else "")


def _origins(value: object) -> Any:
    if isinstance(value, tuple):
        return value
    found = []
    for part in _parts(value):
        origin = origin_of(part)
        if urlsplit(part).path:
            raise ValueError(f"{part} 不是来源：主机之后不应有路径")
        if origin.startswith("http:") and urlsplit(origin).hostname not in _THIS_MACHINE:
            raise ValueError(f"{part} 应为 https")
        found.append(origin)
    return tuple(found)


def _hosts(value: object) -> Any:
    if isinstance(value, tuple):
        return value
    hosts = tuple(part.lower() for part in _parts(value))
    for host in hosts:
        if not _HOST.fullmatch(host):
            raise ValueError(f"{host} 不是主机名（不写端口，不写通配符）")
    return hosts


def _words(value: object) -> Any:
    if isinstance(value, tuple):
        return value
    words = tuple(_parts(value))
    for word in words:
        if not _WORD.fullmatch(word):
            raise ValueError(f"{word} 只能由可见的 ASCII 字符组成，不含引号和反斜线")
    return words


def _networks(value: object) -> Any:
    if isinstance(value, tuple):
        return value
    return tuple(ip_network(part) for part in _parts(value))


def _rate(value: object) -> Any:
    if value is None or isinstance(value, Rate):
        return value
    text = str(value).strip().lower()
    if text == NO_RATE:
        return None
    found = _RATE.fullmatch(text)
    if found is None or float(found[1]) <= 0 or int(found[2]) < 1:
        raise ValueError(f"应为“每秒次数/突发次数”，如 100/3000，或 {NO_RATE}")
    return Rate(float(found[1]), int(found[2]))


Origins = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_origins)]
"""Comma separated origins; https but for this machine; no wildcard."""

Hosts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_hosts)]
"""Comma separated names or addresses of hosts, without ports."""

Words = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_words)]
"""Comma separated words as in tokens and headers: visible ASCII without quotes and backslashes."""

Networks = Annotated[tuple[Network, ...], NoDecode, BeforeValidator(_networks)]
"""Comma separated addresses or networks."""

Limited = Annotated[Rate | None, NoDecode, BeforeValidator(_rate)]
"""A rate as `PER_SECOND/BURST`, None for `off`."""
