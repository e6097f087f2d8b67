"""Default names that programs give: they say nothing about the music."""

from __future__ import annotations

import re

_USUAL = re.compile(
    r"music21(?: fragment)?|untitled(?: score)?|new (?:song|score|project)|(?:no )?title|\[title\]"
    r"|(?:control|conductor|tempo|master|meta|midi|marker|chord)s?(?: (?:track|map|data))?"
    r"|track[ -]?\d*|sequence[ -]?\d*|midi out.*",
    re.IGNORECASE,
)


def title_in(name: str) -> str:
    """The name, or "" where it is a program's ("Music21 Fragment", "Untitled score", "Tempo Track")."""
    return "" if _USUAL.fullmatch(name.strip()) else name.strip()
