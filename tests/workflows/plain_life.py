"""The plain life for measuring costs: dispatch, sign, reply, review, callback, close, archive."""

from tests.stage import Life, Lives


async def plain_life(lives: Lives, policy: str = "rugao", **order: str) -> Life:
    """An order that is handled on time without incidents; three notices go out."""
    life = await lives(policy, **order)
    await life.after(minutes=5)
    await life.dispatch("housing")
    await life.after(minutes=30)
    await life.sign("housing")
    await life.after(hours=4)
    await life.reply("housing")
    await life.after(hours=1)
    await life.decide("reviewer", "review")
    await life.after(hours=2)
    await life.called("satisfied", intake_rating=5, handling_rating=5)
    await life.archived()
    return life
