"""Routes about units and rule books."""

from typing import Final

from fastapi import APIRouter
from pydantic import TypeAdapter

from adapters.database.paging import BadCursor, Name, from_cursor, to_cursor
from api.auth.identity import ServicesDep, User
from api.problems import ProblemError, answers
from api.schemas.base import PageOut, Paging
from api.schemas.catalogue import PolicyOut, PolicyRules, UnitOut
from application.input_types import Slug
from application.orders.visibility import is_within_reach
from application.services import Services

router = APIRouter(tags=["目录与规则"])

PLACE: Final = TypeAdapter(tuple[Name])


@router.get("/units", responses=answers(401, 422))
async def units(services: ServicesDep, user: User, paging: Paging, regime: Slug | None = None) -> PageOut[UnitOut]:
    """派单目录中的单位，按地区和编号排列。"""
    if regime is not None and not is_within_reach(user, "see_catalogue", regime):
        return PageOut(items=())
    page = await services.catalogue.page(regime=user.regime or regime, cursor=paging.cursor, limit=paging.limit)
    return PageOut(items=tuple(map(UnitOut.model_validate, page.items)), next=page.next)


@router.get("/policies", responses=answers(401, 422))
async def policies(services: ServicesDep, user: User, paging: Paging) -> PageOut[PolicyOut]:
    """现行的各地规程。"""
    ids = list(services.rule_books.ids)
    if paging.cursor is not None:
        (last,) = from_cursor(paging.cursor, PLACE)
        if last not in ids:
            raise BadCursor("翻页游标无效")
        ids = ids[ids.index(last) + 1 :]
    items = tuple(_summary(services, name) for name in ids[: paging.limit])
    return PageOut(items=items, next=to_cursor(items[-1].id) if len(ids) > paging.limit else None)


@router.get("/policies/{id}", responses=answers(401, 404, 422))
async def policy(id: str, services: ServicesDep, user: User) -> PolicyRules:
    """一部规程的全部规则。"""
    if id not in services.rule_books.ids:
        raise ProblemError(404, "没有这一部规程")
    rules = services.rule_books.regime(id).model_dump(mode="json")
    return PolicyRules(**_summary(services, id).model_dump(), rules=rules)


def _summary(services: Services, name: str) -> PolicyOut:
    regime = services.rule_books.regime(name)
    return PolicyOut(
        id=name, name=regime.name, title=regime.title, hash=services.rule_books.hashes[name], grades=regime.grades
    )
