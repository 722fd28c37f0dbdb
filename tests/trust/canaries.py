"""Canaries: a distinctive value for each input of the system, grouped by the people who may read it in the API."""

from typing import Final

CITIZENS: Final = {
    **{
        "a_name": "司徒红隼",
        "a_phone": "13987650011",
        "a_address": "红隼街四百一十一号",
        "a_email": "kestrel@example.com",
    },
    "a_id_number": "622201198501014411",
    **{"joined_name": "司徒灰鹤", "joined_phone": "13987650012", "joined_address": "灰鹤街四百一十二号"},
    **{
        "public_first": "苍鹭儿",
        "public_last": "诸葛氏",
        "public_email": "heron@example.com",
    },
    **{"public_account": "account-heron-413", "public_device": "device-heron-414"},
    **{"hidden_name": "慕容白鹇", "hidden_phone": "13987650014", "hidden_address": "白鹇街四百一十四号"},
    **{"caller_phone": "13987650016", "stranger_phone": "13987650017", "looked_up_phone": "13987650018"},
}
"""Values that are shown in full only on a separate request with a reason."""

WRITTEN: Final = {
    **{"accuser_name": "上官翠鸟", "accuser_phone": "13987650015", "accuser_address": "翠鸟街四百一十五号"},
    **{"public_phone": "13987650013", "texted_phone": "13987650021"},
}
"""Personal data that citizens wrote into texts: hidden from roles that do not work with citizens."""

SAID: Final = {
    **{
        "return_reason": "退回理由里的布谷鸟",
        "return_basis": "退回依据里的戴胜鸟",
        "return_comment": "驳回意见里的啄木鸟",
    },
    **{"extension_reason": "延期理由里的白头翁", "progress": "进展里的红嘴鸥", "plan": "计划里的黑尾鸥"},
    **{
        "visit": "走访里的绿头鸭",
        "supervision": "督办理由里的蓝孔雀",
        "answer": "督办回复里的金腰燕",
        "urge": "催办里的雨燕",
    },
    **{"refused_reply": "被退回的火烈鸟", "reply": "答复里的黑颈鹤已经飞走", "review": "审核意见里的猫头鹰"},
    **{"withdrawn": "撤回原因里的信天翁", "at_intake": "当场解答里的太平鸟", "transfer": "转办原因里的军舰鸟"},
    **{"voice": "电话里说的丹顶鹤", "reading": "查看理由里的夜鹭", "task_note": "通知结果里的苇鳽"},
    **{"callback": "回访记录里的反嘴鹬", "suspension": "挂账理由里的大鸨", "file_content": "材料里写着鸬鹚"},
}
"""Free text, which is in the archive but in no list and no timeline."""

REFUSED: Final = {
    **{
        "bad_phone": "电话写成鹌鹑",
        "bad_field": "多出来的鹧鸪",
        "bad_value": "不存在的类别鸸鹋",
        "bad_json": "残缺的鹈鹕",
    },
    **{"bad_command": "fire-salamander-command", "bad_query": "地址里的鸵鸟", "bad_path": "路径里的鸨鸟"},
    **{
        "bad_name": "半个字的鸵鹤",
        "password": "password-of-a-roadrunner",
        "bad_file_name": "木马海雀",
        "bad_file_content": "可执行的海鹦",
    },
    **{"bad_body_phone": "13987650019", "bad_unit": "不存在的单位渡渡鸟"},
}
"""Values in refused requests, which are stored nowhere."""

DEMANDS: Final = {
    "a_title": "标题里的画眉鸟",
    "a_content": "内容里的百灵鸟叫个不停",
    "a_location": "事发地点相思鸟路口",
}
FILES: Final = {"file_name": "现场鸳鸯", "file_note": "备注里的天鹅"}
ACCUSATIONS: Final = {"accusation_title": "投诉标题里的乌鸦", "accusation": "投诉内容里的喜鹊"}
EVIDENCE: Final = {"evidence_name": "录音秃鹫", "evidence_note": "录音备注里的伯劳"}
SECRET: Final = {"hidden_title": "保密标题里的雪雁", "hidden_content": "保密内容里的豆雁"}
PUBLIC: Final = {"public_content": "公开描述里的斑鸠", "public_place": "上报地点柳莺路口"}
PLACED: Final = {
    "joined_title": "并入标题里的朱雀",
    "city_title": "市里标题里的黄鹂",
}
TEXTS: Final = {"answered": "短信里说的琴鸟", "late": "迟到短信里的椋鸟"}
STRAYS: Final = {"stray": "陌生短信里的海鸥"}
CITY: Final = {
    **{"city_name": "东方游隼", "city_phone": "13987650020", "city_address": "游隼街四百二十号"},
    **{"bad_city": "市里来的乱码蜂鸟", "city_remark": "市里备注的鱼鹰", "city_urge": "市里催办里的白鹭"},
}

VALUES: Final[dict[str, str]] = {
    **CITIZENS, **WRITTEN, **SAID, **REFUSED, **DEMANDS, **FILES, **ACCUSATIONS, **EVIDENCE, **SECRET, **PUBLIC,
    **PLACED, **TEXTS, **STRAYS, **CITY,
}  # fmt: skip

CENTRE: Final = frozenset(
    (
        *("agent", "dispatcher", "reviewer", "callback_staff", "supervisor", "hotline_director", "admin"),
        *("county_leader", "inspection", "panel", "city_platform"),
    )
)
UNIT: Final = frozenset(("clerk-housing", "section-head-housing", "principal-leader-housing"))
STRANGERS: Final = frozenset(("clerk-market", "clerk-housing@huojia", "", "public"))
"""Another unit, another county, an anonymous caller, and an Open311 application."""

EVERYBODY: Final = CENTRE | UNIT | STRANGERS

READERS: Final[list[tuple[dict[str, str], frozenset[str]]]] = [
    (CITIZENS, frozenset()),
    (WRITTEN, frozenset({"agent", "dispatcher", "callback_staff", "hotline_director", "city_platform"})),
    (SAID, frozenset()),
    (REFUSED, frozenset()),
    (DEMANDS, CENTRE | UNIT),
    (FILES, CENTRE | UNIT),
    (ACCUSATIONS, CENTRE | UNIT),
    (EVIDENCE, CENTRE),
    (SECRET, frozenset({"agent", "dispatcher", "hotline_director"})),
    (PUBLIC, CENTRE | {"public"}),
    (PLACED, CENTRE),
    (TEXTS, CENTRE),
    (STRAYS, frozenset({"callback_staff", "supervisor", "hotline_director"})),
    (CITY, frozenset({"hotline_director"})),
]
"""The people who may read each group in answers to GET; all others must not."""
