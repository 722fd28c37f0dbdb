"""Forms posted by the telephone provider: fields, signature, and a citizen's text."""

from urllib.parse import urlencode

from adapters.twilio import twiml
from adapters.twilio.signature import genuine
from api.auth.signed_form import fields_of, required_field
from api.problems import ProblemError
from application.callbacks.text_answers import printable
from domain.citizen.outbound_records import segments
from domain.citizen.survey import read_answer, read_opt_out

URL = "https://jiesu.example/api/v1/webhooks/sms"
TEXTS = (
    "5",
    "2 三号楼的王师傅说下周才来",
    "TD",
    "退订",
    "不是不满意",
    "非常满意，谢谢！",
    "不太好?",
    "差",
    "满意 1",
    "\u202e\x00😀",
)
SEEDS = (
    *(urlencode({"MessageSid": "SM1", "From": "+8613912345678", "Body": text}).encode() for text in TEXTS),
    b"MessageSid=%ff&From=%00&Body=+",
    b"a&b&&=&c=d=e",
    b"\xff\xfe",
)


def one(data: bytes) -> None:
    try:
        form = fields_of(data)
    except ValueError:
        return
    assert not genuine("token", URL, form, "forged")
    for name in ("MessageSid", "From"):
        try:
            assert 0 < len(required_field(form, name)) <= 64
        except ProblemError as refused:
            assert refused.status_code == 422
    text = printable(form.get("Body", ""))
    for least in (3, 4):
        answer = read_answer(text, least)
        assert answer is None or answer.satisfied == (answer.handling_rating >= least)
    read_opt_out(text)
    assert segments(text) >= 0
    assert twiml.reply(text)
