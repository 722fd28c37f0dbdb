"""Secrets that are being changed: comma separated, so that the old one still holds while the new one comes into use."""


def secrets_of(listed: str) -> tuple[str, ...]:
    """Each of them; the first is the one to use, all are to be accepted."""
    return tuple(secret for part in listed.split(",") if (secret := part.strip()))
