"""Signs users in with a password, and opens their session."""

from typing import Final, Protocol

from adapters.auth.tokens import LIFE, Duty, Identity
from adapters.database.accounts.credentials import Credentials, RejectionReason, SignInRejected
from adapters.database.accounts.sessions import Sessions
from adapters.database.accounts.users import Card
from adapters.settings.settings import Settings
from domain.access.passwords import NEED_SECOND_FACTOR, canonical_form
from domain.words import Role

MAX_NAME: Final = 200


class ProofNeeds(Protocol):
    """Needed to verify a password."""

    credentials: Credentials


class SignInNeeds(ProofNeeds, Protocol):
    """Needed to open a session."""

    sessions: Sessions
    settings: Settings


async def sign_in(services: SignInNeeds, username: str, password: str, totp: str | None) -> Identity:
    """Sign a user in with a new session. Raises SignInRejected."""
    card = await prove(services, username, password, totp)
    session = await services.sessions.open(card.username, card.version, LIFE)
    if session is None:
        raise SignInRejected(RejectionReason.WRONG_PASSWORD)
    return Identity(
        sub=card.username,
        role=Role(card.role),
        unit=card.unit,
        regime=card.regime,
        session=session,
        duty=_duty_of(services.settings, card),
    )


async def prove(services: ProofNeeds, username: str, password: str, totp: str | None) -> Card:
    """Verify a password and code, and return their user. Raises SignInRejected, also for impossible names.

    A name typed in full width is the same name, with the same count of tries.
    """
    username = canonical_form(username)
    if not all(len(text) <= MAX_NAME and text.isprintable() for text in (username, password, totp or "")):
        raise SignInRejected(RejectionReason.UNKNOWN)
    return await services.credentials.prove(username, password, totp or None)


def _duty_of(settings: Settings, card: Card) -> Duty | None:
    """The duty that the user has to do first."""
    if card.temporary:
        return Duty.CHANGE_PASSWORD
    needs = settings.totp_required and Role(card.role) in NEED_SECOND_FACTOR
    return Duty.ENROL_TOTP if needs and not card.second_factor else None
