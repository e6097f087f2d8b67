"""Lines that are longer than the terminal is wide are broken between words, not in the middle of one."""

from __future__ import annotations

import os
import shutil
import sys
import textwrap

_HANG = 4
"""How much further the rest of a line is indented."""
_NARROWEST = 40


def columns(err: bool = False) -> int | None:
    """How wide the terminal is that stdout, or stderr, goes to; None: it goes to none, and no line is broken.

    $COLUMNS says it for any output.
    """
    stream = sys.stderr if err else sys.stdout
    told = os.environ.get("COLUMNS", "")
    if not told.isdecimal():
        try:
            if not stream.isatty():
                return None
        except (AttributeError, ValueError):
            return None
    return max(_NARROWEST, shutil.get_terminal_size().columns)


def folded(text: str, width: int | None, hang: int | None = None) -> str:
    """The text with every line that is longer than `width` broken at a space.

    What is left of a line is indented by `hang`, None: a little more than the line itself.
    """
    if width is None or len(text) <= width:
        return text
    return "\n".join(_folded(line, width, hang) for line in text.split("\n"))


def _folded(line: str, width: int, hang: int | None) -> str:
    if len(line) <= width:
        return line
    indent = len(line) - len(line.lstrip())
    return textwrap.fill(
        line,
        width,
        subsequent_indent=" " * (indent + _HANG if hang is None else hang),
        break_long_words=False,
        break_on_hyphens=False,
        replace_whitespace=False,
        drop_whitespace=True,
    )
