"""The scenarios of the recorded histories: one for each regime, with the special rules of its county."""

from collections.abc import Awaitable, Callable

from tests.stage import Life, Lives

Story = Callable[[Life], Awaitable[None]]


async def gaotai(life: Life) -> None:
    """Sign-off missed, phone supervision unanswered, rework, satisfied."""
    await life.dispatch("housing")
    await life.after(hours=2)
    await life.sign("housing")
    await life.after(days=4)
    await life.accepted("housing")
    await life.called("dissatisfied")
    await life.after(hours=2)
    await life.accepted("housing")
    await life.called("satisfied")


async def huojia(life: Life) -> None:
    """From the city: an extension that the city grants, a result that it sends back once."""
    await life.dispatch("housing")
    await life.sign("housing")
    await life.after(hours=20)
    await life.do(
        "unit_clerk",
        "request_extension",
        unit="housing",
        reason="需跨部门协调施工许可",
        until="2026-11-30T17:30:00+08:00",
        signed_by=["unit_principal_leader"],
    )
    await life.decide("city_platform", "extension")
    await life.after(days=2)
    await life.reply("housing")
    await life.decide("reviewer", "review")
    await life.decide("city_platform", "city_review", "reject")
    await life.after(hours=3)
    await life.accepted("housing")
    await life.called("satisfied")


async def dalad(life: Life) -> None:
    """Put on account, struck off, answered, unreachable three times."""
    await life.dispatch("housing")
    await life.sign("housing")
    await life.do("unit_clerk", "request_suspension", unit="housing", reason="冬季不能施工", plan="开春后施工")
    await life.decide("supervisor", "suspension")
    await life.after(days=40)
    await life.do("unit_clerk", "request_strike_off", unit="housing", reason="已具备施工条件")
    await life.decide("supervisor", "strike_off")
    await life.accepted("housing")
    for _ in range(3):
        await life.after(hours=4)
        await life.called("unreachable")


async def rugao(life: Life) -> None:
    """Joint handling, a return to another unit, overdue, answered late."""
    await life.dispatch("housing", "water")
    await life.sign("housing")
    await life.do(
        "unit_clerk",
        "request_return",
        unit="housing",
        reason="管线属供气公司",
        basis="三定方案第四条",
        proposed_unit="gas",
        signed_by=["unit_deputy_leader"],
        attachments=["form-1"],
    )
    await life.decide("dispatcher", "return")
    await life.after(hours=1)
    await life.sign("gas")
    await life.after(days=9)
    await life.accepted("gas")
    await life.called("satisfied")


async def hukou(life: Life) -> None:
    """Dissatisfied to the end: two reworks, the panel, the final reply."""
    await life.dispatch("housing")
    await life.sign("housing")
    for _ in range(3):
        await life.after(hours=2)
        await life.accepted("housing")
        await life.called("dissatisfied")
    await life.decide("panel", "panel")
    await life.decide("hotline_director", "final_reply")


STORIES: dict[str, Story] = {"gaotai": gaotai, "huojia": huojia, "dalad": dalad, "rugao": rugao, "hukou": hukou}
ORDERS: dict[str, dict[str, str]] = {
    "gaotai": {"grade": "days_3"},
    "huojia": {"grade": "difficult", "source": "city_platform"},
    "dalad": {},
    "rugao": {},
    "hukou": {},
}


async def told(lives: Lives, regime: str) -> Life:
    """Play the scenario of a regime until the order is archived."""
    life = await lives(regime, **ORDERS[regime])
    await STORIES[regime](life)
    await life.archived()
    return life
