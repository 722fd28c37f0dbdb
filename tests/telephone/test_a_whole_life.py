"""A whole life in which the citizen uses only a telephone, and the unit's leader reads only texts."""

import io
import re
import zipfile
from html import unescape
from pathlib import Path

import httpx

from domain.units import StoredContact
from tests.api.callers import eventually
from tests.api.evidence import brought
from tests.stage import REPLIES
from tests.telephone.exchange import Exchange

CLERK = "clerk-housing@huojia"


def screen(exchange: Exchange, phone: str) -> str:
    """The page of a telephone."""
    page = httpx.get(f"{exchange.gateway}/phone/{phone}").raise_for_status().text
    return unescape(re.sub(r"<[^>]+>", " ", page))


def reads(exchange: Exchange, phone: str, *words: str) -> None:
    """Wait until a text with these words has arrived on the telephone."""
    eventually(lambda: any(all(word in body for word in words) for body in exchange.inbox(phone)) or None)
    assert all(word in screen(exchange, phone) for word in words)


def answered(exchange: Exchange, no: str, round_: int) -> None:
    """The clerk replies with a picture, and the reviewer approves."""
    photo = brought(exchange.caller(CLERK), phase="result")["id"]
    words = {name: f"{text}（第{round_}次）" for name, text in REPLIES["huojia"]["sections"].items()}
    exchange.do(CLERK, no, "submit_reply", **(REPLIES["huojia"] | {"sections": words, "attachments": [photo]}))
    approval = eventually(lambda: exchange.approval(no))
    said = exchange.caller("reviewer").post(f"/approvals/{approval}/decision", {"decision": "approve"})
    assert said.status_code == 202


def unpacked(file: Path) -> zipfile.ZipFile:
    return zipfile.ZipFile(io.BytesIO(file.read_bytes()))


async def test_the_citizen_telephones_and_the_leader_reads(exchange: Exchange) -> None:
    citizen, leader = exchange.phone(), exchange.phone()
    card = StoredContact(regime="huojia", unit="housing", role="unit_principal_leader", name="局长", phone=leader)
    await exchange.services.catalogue.put_contacts([card])

    agent = exchange.caller("agent")
    no = agent.open(policy="huojia", grade="normal", citizen={"name": "欧阳测试", "phone": citizen})
    exchange.do("dispatcher", no, "dispatch", units=[{"unit": "housing"}])
    reads(exchange, citizen, no, "新进展")
    reads(exchange, leader, no, "请于", "前办结答复")

    exchange.do(CLERK, no, "sign")
    answered(exchange, no, 1)
    reads(exchange, citizen, no, "请回复1至5")
    exchange.text(citizen, "2 灯还是不亮")
    exchange.happens(no, "rework_opened", unit="housing")
    reads(exchange, leader, no, "已列入督办")

    answered(exchange, no, 2)
    exchange.asked(no, times=2)
    exchange.text(citizen, "54 这次修好了，谢谢")
    exchange.happens(no, "order_closed", outcome="satisfied")
    assert "感谢您的反馈" in screen(exchange, citizen)

    archived = exchange.happens(no, "order_archived")
    bundle = unpacked(exchange.folder / "objects" / archived["bundle"])
    told = "".join(bundle.read(name).decode() for name in bundle.namelist() if name.endswith(".json"))
    assert "灯还是不亮" in told and "这次修好了，谢谢" in told
    assert sum(name.startswith(f"{no}/data/personal/evidence/") for name in bundle.namelist()) == 2
    shown = "".join(
        bundle.read(name).decode("utf-8", "replace") for name in bundle.namelist() if "personal" not in name
    )
    assert not [word for word in ("欧阳测试", citizen[-11:], leader[-11:], "灯还是不亮") if word in shown]
