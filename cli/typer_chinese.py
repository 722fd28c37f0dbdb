"""The words that Typer puts around ours, in Chinese: headings, defaults, where help is."""

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
"""By the names of the module that draws them. What an option was given wrongly is still said by Typer, in English."""


def speak_chinese() -> None:
    """Have help and errors drawn with these words."""
    from typer import rich_utils  # noqa: PLC0415 (only a program that runs draws anything)

    for name, words in WORDS.items():
        setattr(rich_utils, name, words)
