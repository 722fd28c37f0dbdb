"""The sheet of an archived order (工单归档单) as sections of a page; an adapter renders it as HTML."""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Final

from domain.archive.contents import BundledFile
from domain.archive.decisions import decisions
from domain.archive.dossier import Dossier, Row
from domain.archive.event_text import VIA, event_text, moment, who
from domain.archive.replies import replies
from domain.labels import label
from domain.words import Frozen

DAYS_SHOWN: Final = 31
"""The sheet shows at most so many days of a basis; `deadlines.json` has all of them."""


class Section(Frozen):
    """A table under a heading; without `head` its rows are pairs of name and value.

    `widths`: column widths as shares of their sum.
    """

    title: str
    widths: tuple[int, ...] = (1, 6)
    head: tuple[str, ...] = ()
    rows: tuple[tuple[str, ...], ...] = ()


class Sheet(Frozen):
    """The sheet as plain text, without markup. `on` is the day of closing."""

    title: str
    no: str
    on: date
    sections: tuple[Section, ...]
    notes: tuple[str, ...]


def sheet(dossier: Dossier, stored: Mapping[str, BundledFile], on: date) -> Sheet:
    """The sheet of an order that was closed on the day `on`; `stored` is the evidence in the bundle, by its id."""
    sections = (
        Section(title="基本情况", rows=_pairs(_basics(dossier))),
        Section(title="诉求", rows=_pairs(_demand(dossier))),
        Section(
            title="时限",
            widths=(5, 5, 5, 5, 4, 18),
            head=("时限", "单位", "起算", "到期", "结果", "依据"),
            rows=tuple(_deadline(dossier, clock) for clock in (dossier.view or {}).get("deadlines", ())),
        ),
        Section(
            title="审批",
            widths=(1, 2, 2),
            head=("事项", "申请", "结论"),
            rows=tuple(_decision(dossier, d) for d in decisions(dossier)),
        ),
        *(_reply(dossier, each) for each in replies(dossier)),
        Section(
            title="回访",
            widths=(5, 4, 6, 6, 10),
            head=("时间", "对象", "结果", "评分", "意见"),
            rows=tuple(_callbacks(dossier)),
        ),
        Section(
            title="佐证材料",
            widths=(3, 3, 1, 4),
            head=("文件", "名称", "阶段", "SHA-256"),
            rows=tuple(_evidence(dossier, stored)),
        ),
        Section(
            title="办理经过",
            widths=(2, 8, 5, 6, 17),
            head=("序号", "时间", "事项", "操作人", "内容"),
            rows=tuple(
                (str(e["seq"]), moment(e["at"]), label(e["event"], "event"), who(dossier, e), event_text(dossier, e))
                for e in dossier.timeline
            ),
        ),
    )
    kept = tuple(section for section in sections if section.rows)
    return Sheet(title="工单归档单", no=dossier.no, on=on, sections=kept, notes=_notes(dossier))


def _basics(dossier: Dossier) -> Iterable[tuple[str, str | None]]:
    order, rules, view = dossier.order, dossier.rules, dossier.view or {}
    yield "工单编号", dossier.no
    yield "地区", rules.get("name") or order["regime"]
    yield "规程", rules.get("title")
    yield "规程版本", "、".join(dossier.policies)
    yield "市平台编号", order.get("city_no") or order.get("city_ref")
    yield "类别", label(order["category"])
    yield "等级", rules.get("grades", {}).get(order["grade"], order["grade"])
    yield "标记", "、".join(label(mark, "mark") for mark in order.get("marks", ()))
    yield "来源", label(order["source"], "source")
    yield "属地", order.get("area")
    yield "事项", order.get("matter")
    yield "受理时间", moment(dossier.timeline[0]["at"] if dossier.timeline else None)
    dispatched = [part["unit"] for each in dossier.events("order_dispatched") for part in each["units"]]
    yield "承办单位", "、".join(dossier.unit(unit) for unit in dict.fromkeys(dispatched))
    for closing in dossier.events("order_closed"):
        yield "办结", f"{moment(closing['at'])}　{label(closing['outcome'])}"
    if view:
        yield "是否逾期", "是" if view["overdue"] else "否"
    if order.get("confidential"):
        yield "保密", "保密工单"


def _demand(dossier: Dossier) -> Iterable[tuple[str, str | None]]:
    order = dossier.order
    citizen = order.get("citizen") or {}
    yield "标题", order["title"]
    yield "内容", order["content"]
    yield "诉求人", citizen.get("name")
    yield "电话", citizen.get("phone")
    yield "住址", citizen.get("address")
    yield "事发地点", order.get("location")


