"""Invented sample orders for a trial installation, a few for each county."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any, NamedTuple

from adapters.files.thumbnails import plain_png
from adapters.settings.settings import Settings
from application.evidence.receiving import keep, receive, upload_batch
from application.jobs.seeding import seed
from application.orders.actor import Actor
from application.orders.commands import CommandRequest, DecisionRequest, carry_out_command, send_decision
from application.orders.intake import OrderRequest, open_order
from application.services import Services, services
from domain.labels import label
from domain.policy.evidence import Phase
from domain.policy.rule_book import Unit
from domain.units import StoredContact
from domain.words import UNIT_ROLES, Role

PERSON = "samples"
APPROVER = "samples-approver"
CENTRE_ROLES = (Role.HOTLINE_DIRECTOR, Role.SUPERVISOR, Role.COUNTY_LEADER, Role.INSPECTION)


class SampleDemand(NamedTuple):
    """A demand, and the steps that follow; without steps it stays at intake."""

    category: str
    title: str
    content: str
    matter: str
    steps: tuple[str, ...]


DEMANDS = (
    SampleDemand(
        "complaint", "楼道照明损坏", "幸福家园三号楼楼道灯坏了一周，夜间不便。", "housing", ("dispatch", "sign")
    ),
    SampleDemand("help", "门前积水", "和平路与学府街路口雨后积水，请帮助疏通。", "water", ("dispatch",)),
    SampleDemand("suggestion", "增设休息座椅", "建议在滨河步道增设座椅和遮阳设施。", "parks", ()),
    SampleDemand(
        "complaint",
        "夜间施工噪声",
        "体育路工地夜里十一点后仍在浇筑，影响休息。",
        "environment",
        ("dispatch", "sign", "submit_reply"),
    ),
    SampleDemand(
        "report",
        "占道经营",
        "学府路早市摊位占用盲道，行人只能走车行道。",
        "street_order",
        ("dispatch", "sign", "submit_reply", "approve"),
    ),
    SampleDemand("consult", "医保报销比例", "异地就医住院报销需要哪些材料。", "welfare", ("answer_at_intake",)),
)

PICTURES = {Phase.BEFORE: "dimgray", Phase.AFTER: "lightyellow"}
"""The phases of the sample evidence, and the colour of each picture."""

SAID = "经现场核实情况属实，已安排人员处理并电话告知诉求人"


async def load(settings: Settings) -> int:
    """Create the units, their contacts and the sample orders; returns the number of new orders.

    The numbers are fixed, so a second run adds nothing. Regimes without units get none. Needs a running worker.
    Raises what `application.orders.intake.open_order` and `application.orders.commands.carry_out_command` raise.
    """
    async with services(settings) as opened:
        await seed(opened)
        await opened.catalogue.ensure("", (), _contacts(opened))
        new = 0
        regimes = {name: regime for name, regime in opened.rule_books.regimes.items() if regime.units}
        for place, (name, regime) in enumerate(regimes.items(), start=1):
            for number, demand in enumerate(DEMANDS, start=1):
                no = f"SAMPLE-{place}{number:02d}"
                if await opened.orders.get(no) is None:
                    await _sample(opened, no, name, demand, _unit_for(regime.units, demand.matter))
                    new += 1
        return new


async def _sample(opened: Services, no: str, regime: str, demand: SampleDemand, unit: Unit) -> None:
    request = OrderRequest.model_validate(
        {
            "policy": regime,
            "title": demand.title,
            "content": demand.content,
            "category": demand.category,
            "matter": demand.matter,
            "area": unit.area,
            "citizen": {"name": "诉求人甲", "phone": "19900000000"},
        }
    )
    await open_order(opened, request, by=Actor(Role.AGENT, PERSON), no=no)
    sections = {
        name: f"{SAID}（{demand.title}，第{number}项）"
        for number, name in enumerate(opened.rule_books.regime(regime).replies.sections, start=1)
    }
    signed_by = [role.value for role in sorted(UNIT_ROLES)]
    pictures = await _pictures(opened, no, regime, unit) if "submit_reply" in demand.steps else []
    reply = {"unit": unit.id, "sections": sections, "signed_by": signed_by, "attachments": pictures}
    bodies: dict[str, tuple[Role, dict[str, Any]]] = {
        "answer_at_intake": (Role.AGENT, {"text": "请携带住院票据、费用清单和出院记录到医保窗口办理"}),
        "dispatch": (Role.DISPATCHER, {"units": [{"unit": unit.id, "part": "lead"}]}),
        "sign": (Role.UNIT_CLERK, {"unit": unit.id}),
        "submit_reply": (Role.UNIT_CLERK, reply),
    }
    for step in demand.steps:
        if step == "approve":
            await send_decision(opened, no, DecisionRequest("review", "approve", Actor(Role.REVIEWER, APPROVER)))
            continue
        role, body = bodies[step]
        await carry_out_command(opened, no, CommandRequest(step, body, Actor(role, PERSON), f"{no}-{step}"))


async def _pictures(opened: Services, no: str, regime: str, unit: Unit) -> list[str]:
    """Upload a picture for each phase as a unit would, and return their ids; a repetition finds them again."""
    limits, of = opened.rule_books.regime(regime).evidence, {"regime": regime, "unit": unit.id, "uploaded_by": PERSON}
    ids = {phase: f"att-{no}-{phase}" for phase in PICTURES}
    async with upload_batch(opened) as received:
        coming = [
            receive(opened, label(phase, "phase"), _content(plain_png(640, 480, colour)), limits)
            for phase, colour in PICTURES.items()
        ]
        received.extend(await asyncio.gather(*coming))
        for (phase, file_id), each in zip(ids.items(), received, strict=True):
            at_most = limits.max_files * len(DEMANDS)  # one person uploads the files of all orders
            await keep(opened, {file_id: each}, of | {"phase": phase}, at_most=at_most)
    return list(ids.values())


async def _content(picture: bytes) -> AsyncIterator[bytes]:
    yield picture


def _unit_for(units: Sequence[Unit], matter: str) -> Unit:
    """The unit whose duty the matter is, else the first."""
    return next((unit for unit in units if matter in unit.duties), units[0])


def _contacts(opened: Services) -> list[StoredContact]:
    """A contact for every role of every unit and of the centre, with a telephone in the sandbox."""
    regimes = opened.rule_books.regimes
    seats: list[tuple[str, str | None, Role]] = [
        (name, unit.id, role)
        for name, regime in regimes.items()
        for unit in regime.units
        for role in sorted(UNIT_ROLES)
    ]
    seats += [(name, None, role) for name in regimes for role in CENTRE_ROLES]
    return [
        StoredContact(regime=name, unit=unit, role=role, name=label(role), phone=f"199{number:08d}")
        for number, (name, unit, role) in enumerate(seats, start=1)
    ]
