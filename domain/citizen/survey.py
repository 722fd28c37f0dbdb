"""Parses citizens' answers to a survey, and their opt-outs (GT-13, GT-19).

The result decides whether an order is closed. So a text counts as satisfied only if nothing in it contradicts that,
and blame wins over praise; an unclear text is no answer, and the citizen is asked again.
"""

import re
import unicodedata
from collections.abc import Callable
from enum import StrEnum
from typing import Literal

from pydantic import Field

from domain.citizen import ratings as scores
from domain.words import Frozen


class Fate(StrEnum):
    """What became of a text that came in."""

    ANSWERED = "answered"
    LATE = "late"
    """The order is past its callback; the text is stored and reopens nothing by itself."""
    REPEATED = "repeated"
    """The citizen had answered already."""
    UNREADABLE = "unreadable"
    UNMATCHED = "unmatched"
    """No survey was ever sent to this number."""
    OPTED_OUT = "opted_out"
    OPTED_IN = "opted_in"


class SurveyAnswer(Frozen):
    """The answer of a citizen; ratings from 1 to 5, `comment` the rest of the text."""

    satisfied: bool
    handling_rating: int = Field(ge=1, le=5)
    intake_rating: int | None = Field(default=None, ge=1, le=5)
    comment: str = ""

    @property
    def result(self) -> Literal["satisfied", "dissatisfied"]:
        """The `result` of the command `record_callback`."""
        return "satisfied" if self.satisfied else "dissatisfied"


OPT_OUT = frozenset(
    [
        "退订",
        "退订短信",
        "取消订阅",
        "取消短信",
        "拒收",
        "拒收短信",
        "td",
        "t",
        "n",
        "tuiding",
        "stop",
        "stopall",
        "unsubscribe",
        "cancel",
        "end",
        "quit",
    ]
)
OPT_IN = frozenset(["恢复", "恢复短信", "恢复订阅", "订阅", "开通", "开通短信", "start", "unstop", "subscribe"])
_POLITE = re.compile(r"^(?:请|回复|我要|我想|帮我)+|(?:谢谢|吧|了|一下)+$")

# Idioms that contain a sign of negation, or look like one, but negate nothing.
_IDIOMS = re.compile(r"不错|没问题|没得说|没话说|没的说|没想到|没得挑|了不起|不但|不仅|差不多|无微不至|非(?=常)")
_NEGATION = re.compile(r"[不没未无非难别否莫勿]")
_DOUBT = re.compile(r"[吗么?？哪岂]|怎么|何|凭什么|什么|谁|难道|希望|盼|直到|等到|如果|才[能会算]|[要让使令]")
_PRAISE = re.compile(r"满意(?![度率])|好评|[很挺真太]好|非?常好|好得很")
_PROMISED = re.compile(r"的?(?:答复|回复|结果|解决|处理|说法|解释)")
_BLAME = re.compile(r"差评|差劲|[很太极真最]差|非?常差|糟糕|恶劣|失望|不满(?!意)")
_SO_SO = re.compile(r"一般般?[吧了的啊]?$")
_STRONG = re.compile(r"[很太极最]|非?常|十分|特别|超|完全|一点|根本|毫|绝对|强烈|相当|万分")
_WEAK = re.compile(r"基本|比较|还算|大体|大致|勉强|总体上?")
_CLAUSE = re.compile(r"[^\s,，、;；:：/／。.．!！~～…—()（）\"'“”]+")
_LEAD = re.compile(
    r"(?:[我们对你您的这次本是真还很太超极最挺都也不没有未能够算]|处理|办理|办件|结果|服务|工作|表示|感到|觉得|怎么|完全|一点"
    r"|比较|基本|总体上?|大体|勉强|非?常|十分|特别|相当|根本|绝对)*"
)
_PARTICLES = re.compile(rf"[的了吧啊呀哦哈]?{scores.SEPARATOR}*")


class _Verdict(Frozen):
    """A rating expressed in words, and the rest of the text."""

    rating: int
    satisfied: bool
    comment: str
    plain: bool
    """Whether the text begins with it."""


class _UnclearError(Exception):
    """The words are ambiguous."""


