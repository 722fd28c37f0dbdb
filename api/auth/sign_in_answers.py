"""Answers to a failed sign-in."""

from typing import Final

from adapters.database.accounts.credentials import NotProven, Why
from api.problems import ProblemError

WRONG: Final = (401, "用户名或口令不正确", "not_authenticated")
ANSWERS: Final = {
    Why.UNKNOWN: WRONG,
    Why.DISABLED: WRONG,
    Why.WRONG_PASSWORD: WRONG,
    Why.LOCKED: (429, "登录失败次数过多，已暂时锁定，请稍后再试或联系管理员", "locked"),
    Why.TOTP_REQUIRED: (401, "请同时提交动态口令（表单项 totp）", "totp_required"),
    Why.WRONG_TOTP: (401, "动态口令不正确或已用过", "totp_invalid"),
}
"""Status, text and code; they do not reveal which names exist."""


def refusal(not_proven: NotProven) -> ProblemError:
    """The answer as a problem."""
    problem = ProblemError(*ANSWERS[not_proven.why])
    if not_proven.seconds:
        problem.headers = {"Retry-After": str(not_proven.seconds)}
    return problem
