"""The Open311 interface over HTTP, with the standard's names, in both formats."""

from collections.abc import AsyncIterator, Callable
from typing import Any
from xml.etree.ElementTree import Element, fromstring

import httpx
import pytest
from georeport import GeoReport

from tests.api.callers import Caller, eventually
from tests.api.callers import new_key as idempotency_key
from tests.api.conftest import Installation
from tests.api.public import DEMAND, Public, let_in

SignIn = Callable[[str], Caller]
CANARY = {"first_name": "金丝雀", "last_name": "欧阳", "phone": "13912340001", "email": "canary@example.com"}
CANARY_IDS = {"device_id": "device-canary", "account_id": "account-canary"}
ITEM = [
    "service_request_id",
    "status",
    "status_notes",
    "service_name",
    "service_code",
    "description",
    "agency_responsible",
    "service_notice",
    "requested_datetime",
    "updated_datetime",
    "expected_datetime",
    "address",
    "address_id",
    "zipcode",
    "lat",
    "long",
    "media_url",
]
"""The fields of a request, in the order of the standard."""


@pytest.fixture(scope="module")
async def public(installation: Installation) -> AsyncIterator[Public]:
    application = Public(installation.base, await let_in(installation.settings, source="app"))
    yield application
    application.http.close()


def errors(answer: httpx.Response, status: int) -> list[dict[str, Any]]:
    """The errors of an answer, which must have the standard's form."""
    assert answer.status_code == status, answer.text
    if answer.headers["content-type"] == "application/json; charset=utf-8":
        found = answer.json()
    else:
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        root = xml(answer)
        assert (root.tag, {child.tag for child in root}) == ("errors", {"error"})
        found = [{"code": int(text(e, "code")), "description": text(e, "description")} for e in root]
    assert found and all(error["code"] == status and error["description"] for error in found), found
    return list(found)


def xml(answer: httpx.Response) -> Element:
    """The root element of an answer."""
    return fromstring(answer.content)  # noqa: S314


def text(element: Element, path: str) -> str:
    return element.findtext(path) or ""


def tags(element: Element) -> list[str]:
    return [child.tag for child in element]


def test_an_existing_client_lists_services_and_follows_a_request(public: Public) -> None:
    no = public.open()
    for form in ("json", "xml"):
        client = GeoReport(public.root, jurisdiction="gaotai", output_format=form)
        codes = [service["service_code"] for service in client.get_service_list()]
        assert codes[:6] == ["consult", "help", "suggestion", "complaint", "report", "other"]
        assert "heating" in codes
        assert client.get_service_definition("heating")["service_code"] == "heating"
        one = client.get_service_request(no)
        assert (one["service_request_id"], one["status"], one["service_name"]) == (no, "open", "供水排水")
        assert no in {each["service_request_id"] for each in client.get_service_requests(status="open")}
        by_number = client.get_service_requests(service_request_id=f"{no},20000101-000000,{public.open()}")
        assert len(by_number) == 2


def test_xml_and_json_have_the_elements_of_the_standard(public: Public) -> None:
    no = public.open()
    services = xml(public.get("/services.xml"))
    fields = ["service_code", "service_name", "description", "metadata", "type", "keywords", "group"]
    assert services.tag == "services"
    assert [tags(service) for service in services] == [fields] * len(services)
    assert {text(s, "service_code"): text(s, "metadata") for s in services}["heating"] == "true"
    definition = xml(public.get("/services/heating.xml"))
    assert (definition.tag, tags(definition)) == ("service_definition", ["service_code", "attributes"])
    symptom = definition.findall("attributes/attribute")[1]
    assert (text(symptom, "code"), text(symptom, "required"), text(symptom, "order")) == ("symptom", "true", "2")
    assert [tags(value) for value in symptom.findall("values/value")] == [["key", "name"]] * 3
    for path in (f"/requests/{no}", "/requests"):
        answer = public.get(f"{path}.xml")
        assert answer.headers["content-type"] == "text/xml; charset=utf-8"
        assert answer.content.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
        root = xml(answer)
        assert (root.tag, {child.tag for child in root}) == ("service_requests", {"request"})
        assert tags(root[0]) == ITEM
        assert list(public.get(f"{path}.json").json()[0]) == ITEM
    created = xml(public.send("xml"))
    assert (created.tag, tags(created[0])) == (
        "service_requests",
        ["service_request_id", "service_notice", "account_id"],
    )
    discovery = xml(public.get("/discovery.xml"))
    assert tags(discovery) == ["changeset", "contact", "key_service", "endpoints"]
    endpoint = public.get("/discovery.json").json()["endpoints"][0]
    assert (endpoint["type"], endpoint["formats"]) == ("test", ["text/xml", "application/json"])
    assert endpoint["url"].endswith("/open311/v2")


