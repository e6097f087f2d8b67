"""Where choruses begin, as marks say: "Chorus 3", "2nd chorus", or "Chorus" again and again.

    marks (tick, text)  ->  (tick, number of the chorus)  ->  sections (tick, label, chorus)

What stands before the first is chorus 0, a lead-in. In a song with verses a "chorus" is a refrain and says
nothing about this.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Sequence

_CHORUS = re.compile(
    r"\W*(?:solo\s+)?(?:chorus|chor\.?)(?:\s*(?:no\.?|#)?\s*(?P<after>\d{1,3}))?\W*"
    r"|\W*(?P<before>\d{1,3})\.?\s*(?:st|nd|rd|th)?\s+(?:solo\s+)?chorus\W*",
    re.IGNORECASE,
)
_VERSE = re.compile(r"\W*(?:verse|strophe|pre-?chorus)\b.*", re.IGNORECASE)


def chorus_starts(marks: Iterable[tuple[int, str]]) -> list[tuple[int, int]]:
    """(tick, number) of each chorus that is marked; [] where none is, or where they are refrains.

    Where the first that is marked is the second, as in a lead sheet that marks none at its beginning, the
    first begins with the music, at 0.
    """
    marks = sorted(marks)
    if any(_VERSE.fullmatch(text) for _, text in marks):
        return []
    starts: dict[int, int] = {}
    for tick, text in marks:
        if found := _CHORUS.fullmatch(text):
            said = found["after"] or found["before"]
            last = max(starts.values(), default=0)
            number = int(said) if said else last + (tick not in starts)
            if number > last:
                starts[tick] = number
    first = next(iter(starts.items()), None)
    if first and first[1] == 2 and first[0] > 0:
        return [(0, 1), *starts.items()]
    return list(starts.items())


def with_choruses(
    sections: Iterable[tuple[int, str]], starts: Sequence[tuple[int, int]]
) -> list[tuple[int, str, int]]:
    """The sections with the number of their chorus; a chorus begins a section of its own where none does."""
    ticks = [tick for tick, _ in starts]
    labels = dict(sections)
    for tick, number in starts:
        if tick not in labels:
            labels[tick] = f"Chorus {number}"
    return [
        (tick, label, starts[at - 1][1] if (at := bisect_right(ticks, tick)) else 0)
        for tick, label in sorted(labels.items())
    ]
