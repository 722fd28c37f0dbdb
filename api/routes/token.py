"""Signing in."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.security import OAuth2PasswordRequestForm

from adapters.tokens import LIFE, Identity, issue
from api import signing_in
from api.identity import ServicesDep
from api.problems import ProblemError, answers
from api.shapes import Token
from domain.words import Role

MAX_NAME = 200

router = APIRouter(tags=["登录"])


@router.post("/token", responses=answers(400, 401, 413, 422))
async def sign_in(
    form: Annotated[OAuth2PasswordRequestForm, Depends()], request: Request, services: ServicesDep
) -> Token:
    """用户名和口令换取令牌，八小时有效。"""
    usable = all(len(text) <= MAX_NAME and text.isprintable() for text in (form.username, form.password))
    account = await services.users.verify(form.username, form.password) if usable else None
    if account is None:
        await signing_in.refused(request, services, form.username, "wrong_password")
        raise ProblemError(401, "用户名或口令不正确")
    identity = Identity(sub=account.username, role=Role(account.role), unit=account.unit, regime=account.regime)
    await signing_in.done(request, services, identity)
    return Token(
        access_token=issue(identity, services.settings.secret_key),
        expires_in=int(LIFE.total_seconds()),
        role=identity.role,
        unit=identity.unit,
        regime=identity.regime,
    )