def test_what_is_public_of_a_request_says_nothing_of_who_sent_it(public: Public, caller: SignIn) -> None:
    written = "路口积水三天，2026-11-20 起行人无法通过。\n请联系欧阳金丝雀 139-1234-0001，身份证110101199001011234。"
    no = public.open(**CANARY, **CANARY_IDS, description=written)
    one = public.get(f"/requests/{no}.json").json()[0]
    assert (one["lat"], one["long"], one["address"]) == (39.3781, 99.8193, "南华镇学府路口")
    assert one["media_url"] == DEMAND["media_url"]
    assert one["description"] == "路口积水三天，2026-11-20 起行人无法通过。\n请联系*** ***，身份证***。"
    assert (one["status_notes"], one["service_notice"]) == ("受理待派", "诉求已受理，可凭编号查询办理进展。")
    said = public.get("/requests.json").text + public.get(f"/requests/{no}.xml").text
    for secret in ("金丝雀", "13912340001", "1234-0001", "canary", "110101199001011234"):
        assert secret not in said
    order = caller("agent").get(f"/work-orders/{no}").json()
    asked = {"reason": "核对", "fields": ["name", "phone", "email"]}
    kept = caller("agent").post(f"/work-orders/{no}/unmask", asked).json()["citizen"]
    assert order["content"] == written
    assert kept == {"name": "欧阳金丝雀", "phone": "13912340001", "email": "canary@example.com"}
    assert (order["source"], order["source_name"], order["category"]) == ("app", "手机应用", "complaint")
    assert (order["area"], order["matter"]) == ("南华镇", "water")
    assert order["title"] == "供水排水：路口积水三天，2026-11-20 起行人无法通过。"
    assert order["citizen_email"] == "***"


def test_a_request_follows_its_order(public: Public, caller: SignIn) -> None:
    no = public.open(service_code="consult", address_id="A-17", lat=None, long=None, address_string=None)
    dispatched = public.open()
    opened = eventually(lambda: caller("agent").get(f"/work-orders/{no}/timeline").json() or None)[0]
    assert (opened["event"], opened["source"], opened["actor"]) == ("order_opened", "app", "agent")
    assert opened["person"] == f"open311:{public.key.partition('_')[0]}"
    assert caller("agent").do(no, "answer_at_intake", text="可到窗口办理").status_code == 200
    closed = public.get(f"/requests/{no}.json").json()[0]
    assert (closed["status"], closed["status_notes"], closed["address_id"]) == ("closed", "当场答复", "A-17")
    assert closed["updated_datetime"] >= closed["requested_datetime"]
    units = [{"unit": "water"}, {"unit": "housing"}]
    assert caller("dispatcher").do(dispatched, "dispatch", units=units).status_code == 200
    running = public.get(f"/requests/{dispatched}.json").json()[0]
    assert (running["agency_responsible"], running["status_notes"]) == ("县水务局、县住建局", "待签收")
    due = {c["due_at"] for c in caller("agent").get(f"/work-orders/{dispatched}/deadlines").json()}
    assert running["expected_datetime"] in due

    def numbers(**query: Any) -> set[str]:
        return {each["service_request_id"] for each in public.get("/requests.json", **query).json()}

    assert no in numbers(status="closed") and no not in numbers(status="open")
    assert {no, dispatched} <= numbers(status="open,closed")
    assert no in numbers(service_code="consult,heating") and dispatched not in numbers(service_code="consult")
    assert no not in numbers(end_date=closed["requested_datetime"][:10])
    assert no in numbers(start_date=closed["requested_datetime"])
    assert {no, dispatched} & numbers(jurisdiction_id="huojia") == set()


