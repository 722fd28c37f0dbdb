"""TwiML answers to the provider, for inbound texts and for calls in progress.

The SDK is imported when the first answer is made (see `adapters.twilio.client`).
"""

MEDIA_TYPE = "application/xml"
LANGUAGE = "zh-CN"
KEYS_WAIT_FOR = 8
"""Seconds of silence after which a question counts as unanswered."""

HINTS = "一分,二分,三分,四分,五分,满意,非常满意,基本满意,一般,不满意,非常不满意"


def reply(text: str) -> str:
    """One text back to the sender; none if `text` is empty."""
    from twilio.twiml.messaging_response import MessagingResponse  # type: ignore[import-untyped] # noqa: PLC0415

    response = MessagingResponse()
    if text:
        response.message(text)
    return str(response)


def question(says: str, answer_url: str) -> str:
    """Speak and wait for one key or for speech; the result, or silence, is posted to `answer_url`."""
    from twilio.twiml.voice_response import VoiceResponse  # type: ignore[import-untyped] # noqa: PLC0415

    response = VoiceResponse()
    gather = response.gather(
        input="dtmf speech",
        num_digits=1,
        timeout=KEYS_WAIT_FOR,
        speech_timeout="auto",
        language=LANGUAGE,
        hints=HINTS,
        action=answer_url,
        method="POST",
        action_on_empty_result=True,
    )
    gather.say(says, language=LANGUAGE)
    return str(response)


def farewell(says: str = "") -> str:
    """Speak, if there is a text, and hang up."""
    from twilio.twiml.voice_response import VoiceResponse  # noqa: PLC0415

    response = VoiceResponse()
    if says:
        response.say(says, language=LANGUAGE)
    response.hangup()
    return str(response)
