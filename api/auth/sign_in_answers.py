"""Answers to a failed sign-in."""

from typing import Final

from adapters.database.accounts.credentials import RejectionReason, SignInRejected
from api.problems import ProblemError

WRONG: Final = (401, "用户名或口令不正确", "not_authenticated")
ANSWERS: Final = {
    RejectionReason.UNKNOWN: WRONG,
    RejectionReason.DISABLED: WRONG,
    RejectionReason.WRONG_PASSWORD: WRONG,
    RejectionReason.LOCKED: (429, "登录失败次数过多，已暂时锁定，请稍后再试或联系管理员", "locked"),
    RejectionReason.TOTP_REQUIRED: (401, "请同时提交动态口令（表单项 totp）", "totp_required"),
    RejectionReason.WRONG_TOTP: (401, "动态口令不正确或已用过", "totp_invalid"),
}
"""Status, text and code; they do not reveal which names exist."""


def sign_in_problem(not_proven: SignInRejected) -> ProblemError:
    """The answer as a problem."""
    problem = ProblemError(*ANSWERS[not_proven.why])
    if not_proven.seconds:
        problem.headers = {"Retry-After": str(not_proven.seconds)}
    return problem
