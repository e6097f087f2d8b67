"""Named scales, and the table that says which scale goes with which kind of chord.

Scales are semitones above their root. The chord-scale choices are those of Mark Levine, *The Jazz
Theory Book* (Sher Music, 1995), part II ("Chord/Scale Theory"): major, melodic minor, diminished
and whole-tone harmony. The bebop scales are David Baker's (*How to Play Bebop*, vol. 1, 1985): a
seven-note scale and one passing note, so that chord tones fall on the beats.
"""

from __future__ import annotations

from collections.abc import Iterable

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

CHORD_SCALES: dict[str, tuple[str, ...]] = {
    # For each kind of chord its scales, the usual one first: the first that holds every tone of the
    # chord is taken. Levine: major or lydian on major chords; dorian on m7, melodic minor on m6 and
    # mMaj7; locrian or locrian #2 on m7b5; whole-half on diminished chords; mixolydian on
    # dominants, lydian dominant with #11, half-whole with b9, altered on 7alt, whole tone with #5
    # alone; mixolydian on sus, dorian b2 on susb9. Phrygian dominant (V of minor) is common use.
    "maj": ("major", "lydian", "harmonic major", "lydian augmented"),
    "min": ("dorian", "aeolian", "phrygian", "dorian b2", "melodic minor"),
    "min6": ("melodic minor", "dorian", "harmonic minor"),
    "hdim": ("locrian", "locrian #2"),
    "dim": ("whole-half diminished",),
    "dom": (
        "mixolydian",
        "lydian dominant",
        "mixolydian b13",
        "half-whole diminished",
        "phrygian dominant",
    ),
    "aug": ("whole tone", "lydian augmented", "harmonic major"),
    "alt": ("whole tone", "altered", "phrygian dominant", "half-whole diminished"),
    "7alt": ("altered",),
    "sus": ("mixolydian", "dorian b2", "phrygian", "aeolian", "major", "lydian"),
}

_MOST_NOTES = 8


def chord_scale(kind: str, tones: Iterable[int]) -> tuple[int, ...]:
    """Give the usual scale (5 to 8 semitones above the root) of a chord with these tones.

    `kind` is a row of CHORD_SCALES. Where no scale of the row holds every tone, the one that
    lacks fewest is bent: the tones go in, the scale notes a semitone from them go out.
    """
    wanted = set(tones)
    for name in CHORD_SCALES[kind]:
        if wanted <= set(SCALES[name]):
            return SCALES[name]
    usual = min((SCALES[name] for name in CHORD_SCALES[kind]), key=lambda s: len(wanted - set(s)))
    added = wanted - set(usual)
    clear = [s for s in usual if not any((s - a) % 12 in (1, 11) for a in added)]
    room = _MOST_NOTES - len(wanted)
    return tuple(sorted(wanted | set([s for s in clear if s not in wanted][:room])))
