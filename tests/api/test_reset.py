"""A password reset by an administrator does not remove the second factor."""

import httpx

from adapters.database.engine import Database
from tests.api.callers import problem
from tests.api.door import door, sign_in, token
from tests.api.test_signing_in import enrolled, later, person


async def test_a_reset_password_does_not_get_around_the_second_factor(module_database: Database) -> None:
    name, chief = await person(module_database, "supervisor"), await person(module_database, "admin")
    async with door(module_database) as http:
        app, admin = await enrolled(http, name), await token(http, chief)

        async def reset(**more: bool) -> str:
            body = {"reset_password": True, **more}
            answer: httpx.Response = await http.patch(f"/users/{name}", json=body, headers=admin)
            return str(answer.json()["initial_password"])

        made = await reset()
        await later(module_database, name)
        problem(await sign_in(http, name, made), 401, "totp_required")
        assert (await sign_in(http, name, made, totp=app.code(1))).status_code == 200
        assert (await sign_in(http, name, await reset(reset_totp=True))).status_code == 200
