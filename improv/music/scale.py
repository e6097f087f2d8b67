"""Named scales, and the table of which scales go with which kind of chord, with sources.

Scales are semitones above their root. Most chord-scale choices are those of Mark Levine, *The Jazz
Theory Book* (Sher Music, 1995), part II ("Chord/Scale Theory"): major, melodic minor, diminished
and whole-tone harmony; what he lacks is taken from Nettles and Graf (1997) or common practice, and
each row names its source. The bebop scales are David Baker's (*How to Play Bebop*, vol. 1, 1985): a
seven-note scale and one passing note, so that chord tones fall on the beats.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

SCALES: dict[str, tuple[int, ...]] = {
    # modes of the major scale
    "major": (0, 2, 4, 5, 7, 9, 11),
    "dorian": (0, 2, 3, 5, 7, 9, 10),
    "phrygian": (0, 1, 3, 5, 7, 8, 10),
    "lydian": (0, 2, 4, 6, 7, 9, 11),
    "mixolydian": (0, 2, 4, 5, 7, 9, 10),
    "aeolian": (0, 2, 3, 5, 7, 8, 10),
    "locrian": (0, 1, 3, 5, 6, 8, 10),
    # modes of the melodic minor scale (the ascending form, as jazz uses it)
    "melodic minor": (0, 2, 3, 5, 7, 9, 11),
    "dorian b2": (0, 1, 3, 5, 7, 9, 10),
    "lydian augmented": (0, 2, 4, 6, 8, 9, 11),
    "lydian dominant": (0, 2, 4, 6, 7, 9, 10),
    "mixolydian b13": (0, 2, 4, 5, 7, 8, 10),
    "locrian #2": (0, 2, 3, 5, 6, 8, 10),
    "altered": (0, 1, 3, 4, 6, 8, 10),
    # harmonic minor and major
    "harmonic minor": (0, 2, 3, 5, 7, 8, 11),
    "phrygian dominant": (0, 1, 4, 5, 7, 8, 10),
    "harmonic major": (0, 2, 4, 5, 7, 8, 11),
    # symmetrical
    "whole-half diminished": (0, 2, 3, 5, 6, 8, 9, 11),
    "half-whole diminished": (0, 1, 3, 4, 6, 7, 9, 10),
    "whole tone": (0, 2, 4, 6, 8, 10),
    # pentatonic and blues
    "major pentatonic": (0, 2, 4, 7, 9),
    "minor pentatonic": (0, 3, 5, 7, 10),
    "blues": (0, 3, 5, 6, 7, 10),
    # bebop
    "bebop dominant": (0, 2, 4, 5, 7, 9, 10, 11),
    "bebop major": (0, 2, 4, 5, 7, 8, 9, 11),
    "bebop dorian": (0, 2, 3, 4, 5, 7, 9, 10),
    "bebop melodic minor": (0, 2, 3, 5, 7, 8, 9, 11),
}

LEVINE = "Mark Levine, The Jazz Theory Book (Sher Music, 1995), part II"
NETTLES_GRAF = (
    "Barrie Nettles, Richard Graf, The Chord Scale Theory and Jazz Harmony (Advance Music, 1997)"
)
LEVINE_LINES = "Mark Levine, The Jazz Theory Book (Sher Music, 1995), part III"
BEBOP = "David Baker, How to Play Bebop, vol. 1 (1985); Levine, The Jazz Theory Book (1995)"
COMMON = "common practice: the plain scale that holds the chord"
BENT = (
    "no scale of the table holds this chord: the nearest one, without its notes next to the chord's"
)

CHORD_SCALES: dict[str, tuple[tuple[str, str], ...]] = {
    # For each kind of chord its scales, each with its source, starting with the usual one: the first that
    # holds every tone of the chord is taken.
    "maj": (
        ("major", LEVINE),
        ("lydian", LEVINE),
        ("harmonic major", COMMON),  # a major seventh with a flat thirteenth
        ("lydian augmented", LEVINE),
    ),
    "min": (
        ("dorian", LEVINE),
        ("aeolian", LEVINE),
        ("phrygian", NETTLES_GRAF),  # III; Levine keeps it for sus chords
        ("dorian b2", COMMON),
        ("melodic minor", LEVINE),
    ),
    "min6": (
        ("melodic minor", LEVINE),
        ("dorian", COMMON),
        ("harmonic minor", NETTLES_GRAF),
    ),
    "hdim": (("locrian", LEVINE), ("locrian #2", LEVINE)),
    "dim": (("whole-half diminished", LEVINE),),
    "dom": (
        ("mixolydian", LEVINE),
        ("lydian dominant", LEVINE),
        ("mixolydian b13", NETTLES_GRAF),
        ("half-whole diminished", LEVINE),
        ("phrygian dominant", NETTLES_GRAF),  # V of minor
    ),
    "aug": (("whole tone", LEVINE), ("lydian augmented", LEVINE), ("harmonic major", COMMON)),
    "alt": (
        ("whole tone", LEVINE),  # only a raised fifth
        ("altered", LEVINE),
        ("phrygian dominant", NETTLES_GRAF),
        ("half-whole diminished", LEVINE),
    ),
    "7alt": (("altered", LEVINE),),
    "sus": (
        ("mixolydian", LEVINE),
        ("dorian b2", LEVINE),  # susb9
        ("phrygian", LEVINE),
        ("aeolian", COMMON),
        ("major", COMMON),
        ("lydian", COMMON),
    ),
}

MORE_SCALES: dict[str, tuple[tuple[str, str], ...]] = {
    # Others that players use; these never become the scale of a chord.
    "maj": (("bebop major", BEBOP), ("major pentatonic", LEVINE_LINES)),
    "min": (("bebop dorian", BEBOP), ("minor pentatonic", LEVINE_LINES), ("blues", LEVINE_LINES)),
    "min6": (("bebop melodic minor", BEBOP),),
    "dom": (("bebop dominant", BEBOP),),
    "sus": (("minor pentatonic", LEVINE_LINES),),
}

ALTERED_TENSIONS = frozenset({1, 3, 6, 8})
"""b9, #9, #11 and b13 in semitones above the root."""

