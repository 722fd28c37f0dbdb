"""Encryption: nothing is readable or alterable, and keys can be rotated."""

import pytest

from adapters.database.encryption import CannotDecrypt, Keyring

OLD, NEW = "old-secret-0123456789", "new-secret-0123456789"


@pytest.mark.parametrize("text", ["", "张三", "a\n\x00b", "🀄" * 1000])
def test_what_is_sealed_opens_again_and_shows_nothing(text: str) -> None:
    keyring = Keyring(OLD)
    sealed = keyring.encrypt(text)
    assert keyring.decrypt(sealed) == text
    assert not text or text.encode() not in sealed
    assert keyring.encrypt(text) != sealed


def test_after_a_rotation_old_values_open_and_new_ones_need_the_new_key() -> None:
    old, rotated = Keyring(OLD), Keyring(f" {NEW} , {OLD}")
    assert rotated.decrypt(old.encrypt("张三")) == "张三"
    assert Keyring(NEW).decrypt(rotated.encrypt("张三")) == "张三"
    with pytest.raises(CannotDecrypt):
        old.decrypt(rotated.encrypt("张三"))
    assert old.is_current(old.encrypt("")) and not rotated.is_current(old.encrypt(""))
    assert rotated.blind_indexes("138") == [Keyring(NEW).blind_index("138"), old.blind_index("138")]


def test_any_altered_byte_is_found() -> None:
    keyring = Keyring(OLD)
    sealed = keyring.encrypt("张三")
    for place in range(len(sealed)):
        altered = bytearray(sealed)
        altered[place] ^= 1
        with pytest.raises(CannotDecrypt):
            keyring.decrypt(bytes(altered))
    for length in range(len(sealed)):
        with pytest.raises(CannotDecrypt):
            keyring.decrypt(sealed[:length])


def test_an_index_tells_equal_from_unequal_under_its_key_only() -> None:
    keyring = Keyring(OLD)
    assert keyring.blind_index("138") == keyring.blind_index("138") != keyring.blind_index("139")
    assert Keyring(NEW).blind_index("138") != keyring.blind_index("138")


@pytest.mark.parametrize("keys", ["", " ", " , ,"])
def test_a_ring_without_keys_is_refused(keys: str) -> None:
    with pytest.raises(ValueError, match="JIESU_DATA_KEY"):
        Keyring(keys)
