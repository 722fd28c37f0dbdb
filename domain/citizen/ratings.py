"""Parses ratings written as figures: `5`, `54`, `5 4`, `５，４`, `五分四分`, `给4星`.

Ratings are 1 to 5. A figure that counts or numbers something is none: `5天了`, `4号楼`, `12345热线`, `4.5`.
"""

import re
from typing import NamedTuple

SEPARATOR = r"[\s,，、;；:：/／。.．!！?？~～…·\-—_()（）\"'“”]"
"""Separators between the parts of an answer."""

_VALUES = {
    character: value
    for characters in ("12345", "１２３４５", "①②③④⑤", "一二三四五")
    for value, character in enumerate(characters, 1)
}
_SPELT = "一二三四五"
_UNIT = re.compile(r"\s*(?:分(?![钟之期秒])|颗星|星(?![期级]))")
_SEPARATORS = re.compile(f"{SEPARATOR}*")
_SEPARATED = re.compile(rf"{SEPARATOR}|\Z")
_COUNTED = frozenset(
    "0０零〇两六七八九十百千万亿号楼栋幢座层单元户室次趟个位名天日月年周点时分秒块元角人口家件项条米里公斤度"
    "遍台辆间岁组期路巷村镇区段级届年代把张只%％+＋"
)
"""Characters after a figure that make it a count or part of a longer number."""

_NAMED = re.compile(rf"([{''.join(_VALUES)}])\s*(?:分(?![钟之期秒])|颗星|星(?![期级]))")
_SPOILT_BEFORE = frozenset("零〇六七八九十百点时差扣.．") | frozenset(_VALUES)
"""Characters before a figure with its unit that make it a longer number, a time of day or a deduction."""

_JOINTS = frozenset(".．:：-—/／~～")
_POINTS = frozenset(".．:：")


class Figures(NamedTuple):
    """One or two ratings in order of appearance, and the text after them."""

    ratings: tuple[int, ...]
    rest: str


class _Figure(NamedTuple):
    value: int
    end: int
    whole: bool
    """Whether the figure is complete, so that it is a rating."""


def leading(text: str) -> Figures | None:
    """The ratings at the start of a text; None if there is none, more than two, or an incomplete one."""
    first = _figure(text, _skipped(text, 0))
    if first is None:
        return None
    start = _skipped(text, first.end)
    second = None if _POINTS.intersection(text[first.end : start]) else _figure(text, start)
    ratings: tuple[int, ...] = (first.value,)
    end = first.end
    if second is not None and second.whole:
        ratings, end = (*ratings, second.value), second.end
        third = _figure(text, _skipped(text, end))
        if third is not None and third.whole:
            return None
    elif not first.whole:
        return None
    return Figures(ratings, text[_skipped(text, end) :].strip())


def named(text: str) -> int | None:
    """The only rating with a unit anywhere in a text, as in `我给四星`; None if there is none or several."""
    found = [match for match in _NAMED.finditer(text) if not _is_spoilt(text[: match.start()][-1:])]
    return _VALUES[found[0][1]] if len(found) == 1 else None


def _is_spoilt(before: str) -> bool:
    return before.isdigit() or before in _SPOILT_BEFORE


def _skipped(text: str, start: int) -> int:
    """The index after the separators that begin at `start`."""
    found = _SEPARATORS.match(text, start)
    return found.end() if found else start


def _figure(text: str, start: int) -> _Figure | None:
    character = text[start : start + 1]
    if character not in _VALUES:
        return None
    unit = _UNIT.match(text, start + 1)
    end = unit.end() if unit else start + 1
    return _Figure(_VALUES[character], end, _is_whole(text, end, spelt=character in _SPELT and unit is None))


def _is_whole(text: str, end: int, *, spelt: bool) -> bool:
    after, beyond = text[end : end + 1], text[end + 1 : end + 2]
    if after in _JOINTS and beyond.isdigit():
        return False
    if spelt:  # 一般, 三楼, 五一路 are words: a written-out numeral is a rating only if it is alone
        return _SEPARATED.match(text, end) is not None
    return not (after.isdigit() or after in _COUNTED)
