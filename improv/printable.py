"""Text that strangers wrote, made fit to be shown: on one line, nothing in it that a terminal obeys."""

from __future__ import annotations

import re

_CODES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[\]PX^_][^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|[ -/]*[0-~])"
    r"|\x9b[0-?]*[ -/]*[@-~]"
)
"""Escape sequences of ECMA-48, the whole of them."""


def printable(text: str) -> str:
    """The text without control characters and escape sequences; white space of any kind is one space."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    kept = (c if c.isprintable() else " " if c.isspace() else "" for c in _CODES.sub("", text))
    return " ".join("".join(kept).split())
