"""Signing in, given only what it needs."""

import pytest

from adapters.auth.tokens import Duty
from adapters.database.accounts.credentials import Credentials, RejectionReason, SignInRejected
from adapters.database.accounts.sessions import Sessions
from adapters.database.accounts.users import Account, Users
from adapters.database.engine import Database
from adapters.settings.settings import Settings
from application.people.sign_in import SignInNeeds, sign_in
from tests.application.needs import only

PASSWORD = "a long enough password"  # noqa: S105 (of a test)
WANG = Account(username="wang", role="agent", regime="huojia", display="王")


async def test_a_user_signs_in_with_a_session(database: Database) -> None:
    await Users(database).create(WANG, PASSWORD, temporary=True)
    sessions = Sessions(database)
    services = only(
        SignInNeeds, credentials=Credentials(database, tries=5), sessions=sessions, settings=Settings.model_validate({})
    )
    identity = await sign_in(services, "ｗａｎｇ", PASSWORD, None)
    assert (identity.sub, identity.role, identity.duty) == ("wang", "agent", Duty.CHANGE_PASSWORD)
    assert identity.session is not None and await sessions.holds(identity.session, "wang")
    with pytest.raises(SignInRejected) as refused:
        await sign_in(services, "wang", PASSWORD + "!", None)
    assert refused.value.why is RejectionReason.WRONG_PASSWORD
