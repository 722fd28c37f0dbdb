"""Verifies the signature of the provider's webhooks over URL and form (X-Twilio-Signature)."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlparse

from adapters.settings.secret_sources import secrets_of

HEADER = "X-Twilio-Signature"


def genuine(tokens: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether this signature was made with one of the account's tokens for this form posted to this URL.

    The account has two comma-separated tokens while one is being changed. The provider signs the URL with or without
    its port. Every combination is tried, in constant time.

    `url` is the one configured at the provider, with its query; behind a proxy the server sees
    another.
    """
    from twilio.request_validator import (  # type: ignore[import-untyped] # noqa: PLC0415
        RequestValidator,
        add_port,
        remove_port,
    )

    addresses, given = {spelt(urlparse(url)) for spelt in (add_port, remove_port)}, signature.encode()
    fits = [
        hmac.compare_digest(RequestValidator(token).compute_signature(address, dict(form)).encode(), given)
        for token in secrets_of(tokens)
        for address in addresses
    ]
    return any(fits)
