"""The seed's post-processing, exactly: round the lengths by chance, drop some repeats, clean up.

text   --prune_grammar(draw)-->  text
notes  --prune_notes-->          notes  --clean_up_notes-->  notes
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from fractions import Fraction

from improv.course.pitch import SeedNote
from improv.course.token import parse_tokens

GRID = Fraction(1, 4)
"""Lengths are rounded to multiples of this many quarter notes."""


def without_outside_notes(text: str) -> str:
    """Turn A and X tokens into C tokens; the reference leaves the very first token as it is."""
    return text.replace(" A", " C").replace(" X", " C")


def prune_grammar(text: str, draw: Callable[[], int]) -> str:
    """Round every length down to the grid, or up (a step more, exact multiples too).

    `draw()` is asked once a token: 0 rounds down, 1 up.
    """
    tokens = []
    for token in parse_tokens(text):
        steps = token.length // GRID + (1 if draw() else 0)
        tokens.append(str(token.with_length(str(float(steps * GRID)))))
    return " ".join(tokens)


def prune_notes(notes: Iterable[SeedNote]) -> list[SeedNote]:
    """In the pairs (first, second), (third, fourth)... drop a second note that repeats the first.

    Rests count as members of pairs. Repeats across two pairs stay: a fault of the reference.
    """
    elements = list(notes)
    return [
        note
        for place, note in enumerate(elements)
        if place % 2 == 0 or note.pitch is None or note.pitch != elements[place - 1].pitch
    ]


def clean_up_notes(notes: Sequence[SeedNote]) -> list[SeedNote]:
    """Lengthen notes without length; drop notes that start where the element before them does."""
    elements = list(notes)
    return [
        replace(note, length=GRID) if note.length == 0 else note
        for place, note in enumerate(elements)
        if place == 0 or note.pitch is None or note.offset != elements[place - 1].offset
    ]
