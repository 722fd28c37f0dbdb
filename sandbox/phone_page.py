"""The telephones of the citizens, as pages: what they received, and a box to answer with."""

from datetime import datetime, timedelta, timezone
from html import escape
from urllib.parse import quote

from sandbox.phone_store import Call, Message

_BEIJING = timezone(timedelta(hours=8))
_STATUS = {
    "queued": "排队中",
    "sent": "已发出",
    "delivered": "已送达",
    "received": "已发送",
    "ringing": "响铃中",
    "in-progress": "通话中",
    "completed": "已结束",
}
_STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; max-width: 42rem; margin: 2rem auto; padding: 0 1rem }
a { color: #0b57a4 } li { margin: .6rem 0; list-style: none } ul { padding: 0 }
.bubble { padding: .5rem .8rem; border-radius: .6rem; background: #eef1f5; white-space: pre-wrap }
.mine { background: #d6ecd2; margin-left: 20% } small { color: #666 } .problem { color: #a40000 }
textarea { width: 100%; font: inherit; box-sizing: border-box } button { font: inherit; padding: .3rem 1rem }
"""


def number_list(numbers: list[tuple[str, int, float]]) -> str:
    """Every telephone that has got or sent anything."""
    items = "".join(
        f'<li><a href="/phone/{quote(number)}">{escape(number)}</a> <small>{count} 条，最近 {_time(at)}</small></li>'
        for number, count, at in numbers
    )
    return _page("模拟手机", f"<ul>{items}</ul>" if items else "<p>还没有短信和电话。</p>")


def telephone(number: str, messages: list[Message], calls: list[Call], problem: str) -> str:
    """One telephone; `problem` says why the last answer did not arrive."""
    here = f"/phone/{quote(number)}"
    warning = f'<p class="problem" role="alert">{escape(problem)}</p>' if problem else ""
    return _page(
        f"手机 {number}",
        f'<p><a href="/phone">全部手机</a> · <a href="{here}">刷新</a></p>{warning}'
        f'<form method="post" action="{here}/reply"><label for="body">回复短信</label>'
        '<textarea id="body" name="body" rows="3" maxlength="1600" required></textarea>'
        "<button>发送</button></form>"
        f"<ul>{''.join(_call(here, call) for call in calls)}{''.join(map(_message, messages))}</ul>",
    )


def _message(message: Message) -> str:
    mine = " mine" if message.direction == "inbound" else ""
    note = f"{_time(message.created)} {_STATUS.get(message.status, message.status)}"
    return f'<li><div class="bubble{mine}">{escape(message.body)}</div><small>{note}</small></li>'


def _call(here: str, call: Call) -> str:
    note = f"来电 {escape(call.sender)}，{_time(call.created)}，{_STATUS.get(call.status, call.status)}"
    if call.status == "completed":
        return f"<li><small>{note}</small></li>"
    return (
        f'<li><form method="post" action="{here}/calls/{call.sid}"><label>{note}，按键 '
        '<input name="digits" size="4" pattern="[0-9*#]+" required></label> <button>按下</button></form></li>'
    )


def _time(moment: float) -> str:
    return datetime.fromtimestamp(moment, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")


def _page(title: str, content: str) -> str:
    return (
        f'<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>{escape(title)}</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><body><h1>{escape(title)}</h1>{content}</body></html>"
    )
