"""Whether a password can be guessed: by what everybody tries first, and what is made of it.

`zxcvbn` knows the 30,000 commonest passwords, words and names of several languages, walks on the keyboard, dates,
repetitions and the usual disguises of them, and says how many guesses it takes; for somebody who guesses over the
net the limit is `ENOUGH`. Two things about it are borne here. It tries every reading of signs that stand for letters,
so that twenty such signs take it a second: it is shown `WINDOW` characters from either end, and has a thread of its
own, so that neither the event loop nor whoever signs in waits for it. And it keeps the words that it is given for all
callers at once: they are the same at each call, and never a user's own.
"""

import asyncio
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Final

from zxcvbn import zxcvbn
from zxcvbn.frequency_lists import FREQUENCY_LISTS

from domain.access import passwords
from domain.access.passwords import GUESSABLE, SHORTEST, WORDS, one_form

ENOUGH: Final = 10**9
"""So many guesses nobody makes at five in a quarter of an hour; of a stolen digest they take one processor a year."""

WINDOW: Final = 16
"""Characters; those at one of the two ends have to be enough by themselves."""

_COMMONEST: Final = frozenset(password for password in FREQUENCY_LISTS["passwords"] if len(password) >= SHORTEST)
_thread: Final = ThreadPoolExecutor(1, thread_name_prefix="guessing")


async def weakness(password: str, username: str, places: Iterable[str]) -> str | None:
    """Why this password will not do for this user, in Chinese and without repeating it; None if it will.

    `places` are words of the installation, such as its counties, the same at each call in a process. Some ten
    milliseconds of one processor, a few hundred for the worst that can be sent.
    """
    if said := passwords.weakness(password, username):
        return said
    words = [*WORDS, *places]
    guessable = await asyncio.get_running_loop().run_in_executor(_thread, _guessable, one_form(password), words)
    return GUESSABLE if guessable else None


def _guessable(password: str, words: list[str]) -> bool:
    if password.casefold() in _COMMONEST:
        return True
    return all(zxcvbn(part, words)["guesses"] < ENOUGH for part in (password[:WINDOW], password[-WINDOW:]))
