"""The page on which a developer tries the API out; there is none in production.

Swagger UI comes from a public host. The page may load it, run its one inline script, and call this API.
"""

import re
from base64 import b64encode
from hashlib import sha256
from typing import Final

from fastapi import APIRouter
from fastapi.openapi.docs import get_swagger_ui_html, get_swagger_ui_oauth2_redirect_html
from fastapi.responses import HTMLResponse

PAGE: Final = "/docs"
REDIRECT: Final = f"{PAGE}/oauth2-redirect"
HOST: Final = "https://cdn.jsdelivr.net"
_SCRIPT: Final = re.compile(rb"<script>(.*?)</script>", re.DOTALL)

router = APIRouter(include_in_schema=False)


@router.get(PAGE)
async def page() -> HTMLResponse:
    """接口说明。"""
    return _guarded(
        get_swagger_ui_html(
            openapi_url="/openapi.json",
            title="接诉：接口说明",
            oauth2_redirect_url=REDIRECT,
            swagger_favicon_url="data:,",
        )
    )


@router.get(REDIRECT)
async def redirect() -> HTMLResponse:
    """登录之后回到接口说明。"""
    return _guarded(get_swagger_ui_oauth2_redirect_html())


def _guarded(answer: HTMLResponse) -> HTMLResponse:
    hashes = [b64encode(sha256(script).digest()).decode() for script in _SCRIPT.findall(bytes(answer.body))]
    scripts = " ".join(f"'sha256-{each}'" for each in hashes)
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'none'; script-src {HOST} {scripts}; style-src {HOST} 'unsafe-inline'; img-src data:; "
        "connect-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
    )
    return answer
