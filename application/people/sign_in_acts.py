"""Notes sign-ins and refused sign-ins on the installation's audit trail."""

from typing import Any, Final, Protocol

from adapters.auth.tokens import Identity
from adapters.database.accounts.users import Users
from adapters.database.engine import Database
from application.anonymous_act_limit import AnonymousActLimit
from application.audit import acts
from application.audit.acts import ActNeeds, Origin
from domain.access.acts import REFUSED, Deed

UNKNOWN: Final = "unknown_user"
DIGITS: Final = 32


class RefusedSignInNeeds(ActNeeds, Protocol):
    """Needed to note a refused sign-in."""

    sign_in_act_limit: AnonymousActLimit
    users: Users
    database: Database


async def note_sign_in(services: ActNeeds, origin: Origin, user: Identity, **data: str | int | bool) -> None:
    """Note a sign-in. Raises the errors of the database: nobody signs in without an act."""
    await acts.note(services, origin, user, Deed.SIGNED_IN, data=data)


async def note_refused_sign_in(services: RefusedSignInNeeds, origin: Origin, typed: str, code: str) -> None:
    """Note a refused sign-in; `code` is `wrong_password`, `locked` and the like, used for existing names only.

    A process writes a limited number a minute (`AnonymousActLimit`), and then only counts. The typed name is noted if
    it is a user's; else, as it may be a password, a keyed digest by which repetitions are recognised.
    """
    left_out = services.sign_in_act_limit.count()
    if left_out is None:
        return
    account = await services.users.get(typed) if typed.isprintable() else None
    more = {"left_out": left_out} if left_out else {}
    if account is None:
        digest = services.database.keyring.blind_index(f"typed:{typed!a}")[:DIGITS]
        said: dict[str, Any] = {"code": UNKNOWN, "data": {"typed": digest} | more}
    else:
        said = {"person": account.username, "role": account.role, "regime": account.regime, "code": code, "data": more}
    await acts.try_to_note(services, origin, None, Deed.SIGN_IN_REFUSED, outcome=REFUSED, **said)
