"""Scenario files: the scripted life of one order (docs/tutorial.md)."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)

from adapters.policy.policy_file import PolicyErrors, load, resolve
from adapters.policy.yaml_tree import PolicyProblem
from adapters.validation_messages import wording
from application.orders.intake import OrderRequest
from domain.calendar.business_calendar import CST
from domain.calendar.durations import Duration
from domain.order.commands import COMMANDS
from domain.policy.rule_book import Regime
from domain.words import Category, Mark, Role

DECIDE = "decide"
LEFT_OUT = (None, "…")


def _with_offset(value: Any) -> Any:
    """Adds +08:00 to a moment without an offset."""
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return value
    return value.replace(tzinfo=CST) if isinstance(value, datetime) and value.tzinfo is None else value


Moment = Annotated[AwareDatetime, BeforeValidator(_with_offset)]


class ScenarioPart(BaseModel):
    """A part of a scenario, without unknown keys; a number is accepted as text (`phone: 138…`).

    A key without a value (`with:`), or with an ellipsis as in a scenario template, counts as left out.
    """

    model_config = ConfigDict(extra="forbid", coerce_numbers_to_str=True, frozen=True)

    @model_validator(mode="before")
    @classmethod
    def _said(cls, data: Any) -> Any:
        return {key: value for key, value in data.items() if value not in LEFT_OUT} if isinstance(data, dict) else data


class Caller(ScenarioPart):
    """The invented citizen."""

    name: str = "演练诉求人"
    phone: str = "13800000000"
    address: str | None = None


class Demand(ScenarioPart):
    """The order to take in."""

    category: Category
    grade: str | None = None
    source: str = "phone"
    title: str = "演练工单"
    content: str = "演练内容"
    citizen: Caller = Caller()
    marks: tuple[Mark, ...] = ()
    required_by: Moment | None = None
    area: str | None = None
    matter: str | None = None
    city_no: str | None = None

    def request(self, policy: str) -> OrderRequest:
        """The demand as a request to intake. Raises ValidationError."""
        return OrderRequest.model_validate({"regime": policy, **self.model_dump(mode="json", exclude_none=True)})


def _elapsed(value: Any) -> Any:
    if value in (0, "0", "0m", "0s"):
        return timedelta(0)
    if isinstance(value, str) and value.endswith("s") and value[:-1].isdigit():
        return timedelta(seconds=int(value[:-1]))
    return Duration.parse(value).elapsed if isinstance(value, str) else value


class Step(ScenarioPart):
    """One act, at a moment or some time after the step before it."""

    at: Moment | None = None
    after: Annotated[timedelta, BeforeValidator(_elapsed)] | None = None
    role: Role = Field(alias="as")
    do: str
    body: dict[str, Any] = Field(default={}, alias="with")

    @model_validator(mode="after")
    def _consistent(self) -> "Step":
        if (self.at is None) == (self.after is None):
            raise ValueError("每一步必须且只能给出 at 或 after 之一")
        if self.do not in COMMANDS and self.do != DECIDE:
            raise ValueError(f"没有 {self.do} 这个操作，可用：{'、'.join([*COMMANDS, DECIDE])}")
        return self


class Expectation(BaseModel):
    """An event that the timeline must contain with these fields, or (`never`) must not contain."""

    model_config = ConfigDict(extra="allow", frozen=True)

    event: str | None = None
    never: str | None = None

    @model_validator(mode="after")
    def _one(self) -> "Expectation":
        if (self.event is None) == (self.never is None):
            raise ValueError("expect 的每一条必须且只能给出 event 或 never 之一")
        return self


class Scenario(ScenarioPart):
    """The whole file."""

    policy: str
    start: Moment
    order: Demand
    steps: tuple[Step, ...] = ()
    until: Literal["archived"] | Moment = "archived"
    expect: tuple[Expectation, ...] = ()

    def moments(self) -> list[datetime]:
        """The moment of each step."""
        moments, moment = [], self.start
        for step in self.steps:
            moment = step.at if step.at is not None else moment + (step.after or timedelta(0))
            moments.append(moment)
        return moments

    def units(self) -> set[str]:
        """Every unit that the scenario names."""
        named: set[str] = set()
        for step in self.steps:
            named |= {step.body[key] for key in ("unit", "proposed_unit") if isinstance(step.body.get(key), str)}
            listed = step.body.get("units")
            for item in listed if isinstance(listed, list) else []:
                unit = item.get("unit") if isinstance(item, dict) else item
                if isinstance(unit, str):
                    named.add(unit)
        return named


def read(path: Path, regimes: Mapping[str, Regime]) -> Scenario:
    """Parse a scenario file for one of these rule books. Raises PolicyErrors (line, key, message)."""
    scenario = load(path, Scenario, aliases=True)
    if faults := _faults(scenario, regimes):
        _, line_of = resolve(path, aliases=True)
        raise PolicyErrors([PolicyProblem(*line_of(where), message) for where, message in faults])
    return scenario


def _faults(scenario: Scenario, regimes: Mapping[str, Regime]) -> list[tuple[tuple[str | int, ...], str]]:
    """The faults that intake would reject: the path of each key, and a message."""
    regime, grade = regimes.get(scenario.policy), scenario.order.grade
    moments = [scenario.start, *scenario.moments()]
    if backwards := [(i, then) for i, (before, then) in enumerate(pairwise(moments)) if then < before]:
        return [(("steps", i), f"第 {i + 1} 步的时间 {then.isoformat()} 早于前一步") for i, then in backwards]
    if regime is None:
        return [(("policy",), f"没有名为“{scenario.policy}”的规程，可选：{'、'.join(regimes)}")]
    if grade is not None and grade not in regime.grades:
        return [(("order", "grade"), f"等级 {grade} 不在本地规定之列：{'、'.join(regime.grades)}")]
    try:
        scenario.order.request(scenario.policy)
    except ValidationError as invalid:
        return [(("order", *error["loc"]), wording(error)) for error in invalid.errors(include_url=False)]
    return []
