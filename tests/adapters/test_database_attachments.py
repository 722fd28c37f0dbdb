"""Ownership of files, also under concurrent requests."""

import asyncio
from typing import Any

import pytest

from adapters.database.engine import Database
from adapters.database.orders.attachments import Attachments, Claimant, NewFile, TooManyFiles


def a_file(**fields: Any) -> NewFile:
    given = {"name": "a.jpg", "media_type": "image/jpeg", "size": 3, "sha256": "00", "object_key": "k"}
    return NewFile.model_validate(given | {"uploaded_by": "clerk"} | fields)


async def test_only_files_that_are_theirs_are_given_to_an_order(database: Database) -> None:
    attachments = Attachments(database)
    of_unit = {"unit": "housing", "regime": "huojia"}
    mine, ours, theirs = [
        await attachments.add(a_file(**each))
        for each in (
            {},
            {"uploaded_by": "head", **of_unit},
            {"uploaded_by": "head", "unit": "housing", "regime": "rugao"},
        )
    ]
    rehearsed = await attachments.add(a_file(realm="R1"))
    by = Claimant("clerk", "huojia", "housing")
    for strange in (theirs, rehearsed, "nothing"):
        claim = await attachments.claim("A", [mine, strange], by, at_most=9)
        assert (claim.strange, claim.fresh) == ((strange,), frozenset())
    claim = await attachments.claim("A", [mine, ours], by, at_most=9)
    assert (claim.fresh, claim.strange) == (frozenset({mine, ours}), ())
    assert {file.id for file in claim.files} == {mine, ours}
    again = await attachments.claim("A", [ours, mine], by, at_most=2)
    assert (again.fresh, again.strange) == (frozenset(), ())
    assert (await attachments.claim("B", [mine], by, at_most=9)).strange == (mine,)
    await attachments.release("B", [mine])
    await attachments.release("A", [ours])
    assert [file.id for file in await attachments.of_order("A")] == [mine]


async def test_many_at_once_do_not_bring_more_files_than_are_allowed(database: Database) -> None:
    attachments = Attachments(database)

    async def bring(number: int) -> bool:
        try:
            await attachments.add_all({f"f{number}": a_file(order_no="A")}, at_most=5)
        except TooManyFiles:
            return False
        return True

    assert sum(await asyncio.gather(*(bring(number) for number in range(12)))) == 5
    assert len(await attachments.of_order("A")) == 5
    loose = await attachments.add(a_file())
    with pytest.raises(TooManyFiles):
        await attachments.claim("A", [loose], Claimant("clerk", "huojia", None), at_most=5)
    assert [file.id for file in await attachments.loose("clerk")] == [loose]


async def test_what_one_command_has_bound_no_other_that_is_refused_takes_away(database: Database) -> None:
    attachments = Attachments(database)
    both = await attachments.add(a_file())
    by = Claimant("clerk", "huojia", None)
    first = await attachments.claim("A", [both], by, at_most=9)
    await attachments.claim("A", [both], by, at_most=9)
    await attachments.bind("A", [both])
    await attachments.release("A", first.fresh)
    assert [file.id for file in await attachments.of_order("A")] == [both]


async def test_files_that_come_again_under_their_ids_need_no_room(database: Database) -> None:
    attachments = Attachments(database)
    files = {"f1": a_file(order_no="A"), "f2": a_file(order_no="A")}
    await attachments.add_all(files, at_most=3)
    await attachments.add_all(files, at_most=3)
    assert len(await attachments.of_order("A")) == 2
    with pytest.raises(TooManyFiles):
        await attachments.add_all(files | {"f3": a_file(order_no="A"), "f4": a_file(order_no="A")}, at_most=3)