def test_pages_follow_each_other(public: Public) -> None:
    for _ in range(3):
        public.open()
    whole = [each["service_request_id"] for each in public.get("/requests.json").json()]
    pages = [public.get("/requests.json", page=page, page_size=2).json() for page in (1, 2)]
    assert [each["service_request_id"] for page in pages for each in page] == whole[:4]
    assert public.get("/requests.json", page=9_999).json() == []


def test_what_was_reported_is_not_shown_to_the_public(public: Public) -> None:
    no = public.open(service_code="report", description="举报某店使用过期原料")
    assert no not in public.get("/requests.json").text
    one = public.get(f"/requests/{no}.json").json()[0]
    assert (one["status"], one["status_notes"]) == ("open", "受理待派")
    assert [one[name] for name in ("description", "address", "lat", "long", "media_url", "address_id")] == [None] * 6


def test_answers_to_the_questions_of_a_service_are_kept(public: Public, caller: SignIn) -> None:
    heating = {"service_code": "heating", "attribute[symptom]": "cold", "attribute[since]": "2026-11-20"}
    order = caller("agent").get(f"/work-orders/{public.open(**heating)}").json()
    assert order["answers"] == [
        {"code": "since", "question": "从何时起不热", "answers": ["2026-11-20"]},
        {"code": "symptom", "question": "现象", "answers": ["不热"]},
    ]
    for change, said in (
        ({"attribute[symptom]": None}, "现象"),
        ({"attribute[symptom]": "warm"}, "warm"),
        ({"attribute[symptom]": ["cold", "leak"]}, "只能有一个值"),
        ({"attribute[since]": "昨天"}, "since"),
        ({"attribute[colour]": "red"}, "colour"),
        ({"attribute[since]": "\x00"}, "控制字符"),
    ):
        assert said in errors(public.send(**(heating | change)), 400)[0]["description"]


def test_a_request_under_one_key_is_one_order(public: Public, caller: SignIn) -> None:
    key = {"Idempotency-Key": idempotency_key()}
    first, second = (public.send("xml", headers=key) for _ in range(2))
    assert first.status_code == second.status_code == 201, second.text
    assert first.content == second.content
    assert second.headers["content-type"] == "text/xml; charset=utf-8"
    assert (first.headers["Location"], second.headers["Idempotency-Replayed"]) == (second.headers["Location"], "true")
    assert public.get(second.headers["Location"].removeprefix("/open311/v2")).status_code == 200
    errors(public.send("xml", headers=key, description="另一件"), 400)
    errors(public.send(headers={"Idempotency-Key": "a key"}), 400)


@pytest.mark.parametrize("form", ["json", "xml"])
def test_what_cannot_be_taken_in_is_told_in_the_words_of_the_standard(public: Public, form: str) -> None:
    for change, status in (
        ({"api_key": None}, 403),
        ({"api_key": ""}, 403),
        ({"api_key": "nobody_x"}, 403),
        ({"api_key": f"{public.key}x"}, 403),
        ({"api_key": "\x00"}, 403),
        ({"api_key": "密钥_密钥"}, 403),
        ({"jurisdiction_id": "huojia"}, 403),
        ({"jurisdiction_id": "atlantis"}, 404),
        ({"service_code": "spaceships"}, 404),
        ({"service_code": None}, 400),
        ({"service_code": " "}, 400),
        ({"lat": "91"}, 400),
        ({"lat": "nan"}, 400),
        ({"lat": "north"}, 400),
        ({"long": None}, 400),
        ({"lat": None, "long": "", "address_string": None}, 400),
        ({"description": "长" * 4001}, 400),
        ({"description": "有\x1b字"}, 400),
        ({"email": "nobody"}, 400),
        ({"phone": "打我电话"}, 400),
        ({"media_url": "javascript:alert(1)"}, 400),
        ({"lat": ["1", "2"]}, 400),
    ):
        answer = public.send(form, **change)
        errors(answer, status)
        assert answer.headers["content-type"].startswith("application/json" if form == "json" else "text/xml")
    assert public.send(form, vendor_field="x", jurisdiction_id=None, phone="").status_code == 201


