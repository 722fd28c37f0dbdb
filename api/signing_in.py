"""Who signs in, and what their token says."""

from typing import Final

from adapters.database.credentials import NotProven, Why
from adapters.database.users import Card
from adapters.tokens import LIFE, Duty, Identity
from api.problems import ProblemError
from api.services import Services
from domain.credentials import NEED_SECOND_FACTOR, one_form
from domain.words import Role

MAX_NAME: Final = 200
WRONG: Final = (401, "用户名或口令不正确", "not_authenticated")
ANSWERS: Final = {
    Why.UNKNOWN: WRONG,
    Why.DISABLED: WRONG,
    Why.WRONG_PASSWORD: WRONG,
    Why.LOCKED: (429, "登录失败次数过多，已暂时锁定，请稍后再试或联系管理员", "locked"),
    Why.TOTP_REQUIRED: (401, "请同时提交动态口令（表单项 totp）", "totp_required"),
    Why.WRONG_TOTP: (401, "动态口令不正确或已用过", "totp_invalid"),
}
"""What is answered, and with which code: nothing by which names that exist can be told from others."""


async def sign_in(services: Services, username: str, password: str, totp: str | None) -> Identity:
    """The person with a session of their own. Raises NotProven."""
    card = await prove(services, username, password, totp)
    session = await services.sessions.open(card.username, card.version, LIFE)
    if session is None:
        raise NotProven(Why.WRONG_PASSWORD)
    return Identity(
        sub=card.username,
        role=Role(card.role),
        unit=card.unit,
        regime=card.regime,
        session=session,
        duty=duty_of(services, card),
    )


async def prove(services: Services, username: str, password: str, totp: str | None) -> Card:
    """The user whose password and code these are. Raises NotProven, also for what nobody can be called.

    A name typed in full width is the same name, and the same count of tries.
    """
    username = one_form(username)
    if not all(len(text) <= MAX_NAME and text.isprintable() for text in (username, password, totp or "")):
        raise NotProven(Why.UNKNOWN)
    return await services.credentials.prove(username, password, totp or None)


def refusal(not_proven: NotProven) -> ProblemError:
    """What the person is told."""
    problem = ProblemError(*ANSWERS[not_proven.why])
    if not_proven.seconds:
        problem.headers = {"Retry-After": str(not_proven.seconds)}
    return problem


def duty_of(services: Services, card: Card) -> Duty | None:
    """What they have to do first."""
    if card.temporary:
        return Duty.CHANGE_PASSWORD
    needs = services.settings.totp_required and Role(card.role) in NEED_SECOND_FACTOR
    return Duty.ENROL_TOTP if needs and not card.second_factor else None
