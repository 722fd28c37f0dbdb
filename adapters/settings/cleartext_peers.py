"""Finds peers with cleartext connections: neither https nor an address of this machine (ASVS 5, 12.3.1)."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from adapters.settings.settings import Settings

ADDRESSES: Final = ("public_base_url", "twilio_base_url", "city_base_url", "oidc_issuer")
"""Settings with the URL of a peer, and the public URL for peers' requests to us."""

ENDPOINTS: Final = (
    *("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"),
    *("AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_AUTHORITY_HOST", "AZURE_STORAGE_AUTHORITY_HOST"),
    "GOOGLE_BASE_URL",
)
"""Environment variables that override the address of a bucket's server."""


def cleartext_peers(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """Variables with a cleartext address of a remote peer."""
    named = {str(Settings.model_fields[field].alias): str(getattr(settings, field)) for field in ADDRESSES}
    named |= _store_addresses(settings, environment)
    return [name for name, url in named.items() if url and not (_scheme(url) == "https" or _is_local_http(url))]


def store_is_local(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether the object store is an http server on this machine."""
    return any(map(_is_local_http, _store_addresses(settings, environment).values()))


def _store_addresses(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """Variables with the object store's address, and their values; none for a folder."""
    scheme = _scheme(settings.object_store_url)
    if scheme in ("", "file"):
        return {}
    # The providers' own schemes do not determine the transport.
    itself = {"OBJECT_STORE_URL": settings.object_store_url} if scheme in ("http", "https") else {}
    return itself | {name: environment[name] for name in ENDPOINTS if environment.get(name)}


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower() if ":" in url else ""


def _is_local_http(url: str) -> bool:
    """Whether the URL is http to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return _scheme(url) == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
