"""The section of the first page for faults: the current ones, and a form for another."""

from collections.abc import Mapping
from html import escape
from typing import Any

from sandbox.telephone.faults import Fault, Kind, Target

KINDS = {
    Kind.TIMEOUT: "超时不应答",
    Kind.TOO_MANY: "429 请求过多",
    Kind.BROKEN: "500 服务器出错",
    Kind.REFUSE: "拒绝（错误码）",
    Kind.GARBAGE: "应答是乱码",
    Kind.RESET: "连接被重置",
    Kind.SLOW: "变慢",
    Kind.UNDELIVERED: "受理后未送达",
    Kind.FAILED: "受理后失败",
    Kind.DUPLICATE: "回调重复",
    Kind.REORDER: "回调颠倒次序",
    Kind.DROP: "回调丢失",
}
TARGETS = {
    Target.MESSAGES: "发短信",
    Target.CALLS: "打电话",
    Target.LOOKUPS: "查询",
    Target.WEBHOOKS: "回调",
}
_NUMBERS = {
    "times": ("次数（空为一直）", 'min="1"'),
    "seconds": ("变慢几秒", 'min="0.1" max="600" step="0.1"'),
    "copies": ("重复共几次", 'min="2" max="20"'),
    "code": ("供应商错误码", 'min="10000" max="99999"'),
    "status": ("5xx 状态码", 'min="500" max="599"'),
    "retry_after": ("429 后等几秒", 'min="0" max="3600"'),
}
"""The fields of a fault that are numbers: their label and limits."""


def section(faults: list[Fault]) -> str:
    """The section, in HTML."""
    standing = "".join(f'<li class="{"spent" if fault.spent else ""}">{_fault(fault)}</li>' for fault in faults)
    clear = '<form method="post" action="/faults/clear"><button class="red">清除全部故障</button></form>'
    return (
        '<section id="faults"><h2>故障</h2>'
        + (f'<ul class="rows">{standing}</ul>{clear}' if faults else "<p>一切正常。</p>")
        + f'<form method="post" action="/faults"><div class="grid">{_choices()}{_numbers()}'
        '<label class="check"><input type="checkbox" name="processed" value="true"> 不应答但已处理</label>'
        "</div><button>加一个故障</button></form></section>"
    )


def chosen(form: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a submitted form, without empty ones."""
    return {name: value for name, value in form.items() if value != ""}


def _fault(fault: Fault) -> str:
    where = TARGETS[fault.on] if fault.on else "不限"
    left = f"共 {fault.times} 次" if fault.times else "一直"
    more = {
        Kind.SLOW: f"，{fault.seconds:g} 秒",
        Kind.DUPLICATE: f"，共 {fault.copies} 份",
        Kind.BROKEN: f"，状态 {fault.status}",
        Kind.TOO_MANY: f"，{fault.retry_after} 秒后再试",
    }.get(fault.kind, "")
    if fault.kind in {Kind.REFUSE, Kind.UNDELIVERED, Kind.FAILED}:
        more = f"，错误码 {fault.provider_code}"
    done = "，但已处理" if fault.processed else ""
    note = f"作用于：{where} · 号码：{escape(fault.to)} · {left} · 已触发 {fault.struck} 次"
    return f"<strong>{KINDS[fault.kind]}</strong>{more}{done}<br><small>{note}</small>"


def _choices() -> str:
    kinds = "".join(f'<option value="{kind}">{name}</option>' for kind, name in KINDS.items())
    targets = "".join(f'<option value="{target}">{name}</option>' for target, name in TARGETS.items())
    return (
        f'<label>故障<select name="kind">{kinds}</select></label>'
        f'<label>作用于<select name="on"><option value="">不限</option>{targets}</select></label>'
        '<label>号码（* 代表任意）<input name="to" value="*" maxlength="40"></label>'
    )


def _numbers() -> str:
    return "".join(
        f'<label>{label}<input type="number" name="{name}" {limits}></label>'
        for name, (label, limits) in _NUMBERS.items()
    )
