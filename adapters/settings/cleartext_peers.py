"""Which peers would be spoken to in clear: by an address that is not https and not of this machine (ASVS 5, 12.3.1)."""

from collections.abc import Mapping
from ipaddress import ip_address
from typing import Final
from urllib.parse import urlsplit

from adapters.settings.settings import Settings

ADDRESSES: Final = ("public_base_url", "twilio_base_url", "city_base_url", "oidc_issuer")
"""The settings that name a peer by its URL, and the name by which peers come to us."""

ENDPOINTS: Final = (
    *("AWS_ENDPOINT", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL_STS"),
    *("AZURE_ENDPOINT", "AZURE_STORAGE_ENDPOINT", "AZURE_AUTHORITY_HOST", "AZURE_STORAGE_AUTHORITY_HOST"),
    "GOOGLE_BASE_URL",
)
"""The variables by which a bucket's server is named, if it is not the provider's own."""


def plain_peers(settings: Settings, environment: Mapping[str, str]) -> list[str]:
    """The variables that name such a peer."""
    named = {str(Settings.model_fields[field].alias): str(getattr(settings, field)) for field in ADDRESSES}
    named |= _store(settings, environment)
    return [name for name, url in named.items() if url and not (_scheme(url) == "https" or _here(url))]


def store_is_here(settings: Settings, environment: Mapping[str, str]) -> bool:
    """Whether the object store is a server on this machine that is spoken to by http."""
    return any(map(_here, _store(settings, environment).values()))


def _store(settings: Settings, environment: Mapping[str, str]) -> dict[str, str]:
    """The variables that say where the object store is; none where it is a folder."""
    scheme = _scheme(settings.object_store_url)
    if scheme in ("", "file"):
        return {}
    # The schemes of the providers do not say how they are spoken to.
    itself = {"OBJECT_STORE_URL": settings.object_store_url} if scheme in ("http", "https") else {}
    return itself | {name: environment[name] for name in ENDPOINTS if environment.get(name)}


def _scheme(url: str) -> str:
    return url.partition(":")[0].lower() if ":" in url else ""


def _here(url: str) -> bool:
    """Whether it is http to this machine."""
    try:
        host = urlsplit(url).hostname or ""
        return _scheme(url) == "http" and (host == "localhost" or ip_address(host).is_loopback)
    except ValueError:
        return False
