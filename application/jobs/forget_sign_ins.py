"""Deletes sessions that ended long ago, and sign-in failures that no longer count."""

from application.services import Services


async def forget_sign_ins(services: Services) -> int:
    """Delete both, and return how many. May be repeated, and may run in several processes."""
    return await services.sessions.forget() + await services.credentials.failures.forget()
