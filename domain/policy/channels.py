"""The channels of demands (GT-02, RG-02); their Chinese names are `label(channel, "source")`."""

from enum import StrEnum


class Channel(StrEnum):
    """Values of `source` of an order; other values are the number of an emergency line, and `city_platform`."""

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
