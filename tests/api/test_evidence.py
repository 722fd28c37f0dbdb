"""Evidence of orders: visibility, links, and references in commands (HJ-03, HJ-11, DL-05)."""

from collections.abc import Callable
from typing import Any

import pytest

from domain.refusal import quoted
from tests.api.callers import Caller, eventually, problem
from tests.api.evidence import bring, brought, link, office, opened, picture, video

SignIn = Callable[[str], Caller]
HOUSING = {"units": [{"unit": "housing", "part": "lead"}]}
SECTIONS: dict[str, Any] = {
    "gaotai": {"handling": "更换循环泵", "result": "室温达到二十度"},
    "huojia": {"contact": "已电话联系", "handling": "更换灯具三盏", "follow_up": "列入每月巡检"},
    "dalad": {
        "facts": "反映属实",
        "process": "当日派员更换灯具",
        "result": "路灯恢复照明",
        "satisfaction": "来电人满意",
    },
}
SIGNED = ["unit_section_head", "unit_principal_leader"]


@pytest.fixture
def at_work(caller: SignIn) -> Callable[[str], tuple[str, Caller]]:
    """A function that opens an order for the housing bureau of a county; returns its number and the clerk."""

    def make(policy: str) -> tuple[str, Caller]:
        clerk = caller("clerk-housing" if policy == "gaotai" else f"clerk-housing@{policy}")
        no = caller("agent").open(policy=policy)
        assert caller("dispatcher").do(no, "dispatch", **HOUSING).status_code == 200
        if policy != "huojia":
            assert clerk.do(no, "sign").status_code == 200
        return no, clerk

    return make


AtWork = Callable[[str], tuple[str, Caller]]


def reply(policy: str, number: object = "", **more: Any) -> dict[str, Any]:
    """A reply that is complete except for its evidence."""
    sections = {name: f"{text}{number}" for name, text in SECTIONS[policy].items()}
    return {"sections": sections, "facts_hold": True, "signed_by": SIGNED, **more}


def test_hj_03_a_result_names_evidence_that_was_uploaded(at_work: AtWork, caller: SignIn) -> None:
    """Files that a result names must exist, and belong to the order from then on."""
    no, clerk = at_work("huojia")
    bare = problem(clerk.do(no, "submit_reply", **reply("huojia")), 422, "missing_attachment")
    assert bare["clause"] == "HJ-11"
    invented = problem(
        clerk.do(no, "submit_reply", **reply("huojia", attachments=["photo-1"])), 422, "missing_attachment"
    )
    assert "photo-1" in invented["detail"]

    photo = brought(clerk, phase="result")["id"]
    # If the reply is refused for another reason, the file stays with its uploader.
    short = reply("huojia", attachments=[photo]) | {"sections": {}}
    problem(clerk.do(no, "submit_reply", **short), 422, "missing_section")
    assert clerk.get("/attachments", order=no).json()["items"] == []
    assert clerk.get(f"/attachments/{photo}").json()["order"] is None

    assert clerk.do(no, "submit_reply", **reply("huojia", attachments=[photo])).status_code == 200
    assert [each["id"] for each in clerk.get("/attachments", order=no).json()["items"]] == [photo]
    last = [each for each in clerk.get(f"/work-orders/{no}/timeline").json() if each["event"] == "reply_submitted"]
    assert last[0]["attachments"] == [photo]


def test_dl_05_a_reply_shows_before_and_after(at_work: AtWork) -> None:
    """Two pictures are a pair only if one is from before and one from after."""
    no, clerk = at_work("dalad")
    before, after, other = (brought(clerk, phase=phase)["id"] for phase in ("before", "after", "process"))
    for named, missing in (([before, other], "处理后"), ([after, other], "处理前"), ([], "处理前、处理后")):
        refused = problem(
            clerk.do(no, "submit_reply", **reply("dalad", no, attachments=named)), 422, "missing_attachment"
        )
        assert refused["clause"] == "DL-05" and missing in refused["detail"]
    done = clerk.do(no, "submit_reply", **reply("dalad", no, attachments=[after, before]))
    assert done.status_code == 200, done.text
    files = clerk.get("/attachments", order=no).json()
    assert files["pairs"] == [{"unit": "housing", "before": before, "after": after}]
    assert [each["id"] for each in files["items"]] == [before, after]


