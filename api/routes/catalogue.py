"""What orders are dispatched to and judged by: units and rule books."""

from fastapi import APIRouter

from api.identity import ServicesDep, User, within
from api.problems import ProblemError, answers
from api.services import Services
from api.shapes import PageOut, PolicyOut, PolicyRules, UnitOut
from api.words import Slug

router = APIRouter(tags=["目录与规则"])


@router.get("/units", responses=answers(401, 422))
async def units(services: ServicesDep, user: User, regime: Slug | None = None) -> PageOut[UnitOut]:
    """派单目录中的单位。"""
    if regime is not None and not within(user, "see_catalogue", regime):
        return PageOut(items=())
    cards = await services.catalogue.units(regime=user.regime or regime)
    return PageOut(items=tuple(UnitOut.model_validate(card) for card in cards))


@router.get("/policies", responses=answers(401))
async def policies(services: ServicesDep, user: User) -> PageOut[PolicyOut]:
    """现行的各地规程。"""
    return PageOut(items=tuple(_summary(services, name) for name in services.policies.ids))


@router.get("/policies/{id}", responses=answers(401, 404, 422))
async def policy(id: str, services: ServicesDep, user: User) -> PolicyRules:
    """一部规程的全部规则。"""
    if id not in services.policies.ids:
        raise ProblemError(404, "没有这一部规程")
    rules = services.policies.regime(id).model_dump(mode="json")
    return PolicyRules(**_summary(services, id).model_dump(), rules=rules)


def _summary(services: Services, name: str) -> PolicyOut:
    regime = services.policies.regime(name)
    return PolicyOut(
        id=name, name=regime.name, title=regime.title, hash=services.policies.hashes[name], grades=regime.grades
    )
