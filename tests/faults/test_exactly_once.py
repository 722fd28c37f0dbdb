"""A worker is killed between "sent" and "recorded", fifty times and more: every text goes out once."""

import os
import signal
from collections import Counter

import httpx

from cli.rehearse.stack import RehearsalStack
from tests.stage import Life, Lives, until

ROUNDS, ORDERS = 9, 3
AT_ONCE = 2 * ORDERS
"""Each dispatch notifies the unit's clerk and the citizen."""
STRUCK_WITHIN, DELIVERED_WITHIN = 100.0, 300.0
"""Seconds. After several kills in a row the delay before the next attempt grows."""


async def kill_when_all_are_out(own_stage: RehearsalStack, gateway: httpx.AsyncClient, orders: list[Life]) -> None:
    """Dispatch, and kill the worker when the provider has every text and has answered none."""
    silence = {"kind": "timeout", "on": "messages", "processed": True, "times": AT_ONCE}
    (await gateway.put("/sandbox/faults", json=[silence])).raise_for_status()

    async def all_out() -> bool:
        faults = (await gateway.get("/sandbox/faults")).json()
        return bool(faults[0]["struck"] == AT_ONCE)

    for life in orders:
        await life.dispatch("housing")
    await until(all_out, STRUCK_WITHIN)
    os.killpg(own_stage.processes.worker.process.pid, signal.SIGKILL)
    own_stage.processes.worker.process.wait()
    own_stage.processes.start_worker()


async def test_a_worker_killed_between_sent_and_recorded_never_sends_twice(
    own_stage: RehearsalStack, fragile_lives: Lives
) -> None:
    assert ROUNDS * AT_ONCE >= 50
    lives = [
        await fragile_lives("gaotai", grade="days_7", citizen={"name": "王某", "phone": f"138001390{number:02d}"})
        for number in range(ROUNDS * ORDERS)
    ]
    base = own_stage.settings.twilio_base_url
    async with httpx.AsyncClient(base_url=base, timeout=30) as gateway:
        for first in range(0, len(lives), ORDERS):
            await kill_when_all_are_out(own_stage, gateway, lives[first : first + ORDERS])

        async def all_recorded() -> bool:
            rows = [await life.rehearsal.services.trail.timeline(life.rehearsal.no) for life in lives]
            return all(sum(row["event"] == "notice_sent" for row in each) == 2 for each in rows)

        await until(all_recorded, DELIVERED_WITHIN)
        sid = own_stage.settings.twilio_account_sid
        url, auth = f"/2010-04-01/Accounts/{sid}/Messages.json", (sid, own_stage.settings.twilio_auth_token)
        texts = (await gateway.get(url, params={"PageSize": 1000}, auth=auth)).json()["messages"]
    sent = Counter((text["to"], text["body"]) for text in texts)
    assert len(sent) == 2 * len(lives)
    assert set(sent.values()) == {1}, [who for who, times in sent.items() if times > 1]
