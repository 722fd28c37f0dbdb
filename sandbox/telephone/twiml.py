"""Parses TwiML, Twilio's XML for calls and replies to messages.

A document is parsed completely before it is executed. Source: Twilio's TwiML reference for voice and messaging.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any
from urllib.parse import urljoin, urlsplit
from xml.etree import ElementTree
from xml.etree.ElementTree import Element

MEDIA_TYPES = frozenset({"text/xml", "application/xml", "text/html"})
NOT_TWIML = "对方系统的应答不是 TwiML：{}"
TONES = frozenset("0123456789*#")


class BadTwiml(ValueError):  # noqa: N818 - reads as a sentence where it is caught
    """An invalid document; the text is the reason, in Chinese."""


@dataclass(frozen=True)
class Say:
    """Spoken words."""

    text: str


@dataclass(frozen=True)
class Play:
    """A recording; the sandbox plays no sound."""


@dataclass(frozen=True)
class Pause:
    """Silence, in seconds."""

    seconds: float


@dataclass(frozen=True)
class Gather:
    """A question: `prompts` are spoken while it waits for keys or speech, for at most `timeout` seconds of silence.

    `digits` is the number of keys of an answer, `finish_on` the key that ends one (or empty). `on_silence`: whether
    `action` is requested even without an answer.
    """

    prompts: "tuple[Say | Play | Pause, ...]"
    action: str
    method: str
    keys: bool
    speech: bool
    digits: int | None
    timeout: float
    finish_on: str
    on_silence: bool


@dataclass(frozen=True)
class Redirect:
    """Continue with another document."""

    url: str
    method: str


@dataclass(frozen=True)
class Hangup:
    """End the call."""


@dataclass(frozen=True)
class Unknown:
    """A verb that the sandbox does not support."""

    name: str


Verb = Say | Play | Pause | Gather | Redirect | Hangup | Unknown


@dataclass(frozen=True)
class Reply:
    """A reply to a message; empty numbers mean those of the conversation."""

    body: str
    to: str
    sender: str
    callback: str


def verbs(text: str) -> list[Verb]:
    """Parse a voice document into verbs. Raises BadTwiml."""
    return [_VERBS.get(element.tag, _unknown)(element) for element in _root(text)]


def replies(text: str) -> list[Reply]:
    """Parse a messaging document into replies. Raises BadTwiml."""
    return [_reply(element) for element in _root(text) if element.tag == "Message"]


def absolute(base: str, url: str) -> str:
    """Resolve a URL in a document, which may be relative to the document's own. Raises BadTwiml."""
    try:
        target = urljoin(base, url)
        known = urlsplit(target).scheme in {"http", "https"}
    except ValueError:
        known = False
    if not known:
        raise BadTwiml(f"没有可用的地址：{url or base or '（空）'}")
    return target


def _root(text: str) -> Element:
    # A document type could define entities that expand without limit; TwiML has none.
    if "<!DOCTYPE" in text or "<!ENTITY" in text:
        raise BadTwiml("TwiML 中不允许文档类型声明")
    try:
        root = ElementTree.fromstring(text.strip())  # noqa: S314 - entities were rejected above
    except ElementTree.ParseError as error:
        line, column = error.position
        raise BadTwiml(f"TwiML 不是有效的 XML（第 {line} 行第 {column + 1} 列）") from error
    if root.tag != "Response":
        raise BadTwiml(f"TwiML 应以 <Response> 开头，而不是 <{root.tag}>")
    return root


def _words(element: Element) -> str:
    return " ".join("".join(element.itertext()).split())


def _say(element: Element) -> Say:
    return Say(_words(element))


def _play(_: Element) -> Play:
    return Play()


def _pause(element: Element) -> Pause:
    return Pause(_number(element, "length", 1))


def _gather(element: Element) -> Gather:
    modes = set(element.get("input", "dtmf").split())
    if not modes or not modes <= {"dtmf", "speech"}:
        raise BadTwiml(f"<Gather> 的 input 无效：{element.get('input')}")
    finish_on = element.get("finishOnKey", "#")
    if finish_on and finish_on not in TONES:
        raise BadTwiml(f"<Gather> 的 finishOnKey 无效：{finish_on}")
    digits = int(_number(element, "numDigits", 0)) if "numDigits" in element.keys() else None  # noqa: SIM118
    if digits is not None and digits < 1:
        raise BadTwiml("<Gather> 的 numDigits 至少为 1")
    prompts = []
    for child in element:
        verb = _VERBS.get(child.tag, _unknown)(child)
        if not isinstance(verb, Say | Play | Pause):
            raise BadTwiml(f"<Gather> 里不能有 <{child.tag}>")
        prompts.append(verb)
    return Gather(
        prompts=tuple(prompts),
        action=element.get("action", ""),
        method=_method(element),
        keys="dtmf" in modes,
        speech="speech" in modes,
        digits=digits,
        timeout=_number(element, "timeout", 5),
        finish_on=finish_on,
        on_silence=element.get("actionOnEmptyResult", "false") == "true",
    )


def _redirect(element: Element) -> Redirect:
    return Redirect(_words(element), _method(element))


def _hangup(_: Element) -> Hangup:
    return Hangup()


def _unknown(element: Element) -> Unknown:
    return Unknown(element.tag)


def _reply(element: Element) -> Reply:
    inner = element.find("Body")
    return Reply(
        body=((element.text if inner is None else inner.text) or "").strip(),
        to=element.get("to", ""),
        sender=element.get("from", ""),
        callback=element.get("action") or element.get("statusCallback") or "",
    )


def _number(element: Element, name: str, default: int) -> float:
    said = element.get(name, str(default))
    if not (said.isascii() and said.isdigit() and len(said) <= 5):
        raise BadTwiml(f"<{element.tag}> 的 {name} 应为不太大的非负整数：{said}")
    return float(said)


def _method(element: Element) -> str:
    method = element.get("method", "POST").upper()
    if method not in {"GET", "POST"}:
        raise BadTwiml(f"<{element.tag}> 的 method 只能是 GET 或 POST：{method}")
    return method


_VERBS: dict[str, Callable[[Element], Any]] = {
    "Say": _say,
    "Play": _play,
    "Pause": _pause,
    "Gather": _gather,
    "Redirect": _redirect,
    "Hangup": _hangup,
}
