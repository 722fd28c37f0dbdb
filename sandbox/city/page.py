"""The page of the city platform's staff: orders, messages of the counties, and buttons to answer them."""

from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from html import escape
from typing import Any

from sandbox.city.store import Order, Queued, Received

_BEIJING = timezone(timedelta(hours=8))
_KINDS = {"results": "办理结果", "extensions": "延期申请", "appeals": "申诉", "reports": "报告"}
_TYPES = {"order": "派单", "decision": "审核结论", "urge": "催办", "order_changed": "工单变更"}
_CATEGORIES = {"01": "咨询", "02": "求助", "03": "投诉", "04": "举报", "05": "建议"}
_STYLE = """
body { font: 16px/1.6 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem }
article { border: 1px solid #ccd; border-radius: .6rem; padding: .4rem 1rem; margin: 1rem 0 }
h2 { font-size: 1.1rem; margin: .4rem 0 } small { color: #666 } li { margin: .4rem 0 } form { margin: .3rem 0 }
pre { white-space: pre-wrap; background: #f4f5f7; padding: .5rem; margin: .3rem 0; font-size: .85rem }
input, select, textarea, button { font: inherit } textarea { width: 100%; box-sizing: border-box }
table { border-collapse: collapse } td, th { padding: .2rem .8rem .2rem 0; text-align: left }
"""


def desk(orders: list[Order], received: list[Received], outbox: list[Queued], requests: Mapping[str, str]) -> str:
    """The page; `requests` has the kinds of requests that can be decided."""
    sent: dict[str, list[Received]] = {}
    for each in received:
        if isinstance(each.body, dict) and each.kind in _KINDS:
            sent.setdefault(str(each.body.get("no")), []).append(each)
    shown = "".join(_order(order, sent.pop(order.county_no or "", []), requests) for order in orders)
    others = "".join(f"<li>{_received(each, requests)}</li>" for entries in sent.values() for each in entries)
    return _page(
        f"{_new_order()}<h1>工单</h1>{shown or '<p>还没有工单。</p>'}"
        f"{f'<h1>其他上报</h1><ul>{others}</ul>' if others else ''}<h1>发给县里的消息</h1>{_outbox(outbox)}"
    )


def _order(order: Order, entries: list[Received], requests: Mapping[str, str]) -> str:
    created = datetime.fromtimestamp(order.created, _BEIJING)
    items = "".join(f"<li>{_received(each, requests)}</li>" for each in entries)
    return (
        f"<article><h2>{escape(order.title) or '（无标题）'}</h2>"
        f"<small>市编号 {escape(order.city_no)} · 县编号 {escape(order.county_no or '（尚未告知）')}"
        f" · 地区 {escape(order.area or '—')} · {escape(order.state)} · {created:%Y-%m-%d %H:%M}</small>"
        f"<ul>{items}</ul><form method=post action=/desk/urges>"
        f'<input type=hidden name=city_no value="{escape(order.city_no)}">'
        "<input name=opinion placeholder=催办意见> <button>催办</button></form></article>"
    )


def _received(entry: Received, requests: Mapping[str, str]) -> str:
    body = entry.body
    what = str(body.get("what"))
    said = escape(_fields(body))
    head = f"{_KINDS[entry.kind]}（{escape(requests.get(what, what))}） <small>{escape(str(body.get('at')))}</small>"
    if entry.decision is not None:
        return f"{head}<pre>{said}</pre>已答复：{escape(entry.decision)}"
    if what not in requests:
        return f"{head}<pre>{said}</pre>"
    return (
        f"{head}<pre>{said}</pre><form method=post action=/desk/decisions>"
        f'<input type=hidden name=key value="{escape(entry.key)}"><input name=opinion placeholder=审核意见> '
        "<button name=result value=同意>同意</button> <button name=result value=不同意>不同意</button></form>"
    )


def _fields(body: Mapping[str, Any]) -> str:
    """The county's message in the platform's words, one line for each field."""
    data = body.get("data") or {}
    lines = []
    for name, value in data.items():
        if isinstance(value, dict):
            lines += [f"{name}.{key}：{each}" for key, each in value.items()]
        else:
            lines.append(f"{name}：{value}")
    return "\n".join(lines)


def _outbox(outbox: list[Queued]) -> str:
    rows = "".join(
        f"<tr><td>{each.seq}</td><td>{_TYPES.get(str(each.body.get('type')), '其他')}</td>"
        f"<td>{escape(each.id)}</td><td>{escape(each.state)}</td></tr>"
        for each in reversed(outbox)
    )
    return f"<table><tr><th>序号</th><th>类型</th><th>消息编号</th><th>状态</th></tr>{rows}</table>"


def _new_order() -> str:
    kinds = "".join(f"<option value={code}>{name}</option>" for code, name in _CATEGORIES.items())
    return (
        "<details><summary>新派一件工单</summary><form method=post action=/desk/orders>"
        "<p><label>地区代码 <input name=area required pattern='[0-9A-Za-z_-]{1,20}'></label> "
        f"<label>类型 <select name=category>{kinds}</select></label> "
        "<label>等级代码 <input name=grade size=4></label></p>"
        "<p><label>标题 <input name=title size=40 required></label></p>"
        "<p><label>内容 <textarea name=content rows=3 required></textarea></label></p>"
        "<p><label>来电人 <input name=name></label> <label>电话 <input name=phone></label></p>"
        "<button>派出</button></form></details>"
    )


def _page(content: str) -> str:
    return (
        '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>市平台模拟端</title>'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style><body>{content}</body></html>"
    )