def test_files_of_others_cannot_be_named(at_work: AtWork, caller: SignIn) -> None:
    no, clerk = at_work("gaotai")
    other, _ = at_work("gaotai")
    theirs = brought(caller("clerk-water"))["id"]
    of_another = brought(clerk, order=other)["id"]
    of_colleague = brought(caller("section-head-housing"))["id"]
    mine = brought(clerk)["id"]
    for strange in (theirs, of_another, "att-unknown", "\u202eatt", "x" * 100):
        body = reply("gaotai", attachments=[mine, strange])
        refused = problem(clerk.do(no, "submit_reply", **body), 422, "missing_attachment")
        assert quoted(strange) in refused["detail"] and mine not in refused["detail"]
    assert clerk.get(f"/attachments/{mine}").json()["order"] is None
    assert clerk.do(no, "submit_reply", **reply("gaotai", attachments=[mine, of_colleague])).status_code == 200
    assert {each["id"] for each in clerk.get("/attachments", order=no).json()["items"]} == {mine, of_colleague}


def test_an_order_takes_so_many_files_and_none_when_it_is_closed(at_work: AtWork, caller: SignIn) -> None:
    no, clerk = at_work("gaotai")
    note = b"#!AMR\n" + b"\x3c" * 64
    several = [("file", (f"{n}.amr", note)) for n in range(10)]
    for _ in range(5):
        assert clerk.http.post("/attachments", files=several, data={"order": no}).status_code == 201
    assert "50" in problem(bring(clerk, note, "a.amr", order=no), 409, "limit_reached")["detail"]
    one_more = brought(clerk, note)["id"]
    problem(clerk.do(no, "submit_reply", **reply("gaotai", attachments=[one_more])), 409, "limit_reached")

    agent = caller("agent")
    closed = agent.open(category="consult")
    assert agent.do(closed, "answer_at_intake", text="请到窗口办理").status_code == 200
    eventually(lambda: agent.get(f"/work-orders/{closed}").json()["stage"] in {"closed", "archived"} or None)
    problem(bring(agent, note, "a.amr", order=closed), 409, "wrong_stage")


def test_only_who_sees_the_order_sees_its_files(at_work: AtWork, caller: SignIn) -> None:
    no, clerk = at_work("gaotai")
    file = brought(clerk, order=no)["id"]
    for who in ("agent", "supervisor", "section-head-housing"):
        assert caller(who).get(f"/attachments/{file}").json()["order"] == no
    for who in ("clerk-water", "clerk-housing@rugao"):
        stranger = caller(who)
        problem(stranger.get(f"/attachments/{file}"), 404, "not_found")
        problem(stranger.post(f"/attachments/{file}/link"), 404, "not_found")
        problem(stranger.get("/attachments", order=no), 404, "unknown_order")
        problem(bring(stranger, picture(), order=no), 404, "unknown_order")
    loose = brought(clerk)["id"]
    assert loose in {each["id"] for each in clerk.get("/attachments").json()["items"]}
    for who in ("agent", "section-head-housing"):
        problem(caller(who).get(f"/attachments/{loose}"), 404, "not_found")
        assert loose not in {each["id"] for each in caller(who).get("/attachments").json()["items"]}
    problem(caller("").get(f"/attachments/{file}"), 401, "not_authenticated")
    problem(clerk.get("/attachments/%00"), 404, "not_found")


