"""What a telephone number is found by in the database, where the number itself is sealed."""

from adapters.database.encryption import Keyring
from adapters.phone_numbers import e164


def phone_index(keyring: Keyring, phone: str) -> str:
    """Its form as networks know it, blindly indexed: equal however the number is written."""
    return phone_indexes(keyring, phone)[0]


def phone_indexes(keyring: Keyring, phone: str) -> list[str]:
    """All indexes by which the number may stand in the database while keys are being rotated."""
    return keyring.blind_indexes(f"phone:{e164(phone)}")
