"""Acts on the audit trail of the installation: reads, sign-ins, refusals and administration.

Events of an order are on the order's own trail; acts record what people do to the system. An act must not mention a
citizen or repeat free text: its row is in clear and is never deleted (NA-06).
"""

from enum import StrEnum
from typing import Annotated, Any, Final, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, StringConstraints

LONGEST: Final = 200
MAX_VALUES: Final = 20

DONE: Final = "done"
REFUSED: Final = "refused"

INSTALLATION: Final = "installation"
"""The `person` of an act that a process does by itself."""


class Deed(StrEnum):
    """What was done, or was tried. The name of one that is there is never changed: rows hold it."""

    # signing in
    SIGNED_IN = "signed_in"
    SIGN_IN_REFUSED = "sign_in_refused"
    SESSION_ENDED = "session_ended"
    PASSWORD_CHANGED = "password_changed"  # noqa: S105 (the name of a deed)
    SECOND_FACTOR_SET = "second_factor_set"
    # reading data of citizens
    ORDER_READ = "order_read"
    ORDERS_LISTED = "orders_listed"
    MESSAGES_READ = "messages_read"
    CALLBACKS_READ = "callbacks_read"
    CALL_TASKS_READ = "call_tasks_read"
    INBOUND_READ = "inbound_read"
    CITY_MESSAGE_READ = "city_message_read"
    FILES_LISTED = "files_listed"
    FILE_LINK_MADE = "file_link_made"
    FILE_OPENED = "file_opened"
    # refusals
    REFUSED = "refused"
    # administration
    KEY_ADDED = "key_added"
    KEY_REVOKED = "key_revoked"
    VIEWERS_READ = "viewers_read"
    VIEWER_ADDED = "viewer_added"
    VIEWER_REMOVED = "viewer_removed"
    USER_ADDED = "user_added"
    USER_CHANGED = "user_changed"
    USER_UNLOCKED = "user_unlocked"
    POLICIES_LOADED = "policies_loaded"
    ARCHIVE_ERASED = "archive_erased"
    ARCHIVE_HELD = "archive_held"
    ARCHIVE_RELEASED = "archive_released"
    DATABASE_UPGRADED = "database_upgraded"
    ACTS_READ = "acts_read"


def _printable(text: str) -> str:
    # Replacing characters that a row cannot hold keeps the act from being lost because of a strange input.
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text[:LONGEST])


Word = Annotated[str, AfterValidator(_printable)]
Value = bool | int | Word | None
Named = Annotated[str, StringConstraints(pattern=r"^[a-z][a-z0-9_]{0,39}$")]


class Act(BaseModel):
    """Something that a person did to the system, or was refused.

    `person` is a user name, '' if unknown; `role` the role they acted in; `order_no` the order; `about` the id of
    another subject: a user, key or file. `regime` is the county, None for the installation. `code` is the reason of a
    refusal; `source` a keyed digest of the network address; `request` the id of the request. `data` contains ids,
    counts and words from closed lists, never free text.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    deed: Deed
    person: Word = ""
    role: Word = ""
    regime: Word | None = None
    order_no: Word | None = None
    about: Word | None = None
    outcome: Literal["done", "refused"] = DONE
    code: Word | None = None
    source: Word | None = None
    request: Word | None = None
    data: dict[Named, Value] = Field(default_factory=dict[str, Any], max_length=MAX_VALUES)


NAMES: Final[dict[Deed, str]] = {
    Deed.SIGNED_IN: "登录",
    Deed.SIGN_IN_REFUSED: "登录被拒",
    Deed.SESSION_ENDED: "结束会话",
    Deed.PASSWORD_CHANGED: "修改口令",
    Deed.SECOND_FACTOR_SET: "启用动态口令",
    Deed.ORDER_READ: "查看工单",
    Deed.ORDERS_LISTED: "查看工单列表",
    Deed.MESSAGES_READ: "查看短信与电话",
    Deed.CALLBACKS_READ: "查看待回访",
    Deed.CALL_TASKS_READ: "查看电话任务",
    Deed.INBOUND_READ: "查看来信短信",
    Deed.CITY_MESSAGE_READ: "查看市平台消息原文",
    Deed.FILES_LISTED: "查看附件目录",
    Deed.FILE_LINK_MADE: "取得附件链接",
    Deed.FILE_OPENED: "打开附件",
    Deed.REFUSED: "访问被拒",
    Deed.KEY_ADDED: "发放密钥",
    Deed.KEY_REVOKED: "停用密钥",
    Deed.VIEWERS_READ: "查看可见人",
    Deed.VIEWER_ADDED: "增加可见人",
    Deed.VIEWER_REMOVED: "取消可见人",
    Deed.USER_ADDED: "新增用户",
    Deed.USER_CHANGED: "修改用户",
    Deed.USER_UNLOCKED: "解锁用户",
    Deed.POLICIES_LOADED: "规程生效",
    Deed.ARCHIVE_ERASED: "到期销毁",
    Deed.ARCHIVE_HELD: "暂缓销毁",
    Deed.ARCHIVE_RELEASED: "取消暂缓销毁",
    Deed.DATABASE_UPGRADED: "升级数据库",
    Deed.ACTS_READ: "查看操作台账",
}
