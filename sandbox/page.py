"""The common parts of the sandbox's pages: frame, style, times of Beijing."""

from datetime import datetime, timedelta, timezone
from html import escape

REFRESH = 3  # seconds
_BEIJING = timezone(timedelta(hours=8))
_STYLE = """
:root { --ink: #1c2733; --soft: #5b6878; --line: #d8dee6; --blue: #0b57a4; --red: #b3261e; --green: #d5efd0 }
* { box-sizing: border-box }
body { font: 16px/1.6 system-ui, "Noto Sans CJK SC", sans-serif; color: var(--ink); background: #f3f5f8;
  margin: 0 auto; padding: 1rem; max-width: 44rem }
h1 { font-size: 1.4rem; margin: .2rem 0 } h2 { font-size: 1.1rem; margin: 0 0 .6rem }
a { color: var(--blue) } small { color: var(--soft) } ul, ol { list-style: none; margin: 0; padding: 0 }
section { background: #fff; border: 1px solid var(--line); border-radius: .8rem; padding: 1rem; margin: .8rem 0 }
.scroll { display: flex; flex-direction: column-reverse; max-height: 55vh; overflow-y: auto }
.scroll li { margin: .5rem 0; max-width: 85% } .scroll li.mine { margin-left: auto; text-align: right }
.scroll li.wide { max-width: none }
.bubble { display: inline-block; text-align: left; padding: .45rem .8rem; border-radius: .8rem; background: #e9edf3;
  white-space: pre-wrap; overflow-wrap: anywhere }
.mine .bubble { background: var(--green) } li small { display: block }
.rows li { border-top: 1px solid var(--line); padding: .5rem 0 } .rows li:first-child { border: 0 }
.ringing { border: 2px solid #2e7d32 } .heard p { margin: .3rem 0 } .heard .person { color: #2e6b27 }
.problem { color: var(--red) }
div.problem { border-left: 4px solid var(--red); padding: .3rem .8rem; background: #fdecea }
label { display: block; color: var(--soft); font-size: .9rem } .row label { display: flex; gap: .5rem; flex-wrap: wrap;
  align-items: center } .spent { opacity: .5 }
input, select, textarea, button { font: inherit; border: 1px solid var(--line); border-radius: .5rem;
  padding: .4rem .6rem }
textarea, .grid input, .grid select { width: 100% }
button { background: var(--blue); border-color: var(--blue); color: #fff; cursor: pointer }
button.quiet { background: #fff; color: var(--blue) } button.red { background: var(--red); border-color: var(--red) }
.row { display: flex; flex-wrap: wrap; gap: .5rem; align-items: end; margin: .6rem 0 } .row form { margin: 0 }
.pad { display: grid; grid-template-columns: repeat(3, 4rem); gap: .4rem; margin: .6rem 0 }
.pad button { background: #fff; color: var(--ink); font-size: 1.2rem }
.grid { display: grid; grid-template-columns: repeat(auto-fit, minmax(12rem, 1fr)); gap: .6rem; margin: .6rem 0 }
.grid .check { align-self: end } .check input { width: auto }
"""


def page(title: str, content: str, *, refresh: bool = False) -> str:
    """A whole page; with `refresh` it reloads itself every few seconds."""
    again = f'<meta http-equiv="refresh" content="{REFRESH}">' if refresh else ""
    return (
        f'<!doctype html><html lang="zh-CN"><head><meta charset="utf-8"><title>{escape(title)}</title>{again}'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<style>{_STYLE}</style></head><body><main><h1>{escape(title)}</h1>{content}</main></body></html>"
    )


def alert(problem: str) -> str:
    """The error of the last action, if any."""
    return f'<div class="problem" role="alert">{escape(problem)}</div>' if problem else ""


def refresher(here: str, *, on: bool) -> str:
    """Links that reload a page once or automatically; the latter would clear a half-filled form."""
    toggle = f'<a href="{here}">停止自动刷新</a>' if on else f'<a href="{here}?auto=1">自动刷新</a>'
    return f'<a href="{here}{"?auto=1" if on else ""}">刷新</a> · {toggle}'


def moment(at: float) -> str:
    """`2026-09-24 17:30:00`, in Beijing."""
    return datetime.fromtimestamp(at, _BEIJING).strftime("%Y-%m-%d %H:%M:%S")
