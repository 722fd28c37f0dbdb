"""Identifies the bearer of a token: of a session here, or signed in by the identity provider."""

from typing import Protocol

from adapters.auth.oidc import Provider
from adapters.auth.tokens import BadToken, Identity, read
from adapters.database.accounts.role_assignments import assignment_fault
from adapters.database.accounts.sessions import Sessions
from adapters.database.accounts.users import Account, Users
from adapters.database.units import UnitDirectory
from adapters.policy.rule_books import RuleBooks
from adapters.settings.settings import Settings
from application.audit import acts
from application.audit.acts import Origin
from domain.access.acts import Deed


class BearerNeeds(Protocol):
    """Needed to identify the bearer of a token."""

    provider: Provider
    sessions: Sessions
    users: Users
    catalogue: UnitDirectory
    rule_books: RuleBooks
    settings: Settings


async def bearer(services: BearerNeeds, origin: Origin, token: str) -> Identity:
    """The bearer of a token with a valid session, or of a valid token of the identity provider. Raises BadToken.

    Costs one look-up by primary key. Raises ProviderAway when the provider is needed and does not answer.
    """
    if services.provider.issued(token):
        return await _of_provider(services, origin, token)
    user = read(token, services.settings.secret_key)
    if user.session is None or not await services.sessions.holds(user.session, user.sub):
        raise BadToken
    return user


async def _of_provider(services: BearerNeeds, origin: Origin, token: str) -> Identity:
    """The bearer of a token of the identity provider, with a role that can be assigned; a new role is noted first.

    Raises as `bearer` does.
    """
    user, at = await services.provider.read(token)
    seat = user.model_dump(mode="json", include={"role", "unit", "regime"})
    account, known = Account(username=user.sub, display=user.sub, **seat), await services.users.get(user.sub)
    if known is not None and known.has_role_of(account):
        if known.disabled_at is not None:
            raise BadToken
        return user
    if await assignment_fault(services.catalogue, services.rule_books.ids, **seat):
        raise BadToken
    noting = [acts.act(origin, user, Deed.SIGNED_IN, data={"provider": True, "unit": user.unit or ""})]
    if not await services.users.assign_role(account, at, noting):
        raise BadToken
    return user
