"""Measures to tokens, exactly as the seed's reference does it.

    notes, chords of one measure  --parse_measure-->  "C,0.500 S,0.250,<m2,P-4> ..."

`improv.course.decode` is the way back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from improv.course.harmony import classification_scale, current_chord, kind_of
from improv.course.interval import range_text
from improv.course.pitch import SeedChord, SeedNote, SpelledPitch


def parse_measure(notes: Iterable[SeedNote], chords: Sequence[SeedChord]) -> str:
    """The tokens of one measure, joined by spaces.

    Offsets of notes and chords are counted from the same point. The first note has no range; a
    note before the first chord is read over that chord; a rest keeps the note before it as the
    one that intervals are counted from.
    """
    tokens: list[str] = []
    previous: SpelledPitch | None = None
    for note in notes:
        length = f"{float(note.length):.3f}"
        if note.pitch is None:
            tokens.append(f"R,{length}")
            continue
        sounding = current_chord(chords, note.offset).pitches
        kind = kind_of(note.pitch, sounding, classification_scale(sounding).names)
        reach = "" if previous is None else f",{range_text(previous, note.pitch)}"
        tokens.append(f"{kind},{length}{reach}")
        previous = note.pitch
    return " ".join(tokens)