def test_a_body_that_is_no_form_is_refused(public: Public) -> None:
    def post(content: bytes, kind: str = "application/x-www-form-urlencoded") -> httpx.Response:
        return public.http.post("/requests.json", content=content, headers={"Content-Type": kind})

    errors(post(b'{"api_key": 1}', "application/json"), 400)
    errors(post(b"api_key=\xff\xfe"), 400)
    errors(post(b"api_key=%ff%fe"), 400)
    errors(post(b"&".join(b"f%d=1" % n for n in range(301))), 400)
    errors(post(b"description=" + b"x" * 3_000_000), 413)
    errors(post(b""), 403)


def test_what_is_not_there_is_told_in_the_words_of_the_standard(public: Public) -> None:
    for path, status in (
        ("/services", 404),
        ("/services.html", 404),
        ("/services/spaceships.json", 404),
        ("/services/%00.json", 404),
        ("/requests/20000101-000000.xml", 404),
        ("/requests/%00.json", 404),
        ("/requests/%F0%9F%98%80.json", 404),
        ("/tokens/12345.json", 404),
        ("/nothing.json", 404),
    ):
        errors(public.get(path), status)
    errors(public.http.get("/services.json"), 400)
    errors(public.http.get("/services.xml", params={"jurisdiction_id": "atlantis"}), 404)
    errors(public.http.get(public.root.removesuffix("/v2")), 404)
    errors(public.http.delete("/requests.json"), 405)
    for query in (
        {"status": "lost"},
        {"page": "0"},
        {"page": "x"},
        {"page_size": "1001"},
        {"start_date": "yesterday"},
        {"start_date": "2026-01-01T00:00:00Z", "end_date": "2026-06-01T00:00:00Z"},
        {"start_date": "2026-02-01T00:00:00Z", "end_date": "2026-01-01T00:00:00Z"},
        {"start_date": "0001-01-01T00:00:00Z"},
        {"end_date": "9999-12-31T23:59:59-12:00", "start_date": "0001-01-01T00:00:00+14:00"},
        {"service_request_id": "\x00"},
        {"service_code": "\x00"},
    ):
        assert public.get("/requests.json", **query).status_code in {200, 400}, query
    raw = f"{public.root}/requests.json?jurisdiction_id=gaotai&start_date=2026-11-01T00:00:00+08:00"
    assert public.http.get(raw).status_code == 200


def test_nothing_that_is_written_becomes_markup(public: Public) -> None:
    hostile = "</description><status>closed</status><!-- ]]>&lt; \"'\ufffe😀"
    no = public.open(description=hostile, address_string="<b>&amp;</b>")
    root = xml(public.get(f"/requests/{no}.xml"))
    assert len(root) == 1
    assert tags(root[0]) == ITEM
    assert text(root[0], "description") == hostile.replace("\ufffe", "")
    assert text(root[0], "address") == "<b>&amp;</b>"
    assert public.get(f"/requests/{no}.json").json()[0]["description"] == hostile


async def test_a_key_is_good_for_so_many_requests_a_minute(installation: Installation) -> None:
    busy = Public(installation.base, await let_in(installation.settings, source="app", per_minute=2))
    # Even if they are spread over two minutes of the clock, one of five is over the limit.
    answers = [busy.send() for _ in range(5)]
    refused = [answer for answer in answers if answer.status_code != 201]
    assert refused
    for answer in refused:
        errors(answer, 429)
        assert 1 <= int(answer.headers["Retry-After"]) <= 60
    busy.http.close()
