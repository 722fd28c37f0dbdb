"""Shared schemas: the base class of answers, and pages of lists."""

from dataclasses import dataclass
from typing import Annotated, Generic, TypeVar

from fastapi import Depends, Query
from pydantic import BaseModel, ConfigDict

from application.input_types import MAX_PAGE, Name

T = TypeVar("T")

Cursor = Annotated[Name | None, Query(description="上一页的 next")]
Limit = Annotated[int, Query(ge=1, le=MAX_PAGE, description="每页至多几项")]


@dataclass(frozen=True)
class PageRequest:
    """The requested page of a list."""

    cursor: Cursor = None
    limit: Limit = 50


Paging = Annotated[PageRequest, Depends()]


class Shape(BaseModel):
    """An answer, made from attributes or from more than it shows."""

    model_config = ConfigDict(frozen=True, from_attributes=True, extra="ignore")


class PageOut(Shape, Generic[T]):
    """Some of a list. `next` is the `cursor` of the following page, null on the last."""

    items: tuple[T, ...]
    next: str | None = None
