"""The clauses of gaotai (shared rules: docs/clauses.md), each seen in the running system."""

from tests.stage import Lives


async def test_gt_06(lives: Lives) -> None:
    """Sign-off within 1 h of dispatch; return within 3 h of sign-off, with a reason."""
    life = await lives("gaotai", grade="days_7")
    await life.dispatch("housing")
    await life.expect("deadline_set", clock="sign_off", due_at="2026-11-23T10:00:00+08:00", clause="GT-06")
    await life.at("2026-11-23T10:05")
    await life.expect("sign_off_missed", unit="housing", at="2026-11-23T10:00:00+08:00")
    await life.sign("housing")
    await life.expect("deadline_set", clock="return", due_at="2026-11-23T13:05:00+08:00")
    no_reason = await life.refused("unit_clerk", "request_return", unit="housing")
    assert (no_reason.code, no_reason.clause) == ("missing_field", "GT-06")
    await life.at("2026-11-23T13:06")
    late = await life.refused("unit_clerk", "request_return", unit="housing", reason="不属于本单位职责")
    assert (late.code, late.clause) == ("too_late", "GT-06")
    await life.expect("refused", do="request_return", code="too_late")


async def test_gt_13(lives: Lives) -> None:
    """Every order is called back; satisfied closes it, dissatisfied sends it back the same day."""
    life = await lives("gaotai", grade="days_3")
    await life.dispatch("housing")
    await life.sign("housing")
    await life.accepted("housing")
    await life.called("dissatisfied", handling_rating=1)
    await life.expect("rework_opened", unit="housing", at="2026-11-23T09:00:00+08:00")
    await life.expect("deadline_set", clock="rework", due_at="2026-11-24T09:00:00+08:00")
    await life.accepted("housing")
    await life.called("satisfied")
    await life.archived()
    await life.expect("order_closed", outcome="satisfied")
