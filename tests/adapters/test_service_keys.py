"""Keys of peers can be rotated without downtime: the old one stays valid while the new one comes into use."""

from datetime import timedelta

import pytest
from twilio.request_validator import RequestValidator  # type: ignore[import-untyped]

from adapters.city.signature import BadSignature, signed, verified
from adapters.database.accounts.api_keys import ApiKeys, new_key
from adapters.database.engine import Database
from adapters.files.signed_links import BadLink, SignedLink, opened
from adapters.files.signed_links import signed as linked
from adapters.twilio.signature import genuine

OLD, NEW, OTHER = "old-secret-" * 4, "new-secret-" * 4, "other-secret-" * 4
URL, FORM = "https://hotline.example.cn/api/v1/webhooks/sms?a=1", {"From": "+8613912345678", "Body": "满意"}


@pytest.mark.parametrize("address", [URL, URL.replace(".cn/", ".cn:443/")])
def test_the_telephone_provider_signs_with_either_token_and_with_or_without_the_port(address: str) -> None:
    for token in (OLD, NEW):
        signature = RequestValidator(token).compute_signature(address, FORM)
        assert genuine(f"{NEW}, {OLD}", URL, FORM, signature)
        assert not genuine(f"{NEW}, {OLD}", URL, FORM | {"Body": "不满意"}, signature)
        assert not genuine(OTHER, URL, FORM, signature)
    for signature in ("", "满意", RequestValidator(OTHER).compute_signature(address, FORM)):
        assert not genuine(f"{NEW},{OLD}", URL, FORM, signature)


def test_the_city_signs_with_either_secret() -> None:
    for secret in (OLD, NEW):
        assert verified(f"{NEW}, {OLD}", signed(secret, "m-1", b"{}", 1000), b"{}", 1000) == "m-1"
    with pytest.raises(BadSignature):
        verified(f"{NEW},{OLD}", signed(OTHER, "m-1", b"{}", 1000), b"{}", 1000)


def test_a_link_that_was_given_out_under_the_old_key_still_opens() -> None:
    link = SignedLink(file="f", purpose="view")
    token = linked(link, OLD, timedelta(minutes=1))
    assert opened(token, f"{NEW},{OLD}") == link
    with pytest.raises(BadLink):
        opened(token, NEW)


async def test_an_application_has_two_keys_until_the_old_one_is_revoked(module_database: Database) -> None:
    keys = ApiKeys(module_database)
    old, new = (new_key().text for _ in range(2))
    for key in (old, new):
        await keys.add(key, regime="rugao", source="app", name="随手拍", per_minute=60)
    assert await keys.verify(old)
    assert await keys.verify(new)
    await keys.revoke(old.partition("_")[0])
    assert await keys.verify(old) is None
    assert await keys.verify(new)
