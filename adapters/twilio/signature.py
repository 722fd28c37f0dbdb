"""Whether a form was posted by the provider: its signature over our address and the form (X-Twilio-Signature)."""

import hmac
from collections.abc import Mapping
from urllib.parse import urlparse

from adapters.settings.secret_sources import secrets_of

HEADER = "X-Twilio-Signature"


def genuine(tokens: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether this signature was made with one of the account's tokens for this form posted to this URL.

    The account has two while its token is changed, comma separated here. The provider signs the address with or without
    its port. Everything is tried, and compared in a time that tells nothing.

    `url` is the one that the provider was given, with its query, which behind a proxy is not what the
    server sees.
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
