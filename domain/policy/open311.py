"""The services that a county offers to the public by Open311 GeoReport v2 (`open311` of a regime).

A citizen picks a service before writing. It decides the category and the matter of the order, and further questions.
Only what a county sets is here; the standard defines the rest.
"""

from typing import Annotated, Literal

from pydantic import Field, model_validator

from domain.words import Category, Frozen

Code = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_-]{0,40}$")]
Datatype = Literal["string", "number", "datetime", "text", "singlevaluelist", "multivaluelist"]
LISTS = frozenset({"singlevaluelist", "multivaluelist"})


class Attribute(Frozen):
    """A question of a service. `values` are the choices of a list, key → what people read.

    With `variable` false it asks nothing and only shows its `description`.
    """

    datatype: Datatype = "string"
    description: str
    datatype_description: str | None = None
    required: bool = False
    variable: bool = True
    values: dict[Code, str] = {}

    @model_validator(mode="after")
    def _choices(self) -> "Attribute":
        if (self.datatype in LISTS) != bool(self.values):
            raise ValueError("singlevaluelist 和 multivaluelist 必须给出 values，其他类型不得给出")
        if self.required and not self.variable:
            raise ValueError("不收回答的 attribute（variable: false）不能是 required")
        return self


class Service(Frozen):
    """One kind of demand that the public may make.

    `listed` false keeps what was written out of public answers: only the state of such a request is told, and
    to whoever knows its number. `notice` is what the citizen reads when the request has been taken in.
    """

    name: str
    description: str = ""
    group: str = ""
    keywords: tuple[str, ...] = ()
    category: Category
    matter: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]{0,40}$")] | None = None
    grade: str | None = None
    listed: bool = True
    notice: str | None = None
    attributes: dict[Code, Attribute] = {}


class Open311(Frozen):
    """What a county tells the public interface. `services` by their code, in the order in which they are shown."""

    notice: str = "诉求已受理，可凭编号查询办理进展。"
    services: dict[Code, Service] = {}
