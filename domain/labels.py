"""The Chinese names of the words in `domain.words`, for screens, texts, refusals and the Temporal UI."""

from enum import StrEnum

LABELS: dict[str, str] = {
    # roles
    "agent": "话务员",
    "dispatcher": "派单员",
    "reviewer": "审核员",
    "callback_staff": "回访员",
    "supervisor": "督办员",
    "hotline_director": "热线负责人",
    "unit_clerk": "承办人",
    "unit_section_head": "科室负责人",
    "unit_deputy_leader": "分管领导",
    "unit_principal_leader": "主要领导",
    "city_platform": "市平台",
    "county_leader": "县领导",
    "inspection": "督查",
    "panel": "评议组",
    "admin": "管理员",
    "citizen": "诉求人",
    "clock": "时钟",
    "system": "系统",
    # stages of an order
    "intake": "受理待派",
    "sign_off": "待签收",
    "handling": "办理中",
    "review": "审核",
    "callback": "回访",
    "final": "终审",
    "suspended": "挂账",
    "closed": "已办结",
    "archived": "已归档",
    # clocks
    "clock.sign_off": "签收时限",
    "clock.return": "退单时限",
    "clock.handling": "办理时限",
    "clock.result": "结果报送",
    "clock.first_opinion": "初步意见",
    "clock.progress": "进度反馈",
    "clock.on_site": "到达现场",
    "clock.approval": "审批时限",
    "clock.supervision": "督办回复",
    "clock.rework": "重办时限",
    "clock.suspension_review": "挂账复核",
    # approvals
    "approval.return": "退单审核",
    "approval.extension": "延期审批",
    "approval.review": "答复审核",
    "approval.city_review": "市平台审核",
    "approval.suspension": "挂账审批",
    "approval.strike_off": "销账审批",
    "approval.appeal": "申诉审批",
    "approval.panel": "第三方评议",
    "approval.termination": "退出终结审批",
    "approval.final_reply": "最终答复认定",
    "approval.redispatch": "争议派单裁定",
    # lights, parts, categories, outcomes
    "green": "绿灯",
    "yellow": "黄灯",
    "red": "红灯",
    "lead": "主办",
    "assist": "协办",
    "consult": "咨询",
    "help": "求助",
    "suggestion": "建议",
    "complaint": "投诉",
    "report": "举报",
    "other": "其他",
    "answered": "当场答复",
    "transferred": "转接紧急热线",
    "satisfied": "满意办结",
    "dissatisfied_final": "最终答复办结",
    "unreachable": "无法联系",
    "not_counted": "不计入满意度",
    "terminated": "退出终结",
    "withdrawn": "诉求人撤回",
    "merged": "并单",
    # what someone is waited for
    "dispatch": "派单",
    "sign": "签收",
    "submit_reply": "答复",
    "request_strike_off": "申请销账",
    "record_callback": "回访",
    "archive": "归档",
}


def label(word: StrEnum | str, kind: str = "") -> str:
    """The Chinese name of a word; `kind` (`clock`, `approval`) where one word has two. The word itself if none."""
    value = word.value if isinstance(word, StrEnum) else word
    return LABELS.get(f"{kind}.{value}" if kind else value, value)
