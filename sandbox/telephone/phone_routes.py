"""The routes of the telephones' pages: HTML forms, answered with a redirect to the changed page."""

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Form, Request
from fastapi.responses import HTMLResponse, RedirectResponse
from pydantic import ValidationError

from sandbox.telephone import fault_page, phone_page
from sandbox.telephone.control import reason
from sandbox.telephone.delivery import MAX_BODY, Delivery
from sandbox.telephone.faults import Fault, FaultBook
from sandbox.telephone.phone_page import address
from sandbox.telephone.phone_store import Call, Heard, Message, PhoneStore
from sandbox.telephone.request_checks import is_number
from sandbox.telephone.switchboard import Switchboard
from sandbox.telephone.twilio_formats import ENDED
from sandbox.telephone.twiml import TONES

STRETCH = 100  # messages and calls a page


def pages(store: PhoneStore, book: FaultBook, delivery: Delivery, switchboard: Switchboard) -> APIRouter:
    """The pages. They have no authentication: the sandbox serves the loopback interface only."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def first(problem: str = "", auto: bool = False) -> HTMLResponse:
        return HTMLResponse(phone_page.first_page(store.numbers(), fault_page.section(book.faults), problem, auto=auto))

    @router.get("/phone", response_model=None)
    async def phones(number: str = "") -> HTMLResponse | RedirectResponse:
        return RedirectResponse(address(number.strip()), 303) if number.strip() else await first()

    @router.get("/phone/{number}")
    async def phone(number: str, problem: str = "", page: int = 0, auto: bool = False) -> HTMLResponse:
        page = max(page, 0)
        found = store.conversation(number, STRETCH + 1, page * STRETCH)
        older, shown = len(found) > STRETCH, found[-STRETCH:]
        content = phone_page.telephone(
            number,
            [_with_words(store, item) for item in shown],
            "".join(_live(store, switchboard, call) for call in store.calls(receiver=number, limit=STRETCH)),
            problem=problem,
            older=f"{address(number)}?page={page + 1}" if older else "",
            newer=f"{address(number)}?page={page - 1}" if page else "",
            auto=auto,
        )
        return HTMLResponse(content)

    @router.post("/phone/{number}/reply")
    async def reply(number: str, body: Annotated[str, Form(max_length=MAX_BODY)] = "") -> RedirectResponse:
        if not is_number(number):
            return _back(number, "号码不正确，短信没有发出")
        return _back(number, await delivery.receive(number, body) if body.strip() else "短信没有内容")

    @router.post("/phone/{number}/calls/{sid}/answer")
    async def answer(number: str, sid: str) -> RedirectResponse:
        return _back(number, await switchboard.answer(sid))

    @router.post("/phone/{number}/calls/{sid}/keys")
    async def keys(number: str, sid: str, digits: Annotated[str, Form(max_length=64)] = "") -> RedirectResponse:
        wrong = not digits or set(digits) - TONES
        return _back(number, "只能按 0–9、* 和 #" if wrong else await switchboard.press(sid, digits))

    @router.post("/phone/{number}/calls/{sid}/speak")
    async def speak(number: str, sid: str, text: Annotated[str, Form(max_length=400)] = "") -> RedirectResponse:
        return _back(number, await switchboard.speak(sid, text.strip()) if text.strip() else "没有说话")

    @router.post("/phone/{number}/calls/{sid}/hangup")
    async def hang_up(number: str, sid: str) -> RedirectResponse:
        return _back(number, await switchboard.hang_up(sid))

    @router.post("/phone/{number}/calls/{sid}/busy")
    async def reject(number: str, sid: str) -> RedirectResponse:
        return _back(number, await switchboard.leave(sid, "busy"))

    @router.post("/phone/{number}/calls/{sid}/ignore")
    async def ignore(number: str, sid: str) -> RedirectResponse:
        return _back(number, await switchboard.leave(sid, "no-answer"))

    @router.post("/faults")
    async def add_fault(request: Request) -> RedirectResponse:
        try:
            fault = Fault.model_validate(fault_page.chosen(await request.form()))
        except ValidationError as invalid:
            wrong = invalid.errors()[0]
            place = "".join(f"{part}：" for part in wrong["loc"])
            return _home(f"{place}{reason(wrong['type'], wrong['msg'])}")
        book.replace([*book.faults, fault])
        return _home("")

    @router.post("/faults/clear")
    async def clear_faults() -> RedirectResponse:
        book.replace([])
        return _home("")

    return router


def _home(problem: str) -> RedirectResponse:
    return RedirectResponse(f"/?{urlencode({'problem': problem})}#faults", 303)


def _back(number: str, problem: str) -> RedirectResponse:
    return RedirectResponse(f"{address(number)}?{urlencode({'problem': problem})}", 303)


def _with_words(store: PhoneStore, item: Message | Call) -> Message | tuple[Call, list[Heard]]:
    return item if isinstance(item, Message) else (item, store.heard(item.sid))


def _live(store: PhoneStore, switchboard: Switchboard, call: Call) -> str:
    if call.status in ENDED:
        return ""
    keys, speech = switchboard.waiting_for(call.sid)
    return phone_page.live_call(call, store.heard(call.sid), keys=keys, speech=speech)
