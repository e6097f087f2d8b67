"""Text that strangers wrote, made fit to be shown: nothing in it that a terminal obeys."""

from __future__ import annotations

import re

_TEXT = r"[^\x07\n\x1b\x90\x98\x9c-\x9f]*(?:\x07|\x1b\\|\x9c)"
_CODES = re.compile(
    rf"\x1b[\]PX^_]{_TEXT}|[\x90\x98\x9d-\x9f]{_TEXT}"  # a text for the terminal, to its end
    r"|(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]|\x1b[ -/]*[0-~]"
)
"""Escape sequences of ECMA-48, the whole of them; of a text that has no end only the beginning."""


def printable(text: str) -> str:
    """The text on one line, without control characters and escape sequences; white space is one space.

    What is no text at all, as a name of a file in another encoding has it, is "?".
    """
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join("".join(" " if c.isspace() else c for c in shown(text)).split())


def shown(text: str) -> str:
    """The same with its lines, tabs and spaces as they are: what is laid out on a page."""
    if text.isprintable():
        return text
    text = _CODES.sub("", text.encode("utf-8", "replace").decode("utf-8"))
    kept = (c if c.isprintable() or c in "\n\t" else " " if c.isspace() else "" for c in text)
    return "".join(kept)
