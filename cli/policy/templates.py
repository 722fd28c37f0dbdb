"""`jiesu policy templates`: the SMS texts of a regime with sample values, their length and number of segments."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from activities.render_template import render
from cli.policy.choice import open_book, pick
from cli.screen import console, table
from domain.calendar.business_calendar import CST
from domain.citizen.outbound_records import segments
from domain.labels import label
from domain.words import Category

EXAMPLE_NO = "20261123-000001"
EXAMPLE_DUE = datetime(2026, 11, 26, 17, 30, tzinfo=CST)


def templates(
    regime: Annotated[str, typer.Argument(help="规程")],
    file: Annotated[Path | None, typer.Option("--file", help="另一份 policies.yaml")] = None,
) -> None:
    """列出短信模板填好后的样子、字数和条数（70 字以内为一条，更长的每条 67 字）。"""
    rules = pick(open_book(file), regime)
    longest = max((unit.name for unit in rules.units), key=len, default="承办单位")
    texts = table("模板", "短信", "字数", "条数")
    for template, text in sorted(rules.templates.items()):
        body = render(text, no=EXAMPLE_NO, unit_name=longest, category=Category.COMPLAINT, due_at=EXAMPLE_DUE)
        texts.add_row(label(template, "template"), body, str(len(body)), str(segments(body)))
    console().print(texts)
