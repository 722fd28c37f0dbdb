"""URLs in messages of people and providers are stored or ignored, and never fetched."""

from tests.api.public import Public, let_in
from tests.listener import listening
from tests.telephone.exchange import Exchange


async def test_no_address_that_somebody_sends_is_ever_asked(exchange: Exchange) -> None:
    phone = exchange.phone()
    with listening() as elsewhere:
        url = f"{elsewhere.url}/recording.mp3"
        public = Public(exchange.base, await let_in(exchange.services.settings, source="app"))
        assert public.open(media_url=url, description=f"见 {url} <img src='{url}'>")
        xml = f'<!DOCTYPE a [<!ENTITY e SYSTEM "{url}">]><a>&e;</a>'
        public.http.post("/requests.xml", content=xml, headers={"Content-Type": "text/xml"})
        public.http.close()
        no = exchange.surveyed(phone)
        links = {"MediaUrl0": url, "NumMedia": "1", "RecordingUrl": url, "StatusCallback": url}
        said = {"MessageSid": "SM" + "5" * 32, "From": phone, "Body": f"5 {url}"}
        assert exchange.post("/sms", said | links).status_code == 200
        assert (
            exchange.post(
                "/voice/status?call=unknown", {"CallSid": "CA1", "CallStatus": "completed"} | links
            ).status_code
            == 204
        )
        # Until the end, so that the archive is complete too.
        exchange.happens(no, "order_archived")
    assert elsewhere.heard == []
