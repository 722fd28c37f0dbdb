"""Chinese texts for Typer's own output: headings, defaults, the hint to --help."""

from typing import Final

WORDS: Final = {
    "ARGUMENTS_PANEL_TITLE": "参数",
    "OPTIONS_PANEL_TITLE": "选项",
    "COMMANDS_PANEL_TITLE": "命令",
    "ERRORS_PANEL_TITLE": "用法有误",
    "DEFAULT_STRING": "[缺省：{}]",
    "REQUIRED_LONG_STRING": "[必填]",
    "ABORTED_TEXT": "已中断。",
    "RICH_HELP": "用法见 [blue]{command_path} {help_option}[/]",
}
"""Texts by their names in `typer.rich_utils`. Typer's messages about wrong option values remain in English."""


def speak_chinese() -> None:
    """Replace the texts of help and errors."""
    from typer import rich_utils  # noqa: PLC0415 (needed only when the program runs)

    for name, words in WORDS.items():
        setattr(rich_utils, name, words)
