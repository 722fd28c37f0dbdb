"""The network address of a request: of the peer, or behind trusted proxies the one that they report.

Anybody can write `X-Forwarded-For`, so it is read from its right end, and only as far as trusted proxies wrote it.
"""

from collections.abc import Collection
from ipaddress import IPv6Address, ip_address, ip_network

from fastapi import Request

from adapters.settings.setting_types import Address, Network

UNKNOWN = "unknown"


def address_of(request: Request, proxies: Collection[Network]) -> str:
    """The caller's address; for IPv6 the /64, in which a subscriber may choose any address."""
    peer = _read(request.client.host if request.client else "")
    if peer is None:
        return UNKNOWN
    hops = [hop.strip() for line in request.headers.getlist("X-Forwarded-For") for hop in line.split(",")]
    while _trusted(peer, proxies) and hops and (before := _read(hops.pop())) is not None:
        peer = before
    return str(ip_network((peer, 64), strict=False)) if isinstance(peer, IPv6Address) else str(peer)


def _trusted(address: Address, proxies: Collection[Network]) -> bool:
    return any(address in network for network in proxies)


def _read(text: str) -> Address | None:
    try:
        address = ip_address(text)
    except ValueError:
        return None
    return (isinstance(address, IPv6Address) and address.ipv4_mapped) or address
