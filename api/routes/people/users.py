"""Routes about accounts, for administrators: of one county, or of all."""

from typing import Any, Final

from fastapi import APIRouter

from adapters.auth.password_strength import weakness
from adapters.auth.tokens import Identity
from adapters.database.accounts.password_hashes import random_password
from adapters.database.accounts.role_assignments import assignment_fault
from adapters.database.accounts.users import Account, Card, UsernameTaken
from api.auth.identity import ServicesDep, User
from api.auth.request_origin import OriginDep
from api.idempotency import IdempotentRoute
from api.problems import ProblemError, answers
from api.schemas.accounts import NewUser, UserChange, UserOut
from api.schemas.base import PageOut, Paging
from application.audit import acts
from application.services import Services
from domain.access.acts import Deed

SEAT: Final = ("role", "unit", "regime")

router = APIRouter(prefix="/users", tags=["账号管理"], route_class=IdempotentRoute)


@router.get("", responses=answers(401, 403, 422))
async def listed(services: ServicesDep, user: User, paging: Paging) -> PageOut[UserOut]:
    """账号，按用户名排列。"""
    page = await services.users.listed(regime=user.regime, cursor=paging.cursor, limit=paging.limit)
    locks = await services.credentials.failures.locks([card.username for card in page.items])
    return PageOut(items=tuple(UserOut.of(card, locks.get(card.username)) for card in page.items), next=page.next)


@router.post("", status_code=201, responses=answers(400, 401, 403, 404, 409, 413, 422))
async def add(body: NewUser, origin: OriginDep, services: ServicesDep, user: User) -> UserOut:
    """新增账号。口令是临时的，首次登录后须修改；不填则由系统生成，只显示这一次。"""
    await _require_assignment(services, user, body.role, body.unit, body.regime)
    made = None if body.password else random_password()
    if body.password and (weak := await weakness(body.password, body.username, services.rule_books.ids)):
        raise ProblemError(422, weak, "weak_password")
    account = Account(
        username=body.username,
        role=body.role,
        unit=body.unit,
        regime=body.regime,
        display=body.display or body.username,
    )
    data = {"role": account.role, "unit": account.unit}
    noting = acts.act(origin, user, Deed.USER_ADDED, about=account.username, regime=account.regime, data=data)
    try:
        await services.users.create(account, body.password or made or "", temporary=True, noting=[noting])
    except UsernameTaken:
        raise ProblemError(409, "用户名已被使用", "already_done") from None
    return UserOut.of(await _managed_user(services, user, body.username), password=made)


@router.patch("/{name:path}", responses=answers(400, 401, 403, 404, 409, 413, 422))
async def change(name: str, body: UserChange, origin: OriginDep, services: ServicesDep, user: User) -> UserOut:
    """修改岗位、单位、停用、解锁、重置口令或动态口令。除解锁外，该账号的会话随即失效。"""
    card = await _managed_user(services, user, name)
    values = body.model_dump(include={*SEAT, "display", "disabled"}, exclude_unset=True)
    if any(values.get(key, "") is None for key in ("role", "display", "disabled")):
        raise ProblemError(422, "role、display、disabled 不能为空")
    if name == user.sub and (body.disabled or body.reset_password or body.reset_totp or set(SEAT) & set(values)):
        raise ProblemError(409, "自己的岗位和停用由其他管理员办理，口令和动态口令在 /account 修改", "not_allowed")
    if card.federated and (set(values) - {"disabled"} or body.reset_password or body.reset_totp):
        raise ProblemError(409, "账号由统一身份认证管理，这里只能停用和启用", "not_allowed")
    if set(SEAT) & set(values):
        seat: dict[str, Any] = card.model_dump(include=set(SEAT)) | values
        await _require_assignment(services, user, *(seat[key] for key in SEAT))
    if body.reset_totp:
        values["totp_secret"] = None
    of = {"about": name, "regime": card.regime}
    if values:
        data = {key: value for key, value in values.items() if key in {*SEAT, "disabled"}}
        data["fields"] = " ".join(sorted(values))
        noting = [acts.act(origin, user, Deed.USER_CHANGED, data=data, **of)]
        await services.users.change(name, noting, **values)
    made = random_password() if body.reset_password else None
    if made:
        noting = [acts.act(origin, user, Deed.USER_CHANGED, data={"fields": "password"}, **of)]
        await services.users.set_password(name, made, temporary=True, noting=noting)
    if body.unlock or made:
        noting = [acts.act(origin, user, Deed.USER_UNLOCKED, **of)]
        await services.credentials.failures.forgive(name, noting)
    return await _user_out(services, name, made)


async def _user_out(services: Services, name: str, password: str | None) -> UserOut:
    card = await services.users.get(name)
    assert card is not None
    return UserOut.of(card, (await services.credentials.failures.locks([name])).get(name), password)


async def _managed_user(services: Services, user: Identity, name: str) -> Card:
    """A user within this administrator's county. Raises ProblemError(404)."""
    card = await services.users.get(name) if name.isprintable() else None
    if card is None or user.regime not in (None, card.regime):
        raise ProblemError(404, "没有这个用户")
    return card


async def _require_assignment(
    services: Services, user: Identity, role: str, unit: str | None, regime: str | None
) -> None:
    """Check a role assignment. Raises ProblemError: 422 for an invalid one, 403 for one of another county."""
    if user.regime not in (None, regime):
        raise ProblemError(403, "只能管理本地区的账号")
    fault = await assignment_fault(services.catalogue, services.rule_books.ids, role=role, unit=unit, regime=regime)
    if fault:
        raise ProblemError(422, fault)