_MOST_NOTES = 8


class ChordScale(NamedTuple):
    """A scale over a chord: its name, its steps in semitones above the root, its source."""

    name: str
    steps: tuple[int, ...]
    source: str


def chord_scale(kind: str, tones: Iterable[int]) -> ChordScale:
    """Give the usual scale of a chord with these tones: the first of its row that holds them all.

    `kind` is a row of CHORD_SCALES. If no scale of the row holds every tone, the one that
    lacks the fewest is bent: the tones go in, and the scale notes a semitone from them go out; the name
    then ends in ", bent". The scale has 5 to 8 notes.
    """
    wanted = set(tones)
    for name, source in CHORD_SCALES[kind]:
        if wanted.issubset(SCALES[name]):
            return ChordScale(name, SCALES[name], source)
    return _bent(kind, wanted)


def scales_of(kind: str, tones: Iterable[int]) -> tuple[ChordScale, ...]:
    """Give every usual scale of a chord with these tones, beginning with that of `chord_scale`.

    A scale that merely holds the chord (COMMON) comes first or not at all.
    """
    wanted = set(tones)
    first = chord_scale(kind, wanted)
    return first, *(
        ChordScale(name, SCALES[name], source)
        for name, source in CHORD_SCALES[kind] + MORE_SCALES.get(kind, ())
        if wanted.issubset(SCALES[name]) and name != first.name and source != COMMON
    )


def _bent(kind: str, wanted: set[int]) -> ChordScale:
    name = min((name for name, _ in CHORD_SCALES[kind]), key=lambda n: len(wanted - set(SCALES[n])))
    added = wanted - set(SCALES[name])
    clear = [s for s in SCALES[name] if not any((s - a) % 12 in (1, 11) for a in added)]
    room = _MOST_NOTES - len(wanted)
    steps = sorted(wanted | set([s for s in clear if s not in wanted][:room]))
    return ChordScale(f"{name}, bent", tuple(steps), BENT)


def split_scale(
    scale: Iterable[int], tones: Iterable[int], *, dominant: bool
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Divide the notes of a scale that are not chord tones into (available tensions, avoid notes).

    A note a semitone above a chord tone is avoided, and a whole tone above is available: so the
    fourth of a major or dominant chord, the b9 of a half-diminished, the b13 of a phrygian minor one.
    Over a dominant the altered tensions b9, #9, #11 and b13 are available nevertheless (both rules:
    Nettles & Graf 1997). The third over a sus chord and the sixth of dorian are available, as
    Levine (1995) hears them.
    """
    held = set(tones)
    above = [step for step in scale if step not in held]
    avoid = tuple(
        step
        for step in above
        if (step - 1) % 12 in held and not (dominant and step in ALTERED_TENSIONS)
    )
    return tuple(step for step in above if step not in avoid), avoid
