"""Texts about an order in the Temporal UI, in Chinese, for people who do not program."""

from domain.labels import label
from domain.order.agenda import describe, next_alarm, waiting_for
from domain.order.order import Order

SUMMARY_BYTES = 200


def details(order: Order) -> str:
    """Markdown: stage, lights, who must act, what is due next, open approvals."""
    lines = [
        f"## 工单 {order.no}",
        f"**环节**：{label(order.stage)}　**类别**：{label(order.category)}　"
        f"**等级**：{order.regime.grades[order.grade]}　**灯**：{label(order.light)}",
    ]
    if order.outcome is not None:
        lines.append(f"**结果**：{label(order.outcome)}")
    for assignment in order.active:
        signed = "已签收" if assignment.signed_at else "未签收"
        lines.append(f"- {label(assignment.part)} `{assignment.unit}`：{signed}，{label(assignment.light)}")
    if waits := waiting_for(order):
        lines.append("\n**等待**")
        lines += [f"- {label(w.role)}{f'（{w.unit}）' if w.unit else ''}：{_what(w.what)}" for w in waits]
    if (alarm := next_alarm(order)) is not None:
        lines.append(f"\n**下一时限**：{describe(order, alarm)}")
    return "\n".join(lines)


def brief(text: str) -> str:
    """A line cut to the length of a timer's or activity's summary."""
    return text.encode()[:SUMMARY_BYTES].decode(errors="ignore")


def _what(what: str) -> str:
    kind, _, name = what.rpartition(".")
    return label(name, kind)


def summary(order: Order) -> str:
    """The line of the order in the Temporal UI's list."""
    return f"工单 {order.no}｜{order.regime.name}｜{label(order.category)}｜{order.regime.grades[order.grade]}"
