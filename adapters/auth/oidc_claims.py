"""Converts verified claims of an identity provider's token into a person and checks how strongly they signed in.

Claims of an unexpected shape are rejected: an empty list is not the same as no claim, least of all where no
claim means all counties.
"""

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from adapters.auth.tokens import BadToken, Identity
from adapters.database.accounts.users import FEDERATED
from adapters.settings.settings import Settings
from domain.words import UNIT_ROLES

MAX_NAME: Final = 200


class TooWeak(BadToken):
    """The token is valid, but its owner has not signed in as strongly as their role requires (RFC 9470).

    `acr` and `amr` are the accepted values: one of each that is not empty is required.
    """

    def __init__(self, acr: tuple[str, ...], amr: tuple[str, ...]) -> None:
        super().__init__("登录强度不够")
        self.acr: Final = acr
        self.amr: Final = amr


def identity(claims: Mapping[str, Any], settings: Settings) -> Identity:
    """The person in verified claims.

    Raises BadToken unless they contain exactly one role, and the unit for a role of a unit; TooWeak if they do not show
    the sign-in method that the role requires.
    """
    said = _claim(claims, settings.oidc_role_claim)
    words = said if isinstance(said, list) else [said]
    roles = {settings.oidc_roles[word] for word in words if isinstance(word, str) and word in settings.oidc_roles}
    name = _claim(claims, settings.oidc_name_claim)
    if len(roles) != 1 or not isinstance(name, str) or not 0 < len(name) <= MAX_NAME or not name.isprintable():
        raise BadToken
    role = roles.pop()
    unit = _claim(claims, settings.oidc_unit_claim) if role in UNIT_ROLES else None
    regime = _claim(claims, settings.oidc_regime_claim)
    if "" in (unit, regime) or (role in UNIT_ROLES and (unit is None or regime is None)):
        raise BadToken
    try:
        found = Identity(sub=f"{FEDERATED}{name}", role=role, unit=unit, regime=regime)
    except ValidationError:
        raise BadToken from None
    if settings.asks_strength_of(role) and not _is_strong_enough(claims, settings):
        raise TooWeak(settings.oidc_acr, settings.oidc_amr)
    return found


def _is_strong_enough(claims: Mapping[str, Any], settings: Settings) -> bool:
    """Whether `acr` and one of `amr` (RFC 8176) are accepted; an empty list of accepted values requires nothing."""
    said = claims.get("amr")
    methods = said if isinstance(said, list) else [said]
    level = not settings.oidc_acr or claims.get("acr") in settings.oidc_acr
    method = not settings.oidc_amr or any(method in settings.oidc_amr for method in methods)
    return level and method and bool(settings.oidc_acr or settings.oidc_amr)


def _claim(claims: Mapping[str, Any], name: str) -> Any:
    """A claim by its name, or by a dotted path such as `realm_access.roles`."""
    if name in claims:
        return claims[name]
    found: Any = claims
    for part in name.split("."):
        found = found.get(part) if isinstance(found, Mapping) else None
    return found
