"""Where a token of the seed's grammar puts its note: the mended way, in plain MIDI pitches.

    token, harmony, previous pitch, choose  --place-->  pitch

Unlike `improv.course.decode`: A and X are notes of their own kind, the chord's own scale
counts, pitches have a floor and a ceiling, and a note is never repeated unless its token says so.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from improv.course.choose import Chooser
from improv.course.harmony import chord_root
from improv.course.pitch import SeedChord
from improv.course.token import SeedToken
from improv.music.chord import Chord

LOW_PITCH = 48
"""The floor: the octave below which the reference lifts every note (C3)."""

HIGH_PITCH = 84
"""The ceiling: the course's own solo keeps below it (its highest note is B-5, 82)."""

_FREE_REACH = 7
"""A note without a range lies at most a fifth from the note before it."""

_MODES = (
    (0, 2, 4, 5, 7, 9, 11),  # ionian
    (0, 2, 4, 6, 7, 9, 11),  # lydian
    (0, 2, 4, 5, 7, 9, 10),  # mixolydian
    (0, 2, 3, 5, 7, 9, 10),  # dorian
    (0, 2, 3, 5, 7, 8, 10),  # aeolian
    (0, 1, 3, 5, 7, 8, 10),  # phrygian
    (0, 1, 3, 5, 6, 8, 10),  # locrian
    (0, 2, 3, 5, 7, 9, 11),  # melodic minor
    (0, 2, 4, 6, 7, 9, 10),  # lydian dominant
    (0, 2, 4, 6, 8, 10),  # whole tone
    (0, 2, 3, 5, 6, 8, 9, 11),  # diminished
)


@dataclass(frozen=True, slots=True)
class Harmony:
    """What a token needs to know of the moment: pitch classes of the chord and of its scale."""

    tones: frozenset[int]
    scale: frozenset[int]

    @classmethod
    def of_chord(cls, chord: Chord) -> Harmony:
        """The harmony of a chart's chord."""
        return cls(chord.tone_pcs, chord.scale_pcs)

    @classmethod
    def of_seed_chord(cls, chord: SeedChord) -> Harmony:
        """The harmony of a chord as played: the first mode on its root that holds most of it."""
        root = chord_root(chord.pitches).midi
        scales = [frozenset((root + step) % 12 for step in mode) for mode in _MODES]
        return cls(chord.pcs, max(scales, key=lambda scale: len(scale & chord.pcs)))

    def _near(self) -> frozenset[int]:
        return frozenset((tone + step) % 12 for tone in self.tones for step in (-1, 1))

    def choices(self, kind: str) -> tuple[frozenset[int], ...]:
        """Pitch classes for a kind: the strict sense first, wider ones after it."""
        outside = frozenset(range(12)) - self.tones
        free = outside - self.scale
        if kind == "C":
            return (self.tones,)
        if kind == "S":
            return (self.scale - self.tones, self.scale)
        if kind == "A":
            return (free & self._near(), outside & self._near())
        return (free - self._near(), free, outside)


ANY_HARMONY = Harmony(frozenset(range(12)), frozenset(range(12)))
"""Without a chord, now or before, every pitch class is allowed."""


def _window(token: SeedToken, previous: int | None) -> tuple[int, int, int]:
    """(lowest, highest, aim) of the token, moved by octaves into floor and ceiling, then cut to them."""
    if previous is None:
        aim = (LOW_PITCH + HIGH_PITCH) // 2
        lowest, highest = aim - _FREE_REACH, aim + _FREE_REACH
    elif token.reach is None:
        aim, lowest, highest = previous, previous - _FREE_REACH, previous + _FREE_REACH
    else:
        lowest, highest = (previous + step for step in sorted(token.reach))
        aim = (lowest + highest) // 2
    while aim < LOW_PITCH:
        lowest, highest, aim = lowest + 12, highest + 12, aim + 12
    while aim > HIGH_PITCH:
        lowest, highest, aim = lowest - 12, highest - 12, aim - 12
    return max(lowest, LOW_PITCH), min(highest, HIGH_PITCH), aim


def place(token: SeedToken, harmony: Harmony, previous: int | None, choose: Chooser) -> int:
    """The MIDI pitch for a token that is not a rest, LOW_PITCH <= pitch <= HIGH_PITCH.

    The range's pitches of the token's kind are candidates, in its strict sense if any is there. The
    middle of a range is the interval it was made from, so only a range around zero may repeat the
    previous pitch. Where the range holds no candidate the nearest one outside it is taken.
    """
    lowest, highest, aim = _window(token, previous)
    barred = None if token.reach is not None and aim == previous else previous

    def fitting(pcs: frozenset[int], pitches: Sequence[int]) -> list[int]:
        return [pitch for pitch in pitches if pitch % 12 in pcs and pitch != barred]

    senses = harmony.choices(token.kind)
    for pcs in senses:
        kept = fitting(pcs, range(lowest, highest + 1))
        if kept:
            return int(choose(kept))
    everywhere = range(LOW_PITCH, HIGH_PITCH + 1)
    wider = (fitting(pcs, everywhere) for pcs in (*senses, ANY_HARMONY.tones))
    return min(next(filter(None, wider)), key=lambda pitch: (abs(pitch - aim), pitch))