def test_a_link_opens_a_file_for_whoever_has_it(caller: SignIn) -> None:
    clerk, content = caller("clerk-housing"), picture("navy")
    file = brought(clerk, content, "井盖 修复.jpg")
    answer = clerk.post(f"/attachments/{file['id']}/link").json()
    assert (answer["purpose"], answer["expires_in"]) == ("view", 600)
    shown = opened(clerk, answer["url"])
    assert (shown.status_code, shown.content) == (200, content)
    assert shown.headers["Content-Type"] == "image/jpeg"
    assert shown.headers["Content-Disposition"].startswith("inline;")
    assert "filename*=UTF-8''%E4%BA%95%E7%9B%96%20%E4%BF%AE%E5%A4%8D.jpg" in shown.headers["Content-Disposition"]
    assert shown.headers["X-Content-Type-Options"] == "nosniff"
    assert "sandbox" in shown.headers["Content-Security-Policy"]
    assert shown.headers["ETag"] == f'"{file["sha256"]}"'
    saved = opened(clerk, link(clerk, file["id"], purpose="download"))
    assert saved.headers["Content-Disposition"].startswith("attachment;")
    document = brought(clerk, office(), "报告.docx")["id"]
    assert opened(clerk, link(clerk, document)).headers["Content-Disposition"].startswith("attachment;")
    problem(clerk.post(f"/attachments/{document}/link", {"purpose": "thumbnail"}), 404, "not_found")
    problem(clerk.post(f"/attachments/{document}/link", {"purpose": "steal"}), 422, "invalid")


def test_a_link_ends_and_cannot_be_made_up(caller: SignIn) -> None:
    clerk = caller("clerk-housing")
    file = brought(clerk, video(), "录像.mp4")["id"]
    url = link(clerk, file, expires_in=3)
    assert opened(clerk, url).status_code == 200
    gone = eventually(lambda: answer if (answer := opened(clerk, url)).status_code != 200 else None)
    problem(gone, 410, "expired")
    head, claims, signature = url.rpartition("/")[2].split(".")
    token = clerk.http.headers["Authorization"].removeprefix("Bearer ")
    for false in (f"{head}.{claims}.{signature[::-1]}", f"{head}.{claims}.", token, "x", "%00"):
        problem(opened(clerk, f"/api/v1/files/{false}"), 404, "not_found")
    stolen = url.rpartition("/")[2]
    assert clerk.http.get("/units", headers={"Authorization": f"Bearer {stolen}"}).status_code == 401


@pytest.mark.parametrize(
    ("asked", "status", "span"),
    [
        ("bytes=0-99", 206, (0, 100)),
        ("bytes=100-", 206, (100, None)),
        ("bytes=-50", 206, (-50, None)),
        ("bytes=0-99999999", 200, (0, None)),
        ("bytes=-99999999", 200, (0, None)),
        ("bytes=5-1", 200, (0, None)),
        ("bytes=0-1,5-9", 200, (0, None)),
        ("bytes=-", 200, (0, None)),
        ("lines=1-2", 200, (0, None)),
    ],
)
def test_a_part_of_a_file_can_be_asked_for(
    caller: SignIn, asked: str, status: int, span: tuple[int, int | None]
) -> None:
    clerk, content = caller("clerk-housing"), picture("teal")
    url = link(clerk, brought(clerk, content)["id"])
    answer = opened(clerk, url, Range=asked)
    expected = content[slice(*span)]
    assert (answer.status_code, answer.content) == (status, expected)
    assert answer.headers["Accept-Ranges"] == "bytes"
    if status == 206:
        start = len(content) + span[0] if span[0] < 0 else span[0]
        assert answer.headers["Content-Range"] == f"bytes {start}-{start + len(expected) - 1}/{len(content)}"
    assert opened(clerk, url, Range=asked, If_Range='"other"').content == content


def test_a_part_beyond_the_end_is_a_problem(caller: SignIn) -> None:
    clerk, content = caller("clerk-housing"), picture()
    url = link(clerk, brought(clerk, content)["id"])
    for beyond in (f"bytes={len(content)}-", "bytes=-0"):
        answer = opened(clerk, url, Range=beyond)
        problem(answer, 416, "invalid")
        assert answer.headers["Content-Range"] == f"bytes */{len(content)}"
