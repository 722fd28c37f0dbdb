"""The sample orders of `jiesu up`."""

from collections import Counter
from collections.abc import Callable

import pytest

from cli.up.samples import load
from tests.api.callers import Caller, eventually
from tests.api.conftest import Installation


async def test_samples_stand_in_every_county_and_come_once(
    installation: Installation, caller: Callable[[str], Caller], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("TEMPORAL_ADDRESS", installation.temporal.address)
    assert await load(installation.settings) == 30
    assert await load(installation.settings) == 0
    admin = caller("admin")
    numbers = [f"SAMPLE-{county}0{number}" for county in range(1, 6) for number in range(1, 7)]

    def stages() -> Counter[str]:
        return Counter(admin.get(f"/work-orders/{no}").json()["stage"] for no in numbers)

    # Approvals are signals and archives are activities: both complete shortly after loading.
    wanted = dict.fromkeys(("intake", "sign_off", "handling", "review", "callback", "archived"), 5)
    eventually(lambda: stages() == wanted or None)
    refused = [e for no in numbers for e in admin.get(f"/work-orders/{no}/timeline").json() if e["event"] == "refused"]
    assert refused == []