def read_answer(text: str, satisfied_from: int) -> SurveyAnswer | None:
    """Parse what a citizen wrote or said; None if it is not clear enough to act on.

    One figure rates the handling, two rate intake and handling; without figures the words are read. A rating of at
    least `satisfied_from` means satisfied. A word decides by itself, and its rating is set to agree with it.
    """
    worded = _worded(text, satisfied_from)
    figures = scores.leading(text)
    if figures is not None:
        *intake, handling = figures.ratings
        satisfied = handling >= satisfied_from
        said = _worded(figures.rest, satisfied_from)
        if said is not None and said.plain and said.satisfied != satisfied:
            return None
        return SurveyAnswer(
            satisfied=satisfied,
            handling_rating=handling,
            intake_rating=intake[0] if intake else None,
            comment=figures.rest,
        )
    named = scores.named(text)
    if named is not None:
        satisfied = named >= satisfied_from
        if worded.satisfied != satisfied if worded else satisfied and _negated(text):
            return None
        return SurveyAnswer(satisfied=satisfied, handling_rating=named, comment=_comment(text, 6))
    if worded is None:
        return None
    return SurveyAnswer(satisfied=worded.satisfied, handling_rating=worded.rating, comment=worded.comment)


def read_opt_out(text: str) -> Literal[Fate.OPTED_OUT, Fate.OPTED_IN] | None:
    """Whether a text is an opt-out or a later opt-in and nothing else; None otherwise."""
    plain = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", text)).casefold()
    for said in (plain, _POLITE.sub("", plain)):
        if said in OPT_OUT:
            return Fate.OPTED_OUT
        if said in OPT_IN:
            return Fate.OPTED_IN
    return None


def _worded(text: str, satisfied_from: int) -> _Verdict | None:
    """The verdict of the words alone; None if there is none or if they contradict each other."""
    try:
        found = [verdict for clause in _CLAUSE.finditer(text) if (verdict := _of_clause(text, clause, satisfied_from))]
    except _UnclearError:
        return None
    blame = [verdict for verdict in found if not verdict.satisfied]
    if blame:
        return blame[0]
    if not found or _negated(text):
        return None
    return found[0]


def _of_clause(text: str, clause: re.Match[str], satisfied_from: int) -> _Verdict | None:
    """The verdict of one clause. Raises _UnclearError for a question, a wish or a double negation."""
    words = _IDIOMS.sub(lambda idiom: "　" * len(idiom[0]), clause[0])
    if words == "差":
        return _verdict(text, clause, 0, 1, _below(satisfied_from), satisfied=False)
    for pattern, rate in _KINDS:
        match = pattern.search(words)
        if match is not None:
            before, after = words[: match.start()], words[match.end() :]
            if _DOUBT.search(before) or _DOUBT.match(after) or _PROMISED.match(after):
                raise _UnclearError
            rating, satisfied = rate(match[0], before, after, satisfied_from)
            return _verdict(text, clause, match.start(), match.end(), rating, satisfied=satisfied)
    return None


def _below(satisfied_from: int) -> int:
    return min(2, satisfied_from - 1)


def _blamed(word: str, before: str, after: str, satisfied_from: int) -> tuple[int, bool]:
    if _NEGATION.search(before):
        raise _UnclearError
    strong = _STRONG.search(before + word) or word in {"恶劣", "糟糕"}
    return (1 if strong else _below(satisfied_from)), False


def _praised(word: str, before: str, after: str, satisfied_from: int) -> tuple[int, bool]:
    negations = len(_NEGATION.findall(before)) + after.startswith("不")
    if negations > 1:
        raise _UnclearError
    if negations:
        first = _NEGATION.search(before)
        strong = _STRONG.search(before[: first.start()] if first else "")
        return (1 if strong else _below(satisfied_from)), False
    if _WEAK.search(before):
        return max(3, satisfied_from), True
    if _STRONG.search(before + word) or after.startswith(("极了", "得很", "至极")):
        return 5, True
    return max(4, satisfied_from), True


def _so_so(word: str, before: str, after: str, satisfied_from: int) -> tuple[int, bool]:
    if _NEGATION.search(before):
        raise _UnclearError
    return 3, satisfied_from <= 3


_KINDS: tuple[tuple[re.Pattern[str], Callable[[str, str, str, int], tuple[int, bool]]], ...] = (
    (_BLAME, _blamed),
    (_PRAISE, _praised),
    (_SO_SO, _so_so),
)


def _verdict(text: str, clause: re.Match[str], begin: int, end: int, rating: int, *, satisfied: bool) -> _Verdict:
    plain = clause.start() == len(text) - len(text.lstrip()) and bool(_LEAD.fullmatch(clause[0][:begin]))
    stop = clause.start() + end
    particles = _PARTICLES.match(text, stop)
    rest = text[particles.end() if particles else stop :].strip()
    return _Verdict(
        rating=rating, satisfied=satisfied, comment=rest if plain else _comment(text, end - begin), plain=plain
    )


def _comment(text: str, length: int) -> str:
    """The whole text if it is longer than the `length` characters that were understood, else empty."""
    text = text.strip()
    return text if len(text) > length + 2 else ""


def _negated(text: str) -> bool:
    return _NEGATION.search(_IDIOMS.sub("", text)) is not None
