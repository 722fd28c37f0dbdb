"""The output of `jiesu archive erase --dry-run`: one line for each order that would be erased."""

from typing import Final

from adapters.database.redaction.personal_columns import PERSONAL_COLUMNS
from adapters.database.redaction.redaction import BUNDLE, EVIDENCE, THUMBNAIL
from application.orders.erasure import ErasureReason, Planned
from domain.calendar.business_calendar import CST

WHY: Final = {
    ErasureReason.STRAY: "不属于任何工单，保存期满",
    ErasureReason.BEGUN: "上次销毁未完成",
    ErasureReason.DUE: "保存期满",
    ErasureReason.LATE: "销毁后新增",
}
ROWS: Final = {
    "work_orders": "工单",
    "documents": "文字",
    "messages": "发出的短信",
    "inbound_messages": "收到的短信",
    "calls": "自动外呼",
    "call_tasks": "人工电话",
    "city_messages": "市平台消息",
    "attachments": "附件信息",
    "order_viewers": "保密工单的知情人",
}
FILES: Final = {EVIDENCE: "附件文件", THUMBNAIL: "缩略图", BUNDLE: "归档包"}
NONE: Final = "-"


def planned_line(planned: Planned) -> str:
    """Four columns, separated by tabs: number, day of archiving, reason, and counts of rows and files by kind."""
    day = f"{planned.archived_at.astimezone(CST):%Y-%m-%d}" if planned.archived_at else NONE
    counts = [f"{ROWS[name]} {planned.rows[name]}" for name in PERSONAL_COLUMNS if name in planned.rows]
    counts += [f"{FILES[kind]} {many}" for kind, many in planned.files.items()]
    return "\t".join((planned.no or NONE, day, WHY[planned.why], "、".join(counts) or NONE))
