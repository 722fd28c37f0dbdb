"""The mapping between a county's words and its city platform's: the key `city` of a regime.

The platform has its own names for fields, kinds and codes (`data` in docs/city-platform.md); these models map them to
the project's. Paths are dotted: `caller.phone` is the key `phone` within the object `caller`.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, Literal

from pydantic import Field, ValidationError, model_validator
from pydantic_core import InitErrorDetails, PydanticCustomError

from domain.words import ApprovalKind, Category, Frozen, Mark

Path = Annotated[str, Field(pattern=r"^[^.\s]{1,60}(\.[^.\s]{1,60}){0,4}$")]
Word = Annotated[str, Field(min_length=1, max_length=60)]
"""A code or a word of the platform."""
Area = Annotated[str, Field(pattern=r"^[0-9A-Za-z_-]{1,20}$")]
OurPath = Annotated[
    str, Field(pattern=r"^(no|city_no|regime|category|what|at|unit|approval|content(\.[a-z_]{1,40}){0,3})$")
]
"""A field of an outgoing message; `content.sections.result` is one section of the reply."""

Decision = Literal["approve", "reject"]


Fault = tuple[tuple[str | int, ...], str]
"""The location of a fault, and its description."""


def raise_all(title: str, faults: Collection[Fault]) -> None:
    """Raise a ValidationError that names every fault with its location; do nothing without faults.

    Within a validator of a larger model pydantic prefixes the location of this one.
    """
    if faults:
        details = [
            InitErrorDetails(
                type=PydanticCustomError("value_error", "{error}", {"error": message}), loc=place, input=None
            )
            for place, message in faults
        ]
        raise ValidationError.from_exception_data(title, details)


class CategoryCodes(Frozen):
    """Their codes for categories. What is not listed, or missing, is `otherwise`; without that it is refused."""

    codes: dict[Word, Category] = {}
    otherwise: Category | None = None


class GradeCodes(Frozen):
    """Their codes for grades. What is not listed is `otherwise`; without that it is refused. Missing: the default."""

    codes: dict[Word, str] = {}
    otherwise: str | None = None


class MatterCodes(Frozen):
    """Their codes for matters, and the duty that each is (the ladder searches it). Not listed: `otherwise`, or none."""

    codes: dict[Word, str] = {}
    otherwise: str | None = None


class MarkCodes(Frozen):
    """Their codes for marks. What is not listed is `otherwise`; without that it is left out."""

    codes: dict[Word, Mark] = {}
    otherwise: Mark | None = None


class OrderFields(Frozen):
    """Where in an order of the city each thing stands; without a title it is the beginning of the content."""

    city_no: Path
    content: Path
    title: Path | None = None
    category: Path | None = None
    grade: Path | None = None
    marks: Path | None = None
    name: Path | None = None
    phone: Path | None = None
    address: Path | None = None
    area: Path | None = None
    matter: Path | None = None
    required_by: Path | None = None


class CityOrders(Frozen):
    """Orders that come down."""

    fields: OrderFields
    category: CategoryCodes = CategoryCodes(otherwise=Category.OTHER)
    grade: GradeCodes = GradeCodes()
    matter: MatterCodes = MatterCodes()
    mark: MarkCodes = MarkCodes()


class DecisionFields(Frozen):
    """Where in a decision each thing stands: the order by our number or theirs, the request by its id or kind."""

    decision: Path
    no: Path | None = None
    city_no: Path | None = None
    approval: Path | None = None
    kind: Path | None = None
    until: Path | None = None
    comment: Path | None = None

    @model_validator(mode="after")
    def _addressed(self) -> "DecisionFields":
        if self.no is None and self.city_no is None:
            raise ValueError("no、city_no 至少给出一个，否则找不到工单")
        if self.approval is None and self.kind is None:
            raise ValueError("approval、kind 至少给出一个，否则不知道是哪一项申请")
        return self


class CityDecisions(Frozen):
    """Decisions that come down: their words for yes and no, and for what was asked."""

    fields: DecisionFields
    decision: dict[Word, Decision] = Field(min_length=1)
    kind: dict[Word, ApprovalKind] = {}


class UrgeFields(Frozen):
    """Where in an urging each thing stands."""

    no: Path | None = None
    city_no: Path | None = None
    comment: Path | None = None

    @model_validator(mode="after")
    def _addressed(self) -> "UrgeFields":
        if self.no is None and self.city_no is None:
            raise ValueError("no、city_no 至少给出一个，否则找不到工单")
        return self


class CityUrges(Frozen):
    """Urgings that come down."""

    fields: UrgeFields


class CityReports(Frozen):
    """What goes up: where each thing of ours stands with them, and their words for ours; what has none stays."""

    fields: dict[OurPath, Path] = {}
    category: dict[Category, Word] = {}
    what: dict[str, Word] = {}
    unit: dict[str, Word] = {}
    resolution: dict[str, Word] = {}

    @model_validator(mode="after")
    def _apart(self) -> "CityReports":
        taken: dict[str, str] = {}
        faults: list[Fault] = []
        for ours, theirs in self.fields.items():
            other = next((path for path in taken if _overlap(path, theirs)), None)
            if other is not None:
                faults.append((("fields", ours), f"与 {taken[other]} 写到同一处：{theirs}"))
            taken[theirs] = ours
        raise_all("CityReports", faults)
        return self


class City(Frozen):
    """The understanding with the city platform. Without `areas` nothing comes down to this county."""

    areas: tuple[Area, ...] = ()
    """The platform's codes for this county."""
    unknown_fields: Literal["ignored", "refused"] = "ignored"
    """The treatment of a message with a field that `fields` does not name."""
    orders: CityOrders
    decisions: CityDecisions
    urges: CityUrges
    reports: CityReports = CityReports()


def unknown_grades(city: City, grades: Collection[str]) -> Iterator[Fault]:
    """The locations at which the mapping names a grade that the regime does not have."""
    table = city.orders.grade
    for code, grade in table.codes.items():
        if grade not in grades:
            yield ("city", "orders", "grade", "codes", code), f"等级 {grade} 不在 grades 之中"
    if table.otherwise is not None and table.otherwise not in grades:
        yield ("city", "orders", "grade", "otherwise"), f"等级 {table.otherwise} 不在 grades 之中"


def shared_areas(cities: Mapping[str, City | None]) -> Iterator[Fault]:
    """The locations at which two regimes claim one area, by the id of the regime."""
    owners: dict[str, str] = {}
    for name, city in cities.items():
        for place, area in enumerate(city.areas if city else ()):
            if area in owners:
                yield ("regimes", name, "city", "areas", place), f"地区代码 {area} 已属于 {owners[area]}"
            owners.setdefault(area, name)


def _overlap(one: str, other: str) -> bool:
    return f"{one}.".startswith(f"{other}.") or f"{other}.".startswith(f"{one}.")


def at(data: Any, path: str) -> Any:
    """The value at a dotted path of a JSON value, None if there is none."""
    for key in path.split("."):
        if not isinstance(data, dict):
            return None
        data = data.get(key)
    return data
