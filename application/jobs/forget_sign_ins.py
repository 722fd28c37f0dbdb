"""What is forgotten of accounts: sessions that are long over, failures that no longer count."""

from application.services import Services


async def forget_sign_ins(services: Services) -> int:
    """Drop both, and return how many; may be repeated and run in several processes."""
    return await services.sessions.forget() + await services.credentials.failures.forget()
