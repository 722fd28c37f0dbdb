"""The pages of telephones: messages received, a form to reply, and calls to answer."""

from html import escape
from urllib.parse import quote

from sandbox.page import alert, moment, page, refresher
from sandbox.telephone.phone_store import Call, Heard, Message
from sandbox.telephone.twilio_formats import ENDED, duration

MESSAGE_STATUS = {
    "queued": "排队中",
    "sent": "已发出",
    "delivered": "已送达",
    "undelivered": "未送达",
    "failed": "发送失败",
    "received": "已发送",
}
CALL_STATUS = {
    "queued": "呼叫中",
    "ringing": "响铃中",
    "in-progress": "通话中",
    "completed": "已结束",
    "busy": "已拒接",
    "no-answer": "无人接听",
    "failed": "通话失败",
    "canceled": "对方已取消",
}
_KEYS = "123456789*0#"


def first_page(numbers: list[tuple[str, int, float]], faults: str, problem: str, *, auto: bool) -> str:
    """Every telephone with messages or calls, and the faults."""
    items = "".join(
        f'<li><a href="{address(number)}">{escape(number)}</a> <small>{count} 条，最近 {moment(at)}</small></li>'
        for number, count, at in numbers
    )
    opener = (
        '<form method="get" action="/phone" class="row"><label>打开一部手机<input name="number" inputmode="tel"'
        ' placeholder="+8613800000000" required></label><button>打开</button></form>'
    )
    listed = f'<ul class="rows">{items}</ul>' if items else "<p>还没有短信和电话。</p>"
    phones = f"<section><h2>手机</h2><p>{refresher('/', on=auto)}</p>{listed}{opener}</section>"
    return page("模拟手机", f"{alert(problem)}{phones}{faults}", refresh=auto)


def telephone(
    number: str,
    items: list[Message | tuple[Call, list[Heard]]],
    live: str,
    *,
    problem: str = "",
    older: str = "",
    newer: str = "",
    auto: bool = False,
) -> str:
    """One telephone: its messages and calls, oldest first and scrolled to the end, and a form to write.

    `problem` is the error of the last action; `older` and `newer` are links to other pages.
    """
    here = address(number)
    lines = "".join(_message(item) if isinstance(item, Message) else _ended(*item) for item in items)
    turn = " · ".join(f'<a href="{link}">{name}</a>' for link, name in ((older, "更早的"), (newer, "更近的")) if link)
    return page(
        f"手机 {number}",
        f'<p><a href="/">全部手机</a> · {refresher(here, on=auto)}</p>{alert(problem)}{live}'
        f"<section><h2>短信和通话记录</h2>{f'<p>{turn}</p>' if turn else ''}"
        + (f'<div class="scroll"><ol>{lines}</ol></div>' if lines else "<p>还没有短信和电话。</p>")
        + f'<form method="post" action="{here}/reply"><label for="body">写短信给热线</label>'
        '<textarea id="body" name="body" rows="3" maxlength="1600" required></textarea>'
        '<div class="row"><button>发送</button></div></form></section>',
        refresh=auto,
    )


def live_call(call: Call, heard: list[Heard], *, keys: bool, speech: bool) -> str:
    """A ringing or answered call, with the person's possible actions."""
    here = f"{address(call.receiver)}/calls/{call.sid}"
    head = f"<h2>来电 {escape(call.sender)}</h2><p>{CALL_STATUS[call.status]} <small>{moment(call.created)}</small></p>"
    if call.status != "in-progress":
        buttons = _button(here, "answer", "接听") + _button(here, "busy", "拒接", "red")
        buttons += _button(here, "ignore", "不接", "quiet")
        return f'<section class="ringing">{head}<div class="row">{buttons}</div></section>'
    waits = "、".join(name for name, on in (("按键", keys), ("说话", speech)) if on)
    pad = "".join(f'<button name="digits" value="{key}">{key}</button>' for key in _KEYS)
    return (
        f'<section class="ringing">{head}{_said(heard)}<p><small>{f"等待：{waits}" if waits else "请稍候"}</small></p>'
        f'<form method="post" action="{here}/keys" class="pad">{pad}</form>'
        f'<form method="post" action="{here}/keys" class="row"><label>连续按键'
        '<input name="digits" size="10" inputmode="tel" pattern="[0-9*#]+" required></label>'
        "<button>按下</button></form>"
        f'<form method="post" action="{here}/speak" class="row"><label>说话'
        '<input name="text" size="24" maxlength="400" required></label><button>说</button></form>'
        f'<div class="row">{_button(here, "hangup", "挂断", "red")}</div></section>'
    )


def address(number: str) -> str:
    """The path of a telephone's page."""
    return f"/phone/{quote(number, safe='')}"


def _button(here: str, act: str, name: str, look: str = "") -> str:
    return f'<form method="post" action="{here}/{act}"><button class="{look}">{name}</button></form>'


def _message(message: Message) -> str:
    mine = "mine" if message.direction == "inbound" else ""
    error = f"（{message.error}）" if message.error else ""
    look = ' class="problem"' if message.status in {"undelivered", "failed"} else ""
    status = f"<span{look}>{MESSAGE_STATUS.get(message.status, message.status)}{error}</span>"
    note = f"{moment(message.created)} {status}"
    return f'<li class="{mine}"><div class="bubble">{escape(message.body)}</div><small>{note}</small></li>'


def _ended(call: Call, heard: list[Heard]) -> str:
    seconds = duration(call)
    length = f"，{seconds} 秒" if seconds else ""
    note = f"来电 {escape(call.sender)}，{moment(call.created)}，{CALL_STATUS[call.status]}{length}"
    if call.status not in ENDED or not heard:
        return f'<li class="wide"><small>{note}</small></li>'
    return f'<li class="wide"><small>{note}</small><details><summary>通话内容</summary>{_said(heard)}</details></li>'


def _said(heard: list[Heard]) -> str:
    names = {"hotline": "热线：", "person": "我：", "problem": ""}
    lines = "".join(f'<p class="{line.who}">{names[line.who]}{escape(line.text)}</p>' for line in heard)
    return f'<div class="heard">{lines}</div>'
