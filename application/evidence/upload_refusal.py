"""The refusal of an uploaded file."""

from typing import Literal

from domain.policy.evidence import Evidence

Reason = Literal["invalid", "too_large", "unsupported_type", "infected", "unavailable"]


class UploadRefused(Exception):  # noqa: N818 - reads as a sentence where it is raised
    """A file that is not kept; the text is Chinese and meant for the person who uploaded it.

    `code`: `invalid` for an empty or unfit file, `too_large` and `unsupported_type` by the rules of the county,
    `infected`, `unavailable` while a required virus scan cannot be made.
    """

    def __init__(self, code: Reason, text: str) -> None:
        super().__init__(text)
        self.code: Reason = code


def too_large(limits: Evidence) -> UploadRefused:
    """A file that is larger than its county allows."""
    return UploadRefused("too_large", f"文件超过 {limits.max_size}")


def unsupported(limits: Evidence, looks: str = "") -> UploadRefused:
    """A file of a type that its county does not accept; `looks` is the type that it seems to be."""
    remark = f"（看起来是 {looks}）" if looks else ""
    return UploadRefused("unsupported_type", f"不支持的文件类型{remark}，可以上传：{'、'.join(limits.types)}")
