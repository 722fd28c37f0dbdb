"""Rejects passwords that can be guessed, with `zxcvbn`.

`zxcvbn` knows the 30,000 commonest passwords, words and names of several languages, keyboard patterns, dates,
repetitions and the usual substitutions in them, and estimates how many guesses are needed; for online guessing
the limit is `ENOUGH`. It has two weaknesses. It tries every reading of characters that replace letters,
so that twenty of them take it a second: therefore it gets `WINDOW` characters from either end, and a thread of its
own, so that neither the event loop nor other sign-ins wait for it. And it stores its extra words globally for all
callers: therefore they are the same at each call, and never a user's own.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from domain.access import passwords
from domain.access.passwords import GUESSABLE, SHORTEST, WORDS, canonical_form

ENOUGH: Final = 10**9
"""Required guesses: unreachable at five tries in a quarter of an hour; with a stolen digest one processor-year."""

WINDOW: Final = 16
"""Characters taken from each end; those of one end must be strong enough by themselves."""

_COMMONEST: Final = frozenset(password for password in FREQUENCY_LISTS["passwords"] if len(password) >= SHORTEST)
_thread: Final = ThreadPoolExecutor(1, thread_name_prefix="guessing")


async def weakness(password: str, username: str, places: Iterable[str]) -> str | None:
    """The reason why a password is too weak, in Chinese and without repeating it; None if it is strong enough.

    `places` are words of the installation, such as its counties, the same at each call in a process. Takes about ten
    milliseconds of one processor, a few hundred for the worst input.
    """
    if said := passwords.weakness(password, username):
        return said
    words = [*WORDS, *places]
    guessable = await asyncio.get_running_loop().run_in_executor(
        _thread, _is_guessable, canonical_form(password), words
    )
    return GUESSABLE if guessable else None


def _is_guessable(password: str, words: list[str]) -> bool:
    if password.casefold() in _COMMONEST:
        return True
    return all(zxcvbn(part, words)["guesses"] < ENOUGH for part in (password[:WINDOW], password[-WINDOW:]))
