"""The ways by which demands come in (GT-02, RG-02); their Chinese names are `label(channel, "source")`."""

from enum import StrEnum


class Channel(StrEnum):
    """What `source` of an order says. An emergency line is its number, the city's platform `city_platform`."""

    PHONE = "phone"
    SMS = "sms"
    PORTAL = "portal"
    WEB = "web"
    APP = "app"
    WECHAT = "wechat"
    MINI_PROGRAM = "mini_program"
    VIDEO = "video"
    SNAPSHOT = "snapshot"
    GRID = "grid"
    MAIL = "mail"
    LETTER = "letter"
    VISIT = "visit"
