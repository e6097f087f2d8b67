"""What the seed's grammar takes a chord to be: root, quality, and the scale around it.

    pitches --chord_root, chord_quality--> "B-3", "major"
    pitches --classification_scale-------> Major on B-      (reading: which notes are S)
    pitches --free_scale-----------------> Major, or a blues scale with a tonic by chance

The scale is not built on the chord's root: it is the transposition, of fifteen tonics, that shares
most pitch classes with the chord. That is the reference's way and one of its faults.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction

from improv.course.pitch import (
    LETTERS,
    NATURAL_PCS,
    SeedChord,
    SpelledPitch,
    name_pc,
)
from improv.errors import InputFileError

TONICS = ("C-", "C", "C#", "D-", "D", "D#", "E-", "E", "F", "F#", "G", "G#", "A", "B-", "B")
"""Candidate tonics, lowest first: where two fit equally well the later one wins."""

_OVER = (2, 4, 6, 1, 3, 5)
"""Letters above a possible root that speak for it: 3rd, 5th, 7th, 2nd, 4th, 6th."""

_SEVEN = (0, 1, 2, 3, 4, 5, 6)
_PATTERNS: dict[str, tuple[tuple[int, ...], tuple[int, ...]]] = {
    # name: (semitones above the tonic, letters above the tonic)
    "Major": ((0, 2, 4, 5, 7, 9, 11), _SEVEN),
    "Dorian": ((0, 2, 3, 5, 7, 9, 10), _SEVEN),
    # The hexatonic blues scale; its raised fourth (same letter as the fourth) comes and goes.
    "Blues": ((0, 3, 5, 7, 10), (0, 2, 3, 4, 6)),
    "Blues#4": ((0, 3, 5, 6, 7, 10), (0, 2, 3, 3, 4, 6)),
}


@dataclass(frozen=True, slots=True)
class SeedScale:
    """A scale on a spelled tonic. `kind` is Major, Dorian, Blues or Blues#4."""

    kind: str
    tonic: str

    @property
    def names(self) -> tuple[str, ...]:
        """Spelled names in order from the tonic, once each."""
        semitones, letters = _PATTERNS[self.kind]
        start = LETTERS.index(self.tonic[0])
        names = []
        for semitone, letter in zip(semitones, letters, strict=True):
            index = (start + letter) % 7
            pc = (name_pc(self.tonic) + semitone) % 12
            alteration = (pc - NATURAL_PCS[index] + 6) % 12 - 6
            accidental = "#" * alteration or "-" * -alteration
            names.append(LETTERS[index] + accidental)
        return tuple(names)

    @property
    def pcs(self) -> frozenset[int]:
        """Pitch classes of the scale."""
        return _scale_pcs(self.kind, self.tonic)

    def __str__(self) -> str:
        return f"{self.kind} on {self.tonic}"


def _scale_pcs(kind: str, tonic: str) -> frozenset[int]:
    root = name_pc(tonic)
    return frozenset((root + semitone) % 12 for semitone in _PATTERNS[kind][0])


def chord_root(pitches: Sequence[SpelledPitch]) -> SpelledPitch:
    """The pitch the chord is built on, found by counting thirds over the letters."""
    if not pitches:
        raise InputFileError(
            "Cannot find the root of a chord without pitches: expected one or more."
        )
    kept: list[SpelledPitch] = []
    for pitch in pitches:
        if all(pitch.letter != other.letter for other in kept):
            kept.append(pitch)
    if len(kept) == 1:
        return pitches[0]
    letters = {pitch.letter for pitch in kept}
    over = [[(pitch.letter + up) % 7 in letters for up in _OVER] for pitch in kept]
    stacked = [pitch for pitch, has in zip(kept, over, strict=True) if all(has[: len(kept) - 1])]
    if len(stacked) == 1:
        return stacked[0]
    if len(stacked) == len(kept):
        return min(kept, key=lambda pitch: pitch.midi)
    scores = [
        sum((Fraction(1, place + 6) for place, yes in enumerate(has) if yes), Fraction(0))
        for has in over
    ]
    return kept[scores.index(max(scores))]


def chord_quality(pitches: Sequence[SpelledPitch]) -> str:
    """`major`, `minor`, `augmented`, `diminished` or `other`, by the letters over the root."""
    root = chord_root(pitches)

    def sizes(letters_up: int) -> set[int]:
        return {
            (pitch.midi - root.midi) % 12
            for pitch in pitches
            if pitch.letter == (root.letter + letters_up) % 7
        }

    thirds, fifths = sizes(2), sizes(4)
    if len(thirds) != 1 or len(fifths) > 1:
        return "other"
    third = thirds.pop()
    if not fifths:
        return {4: "major", 3: "minor"}.get(third, "other")
    return {
        (4, 7): "major",
        (3, 7): "minor",
        (4, 8): "augmented",
        (3, 6): "diminished",
    }.get((third, fifths.pop()), "other")


def _best_tonic(pcs: frozenset[int], form_of: Callable[[str], str]) -> str:
    """The tonic whose scale (its form from `form_of`) shares most with `pcs`; the latest wins."""
    return max(
        TONICS,
        key=lambda tonic: (len(pcs & _scale_pcs(form_of(tonic), tonic)), TONICS.index(tonic)),
    )


def _pcs(pitches: Sequence[SpelledPitch]) -> frozenset[int]:
    return frozenset(pitch.midi % 12 for pitch in pitches)


def classification_scale(pitches: Sequence[SpelledPitch]) -> SeedScale:
    """The scale that decides which notes over the chord are S: Major, or Dorian if not major."""
    kind = "Major" if chord_quality(pitches) == "major" else "Dorian"
    return SeedScale(kind, _best_tonic(_pcs(pitches), lambda _tonic: kind))


def free_scale(pitches: Sequence[SpelledPitch], flip: Callable[[], bool]) -> SeedScale:
    """The scale of a scale tone without a range: Major, or blues if the chord is not major.

    `flip()` says, once for each candidate tonic and once for the scale found, whether the blues
    scale has its raised fourth.
    """
    if chord_quality(pitches) == "major":
        return classification_scale(pitches)
    kinds = {tonic: "Blues#4" if flip() else "Blues" for tonic in TONICS}
    tonic = _best_tonic(_pcs(pitches), kinds.__getitem__)
    return SeedScale("Blues#4" if flip() else "Blues", tonic)


def current_chord(chords: Sequence[SeedChord], time: Fraction | float) -> SeedChord:
    """The last chord, in list order, that starts at or before `time`; else the first."""
    if not chords:
        raise InputFileError(
            "Cannot place a note in a measure without chords: expected one or more."
        )
    started = [chord for chord in chords if chord.offset <= time]
    return started[-1] if started else chords[0]


def is_chord_tone(pitch: SpelledPitch, pitches: Sequence[SpelledPitch]) -> bool:
    """C: the pitch class sounds in the chord."""
    return pitch.midi % 12 in _pcs(pitches)


def is_approach_tone(pitch: SpelledPitch, pitches: Sequence[SpelledPitch]) -> bool:
    """A: a semitone above or below some chord tone's pitch class."""
    pcs = _pcs(pitches)
    return (pitch.midi + 1) % 12 in pcs or (pitch.midi - 1) % 12 in pcs


def kind_of(pitch: SpelledPitch, pitches: Sequence[SpelledPitch], names: Collection[str]) -> str:
    """C, S, A or X; `names` are the scale's, and S compares names, not pitch classes."""
    if is_chord_tone(pitch, pitches):
        return "C"
    if pitch.name in names:
        return "S"
    return "A" if is_approach_tone(pitch, pitches) else "X"
