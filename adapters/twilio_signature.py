"""Whether a form was posted by the provider: its signature over our address and the form (X-Twilio-Signature)."""

from collections.abc import Mapping

HEADER = "X-Twilio-Signature"


def genuine(token: str, url: str, form: Mapping[str, str], signature: str) -> bool:
    """Whether this signature was made with the account's token for this form posted to this URL.

    `url` is the one that the provider was given, with its query, which behind a proxy is not what the
    server sees.
    """
    from twilio.request_validator import RequestValidator  # type: ignore[import-untyped] # noqa: PLC0415

    right: bool = RequestValidator(token).validate(url, dict(form), signature)
    return right
