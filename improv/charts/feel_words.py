"""Words over the bars that are not chords: the feels and sections they name, and what an intro is."""

from __future__ import annotations

import re
from collections.abc import Sequence

from improv.errors import ChartError
from improv.music.feel import parse_feel

# The order matters: a "jazz waltz swing" is a waltz, and "medium up swing" is not up swing.
_KNOWN_BY = {
    "bossa": "bossa",
    "samba": "samba",
    "ballad": "ballad",
    "waltz": "waltz",
    "shuffle": "shuffle",
    "swing": "medium swing",
    "bebop": "up swing",
    "funk": "funk",
    "latin": "bossa",
    "straight": "straight",
}
_FAST = re.compile(r"\b(?:fast|up[ -]?tempo)\b")
_LONGEST = 60  # the longest text that may name a feel; more is prose

_SECTION = re.compile(
    r"[A-H]['′]?[1-4]?"
    r"|(?i:(?:intro(?:duction)?|verse|chorus|refrain|bridge|head|theme|solos?|interlude|outro|tag|coda|vamp"
    r"|ending|shout|break|section|part|pre-?chorus|middle 8)(?:\s+[A-H\d]{1,2})?)"
)
_INTRO = re.compile(r"intro(?:duction)?", re.IGNORECASE)
_BRACKETED = re.compile(r"\[\s*([^\[\]|]{1,40}?)\s*\]")


def feel_in(words: str) -> str:
    """The feel that words such as "Med. Swing" or "Bossa Nova" name; "" if they name none."""
    if not words or len(words) > _LONGEST:
        return ""
    try:
        return parse_feel(words)
    except ChartError:
        pass  # it is not a name as it is, but may contain one
    lower = words.lower()
    named = next((feel for known, feel in _KNOWN_BY.items() if known in lower), "")
    if named == "medium swing" and _FAST.search(lower):
        return "up swing"
    return named


def section_in(words: str) -> str:
    """The section that words such as "[A]", "B2" or "Bridge" name; "" if they name none."""
    if found := _BRACKETED.fullmatch(words):
        return found[1]
    return words if _SECTION.fullmatch(words) else ""


def is_intro(label: str) -> bool:
    """Whether a section is an intro."""
    return _INTRO.fullmatch(label) is not None


def behind_intro(labels: Sequence[str]) -> int:
    """The bar from which a chart repeats: the second section, if the first is an intro; otherwise 0.

    `labels` are those of all bars, "" where no section begins.
    """
    if not labels or not is_intro(labels[0]):
        return 0
    others = (bar for bar, label in enumerate(labels) if label and not is_intro(label))
    return next(others, 0)
