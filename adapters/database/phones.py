"""What a telephone number is found by in the database, where the number itself is sealed."""

from adapters.database.crypto import Keyring
from adapters.phone_numbers import e164


def phone_index(keyring: Keyring, phone: str) -> str:
    """Its form as networks know it, blindly indexed: equal however the number is written."""
    return keyring.blind_index(f"phone:{e164(phone)}")
