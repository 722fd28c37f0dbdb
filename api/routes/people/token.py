"""Signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Form, Request
from fastapi.security import OAuth2PasswordRequestForm

from adapters.auth.tokens import LIFE, issue
from adapters.database.accounts.credentials import SignInRejected
from api.auth.identity import ServicesDep
from api.auth.request_origin import origin_of
from api.auth.sign_in_answers import sign_in_problem
from api.problems import answers
from api.schemas.accounts import Token
from application.people import sign_in as signing_in
from application.people import sign_in_acts
from domain.access.passwords import canonical_form

router = APIRouter(tags=["登录"])

Code = Annotated[str | None, Form(description="动态口令，绑定了的账号必填")]


@router.post("/token", responses=answers(400, 401, 413, 422, 429))
async def sign_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, services: ServicesDep, totp: Code = None
) -> Token:
    """用户名和口令换取令牌，八小时有效；多次失败后暂时锁定。"""
    try:
        identity = await signing_in.sign_in(services, form.username, form.password, totp)
    except SignInRejected as not_proven:
        request.state.refusal_noted = True
        await sign_in_acts.note_refused_sign_in(
            services, origin_of(request), canonical_form(form.username), not_proven.why
        )
        raise sign_in_problem(not_proven) from None
    await sign_in_acts.note_sign_in(services, origin_of(request), identity)
    return Token(
        access_token=issue(identity, services.settings.secret_key),
        expires_in=int(LIFE.total_seconds()),
        role=identity.role,
        unit=identity.unit,
        regime=identity.regime,
        duty=identity.duty,
    )
