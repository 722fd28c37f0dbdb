"""Error messages of commands: an error that an operator can fix becomes a message and exit status, not a trace."""

from dataclasses import dataclass

from pydantic import ValidationError

from adapters.database.roles.granting import CannotGrant
from adapters.errors import TRANSIENT_ERRORS, lacks_tables, unavailable_service
from adapters.policy.policy_file import PolicyErrors
from adapters.settings.settings import Settings, UnusableSetting
from adapters.validation_messages import wording

USAGE = 2
UNAVAILABLE = 3
"""The exit status if a needed service does not answer; 1 is left to checks that found something wrong."""


@dataclass(frozen=True)
class Ending:
    """A message for standard error, and the exit status."""

    words: str
    status: int


def ending(error: Exception) -> Ending | None:
    """The ending for an error that an operator can fix (setting, rule book, machine); None for a bug."""
    if isinstance(error, ValidationError) and error.title == Settings.__name__:
        # The value is not quoted: it may be a secret.
        found = [f"- {each['loc'][0]}：{wording(each, quoting=False)}" for each in error.errors()]
        return Ending("\n".join(["设置有误：", *found]), USAGE)
    if isinstance(error, PolicyErrors):
        return Ending(f"规则文件有误（jiesu policy check 可以检查）：\n{error}", USAGE)
    if isinstance(error, CannotGrant):
        return Ending(str(error), USAGE)
    if isinstance(error, UnusableSetting):
        return Ending(f"设置有误：\n- {error}", USAGE)
    if lacks_tables(error):
        return Ending("数据库还不是本版本的结构，请先运行 jiesu db upgrade。", USAGE)
    if isinstance(error, TRANSIENT_ERRORS):
        return Ending(f"{unavailable_service(error)}，请确认它在运行，设置也指向它。", UNAVAILABLE)
    return None
