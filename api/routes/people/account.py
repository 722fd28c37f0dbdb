"""Routes about the caller's own account: password, second factor, sessions. Open with a duty to do first too."""

from fastapi import APIRouter, Request

from adapters.auth.password_strength import weakness
from adapters.auth.tokens import Identity
from adapters.database.accounts.credentials import SignInRejected
from adapters.database.accounts.users import Card
from api.auth.identity import ServicesDep, SignedIn
from api.auth.request_origin import OriginDep, origin_of
from api.auth.sign_in_answers import sign_in_problem
from api.idempotency import IdempotentRoute
from api.problems import ProblemError, answers
from api.schemas.accounts import AccountOut, Confirmation, EnrolmentOut, NewPassword, Proof, SessionOut
from api.schemas.base import PageOut
from application.audit import acts
from application.audit.acts import Origin
from application.people import sign_in, sign_in_acts
from application.services import Services
from domain.access.acts import Deed
from domain.access.passwords import canonical_form

CURRENT, OTHERS = "current", "others"

router = APIRouter(prefix="/account", tags=["账号"], route_class=IdempotentRoute)


@router.get("", responses=answers(401))
async def mine(services: ServicesDep, user: SignedIn) -> AccountOut:
    """本人的账号，以及须先完成的事项。"""
    card = await services.users.get(user.sub)
    told = card.model_dump(include={"display", "second_factor", "federated"}) if card else {}
    return AccountOut(username=user.sub, role=user.role, unit=user.unit, regime=user.regime, duty=user.duty, **told)


@router.get("/sessions", responses=answers(401))
async def sessions(services: ServicesDep, user: SignedIn) -> PageOut[SessionOut]:
    """本人的有效会话，新的在前。"""
    found = await services.sessions.of(user.sub)
    return PageOut(items=tuple(SessionOut(**card.model_dump(), current=card.id == user.session) for card in found))


@router.delete("/sessions/{id}", status_code=204, responses=answers(401, 404, 422))
async def sign_out(id: str, origin: OriginDep, services: ServicesDep, user: SignedIn) -> None:
    """退出登录：结束当前会话（current），其令牌立即失效。其他会话须再次提交口令才能结束。"""
    if id not in (CURRENT, user.session):
        # A stolen token must not end the sessions of its owner.
        raise ProblemError(403, "结束其他会话须再次提交口令（POST /account/sessions/{id}/end）", "proof_required")
    if not user.session or not await _end_session(origin, services, user, user.session):
        raise ProblemError(404, "没有这个会话")


@router.post("/sessions/{id}/end", status_code=204, responses=answers(400, 401, 403, 404, 409, 413, 422, 429))
async def end(id: str, body: Proof, request: Request, services: ServicesDep, user: SignedIn) -> None:
    """再次提交口令（绑定了动态口令的，一并提交），结束本人的一个会话；others 为当前会话以外的全部会话。"""
    await _prove_again(request, services, user, body)
    if id == OTHERS:
        noting = [acts.act(origin_of(request), user, Deed.SESSION_ENDED, about=OTHERS)]
        await services.sessions.revoke_others(user.sub, user.session, noting)
    elif not id.isprintable() or not await _end_session(origin_of(request), services, user, id):
        raise ProblemError(404, "没有这个会话")


async def _end_session(origin: Origin, services: Services, user: Identity, session: str) -> bool:
    noting = [acts.act(origin, user, Deed.SESSION_ENDED, about=session)]
    return await services.sessions.revoke(session, user.sub, noting)


@router.post("/password", status_code=204, responses=answers(400, 401, 403, 409, 413, 422, 429))
async def change_password(body: NewPassword, request: Request, services: ServicesDep, user: SignedIn) -> None:
    """修改本人口令，其他会话随即失效。须先完成的事项因此改变的，请重新登录。"""
    await _prove_again(request, services, user, body)
    if canonical_form(body.new_password) == canonical_form(body.password):
        raise ProblemError(422, "新口令不能与原口令相同", "weak_password")
    if weak := await weakness(body.new_password, user.sub, services.rule_books.ids):
        raise ProblemError(422, weak, "weak_password")
    noting = [acts.act(origin_of(request), user, Deed.PASSWORD_CHANGED)]
    await services.users.set_password(user.sub, body.new_password, keep=user.session, noting=noting)


@router.post("/totp", responses=answers(400, 401, 403, 409, 413, 422, 429))
async def enrol(body: Proof, request: Request, services: ServicesDep, user: SignedIn) -> EnrolmentOut:
    """绑定动态口令：取得密钥，随后以一个口令确认。已绑定的，确认前原密钥仍有效。"""
    card = await _prove_again(request, services, user, body)
    if card.temporary:
        raise ProblemError(403, "请先修改口令", "password_change_required")
    offered = await services.credentials.second_factor.offer(user.sub)
    return EnrolmentOut(secret=offered.secret, otpauth_uri=offered.uri)


@router.post("/totp/confirm", status_code=204, responses=answers(400, 401, 409, 413, 422))
async def confirm(body: Confirmation, origin: OriginDep, services: ServicesDep, user: SignedIn) -> None:
    """以新密钥的一个口令确认绑定。所有会话随即失效，请用动态口令重新登录。"""
    noting = [acts.act(origin, user, Deed.SECOND_FACTOR_SET)]
    if not await services.credentials.second_factor.confirm(user.sub, body.code, noting):
        raise ProblemError(422, "动态口令不正确，或没有待确认的绑定", "totp_invalid")


async def _prove_again(request: Request, services: Services, user: Identity, proof: Proof) -> Card:
    """Verify the caller's password again, and return their card. Raises ProblemError, as signing in does."""
    if user.session is None:
        raise ProblemError(409, "账号由统一身份认证管理", "not_allowed")
    try:
        return await sign_in.prove(services, user.sub, proof.password, proof.totp)
    except SignInRejected as not_proven:
        request.state.refusal_noted = True
        await sign_in_acts.note_refused_sign_in(services, origin_of(request), user.sub, not_proven.why)
        raise sign_in_problem(not_proven) from None