def _deadline(dossier: Dossier, clock: Row) -> tuple[str, ...]:
    ended = label(clock["status"], "ended")
    due = moment(clock["due_at"]) + ("（暂定）" if clock["provisional"] else "")
    name = label(clock["clock"], "clock")
    return name, dossier.unit(clock["unit"]), moment(clock["started_at"]), due, ended, _why(clock["basis"])


def _why(basis: Row) -> str:
    """The basis of a due moment as one line."""
    said = [f"条款 {basis['clause']}"] if basis.get("clause") else []
    if basis.get("limit"):
        said.append(f"期限 {basis['limit']}")
    said.append(basis["rule"])
    days = basis.get("days", ())
    for counted, title in ((True, "计入"), (False, "不计")):
        chosen = [each for each in days if each["counted"] is counted][:DAYS_SHOWN]
        if chosen:
            named = (each["day"][5:] + ("" if counted else f"（{each['why']}）") for each in chosen)
            said.append(title + "、".join(named))
    said += [f"暂停 {moment(each['begin'])} 至 {moment(each['end'])}" for each in basis.get("pauses", ())]
    return "；".join(said)


def _decision(dossier: Dossier, decision: Row) -> tuple[str, str, str]:
    asked = decision.get("asked", {})
    kind = label(decision.get("kind", ""), "approval")
    told = {"event": "", "actor": asked.get("by", "")} | {n: v for n, v in asked.items() if n not in {"at", "by"}}
    answers = [
        f"{moment(each['at'])}　{label(each['stage'])}　{who(dossier, each)}　{label(each['decision'])}"
        + (f"　意见：{comment}" if (comment := dossier.words(each.get("comment"))) else "")
        for each in decision.get("answers", ())
    ]
    answers += [f"{moment(each['at'])}　审批超时" for each in decision.get("lapsed", ())]
    head = f"{moment(asked.get('at'))}　{who(dossier, told)}" if asked else ""
    return (
        f"{kind} {decision['approval']}",
        "　".join(filter(None, (head, event_text(dossier, told)))),
        "\n".join(answers),
    )


def _reply(dossier: Dossier, reply: Row) -> Section:
    rows: list[tuple[str, str | None]] = [("时间", f"{moment(reply['at'])}　{who(dossier, reply)}")]
    rows += [(label(name, "section"), words) for name, words in reply["sections"].items()]
    rows.append(("解决情况", label(reply.get("resolution") or "")))
    if reply.get("facts_hold") is not None:
        rows.append(("反映属实", "是" if reply["facts_hold"] else "否"))
    rows.append(("附签名", "、".join(label(role) for role in reply.get("signed_by", ()))))
    rows.append(("附件", "、".join(reply.get("attachments", ()))))
    decided = f"{moment(reply['decided_at'])}　{label(reply['decided_by'])}" if "decided_at" in reply else ""
    rows.append(("审核", f"{label(reply['fate'], 'fate')}　{decided}"))
    return Section(title=f"答复（{dossier.unit(reply['unit'])}）", rows=_pairs(rows))


def _callbacks(dossier: Dossier) -> Iterable[tuple[str, ...]]:
    for each in dossier.events("callback_recorded", "callback_unanswered"):
        if each["event"] == "callback_unanswered":
            by = VIA.get(each["by"], each["by"])
            vain = "未获答复" if each.get("counted", True) else "未能拨出，另择时间再拨"
            yield moment(each["at"]), each["party"], f"{by}第{each['attempt']}次{vain}", "", ""
            continue
        rated = {"受理": each.get("intake_rating"), "办理": each.get("handling_rating")}
        ratings = "、".join(f"{name} {rating}" for name, rating in rated.items() if rating is not None)
        result = f"{label(each['result'], 'heard')}（{VIA.get(each['via'], each['via'])}）"
        yield moment(each["at"]), each["party"], result, ratings, dossier.words(each.get("comment")) or ""


def _evidence(dossier: Dossier, stored: Mapping[str, BundledFile]) -> Iterable[tuple[str, ...]]:
    for paper in dossier.files:
        found = stored.get(paper.id)
        where = found.path.rpartition("/")[2] if found else f"{paper.id}（归档时已不在库中）"
        yield where, paper.name, label(paper.phase, "phase"), paper.sha256


def _notes(dossier: Dossier) -> tuple[str, ...]:
    last = dossier.chain[-1]
    return (
        f"归档时台账共 {last['position']} 条，末条哈希：{last['hash']}",
        "本单与归档包中的其他文件均列有校验值并经数字签名；核验方法见归档包内 data/README.txt。",
    )


def _pairs(rows: Iterable[tuple[str, str | None]]) -> tuple[tuple[str, str], ...]:
    return tuple((name, said) for name, said in rows if said)
