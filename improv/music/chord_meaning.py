"""What a symbol means: its tones with their functions, its quality, and its row of scales.

A tone's function is its degree as players name it over this chord, and its part in the chord:

    root     1
    guide    the third and the seventh, which distinguish chords; the fourth or second of a
             sus chord stands for its third (b3 3 4 2, b7 7, bb7 in a diminished chord)
    fifth    5 b5 #5
    sixth    the 6 of a 6 or 6/9 chord, which has no seventh and moves by its sixth
    tension  everything above: b9 9 #9 11 #11 b13 13, b6 in a triad, the 3 that a sus chord adds
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from improv.music.chord_symbol import Symbol, UnreadableError
from improv.music.chord_tables import DEGREES, KINDS, NUMBERS

MOST_TONES = 8


class ToneFunction(NamedTuple):
    """One tone of a chord: `semitones` above the root (0-11), its `degree`, its `role` (see above)."""

    semitones: int
    degree: str
    role: str


_THIRDS = {3: "b3", 4: "3"}
_SEVENTHS = {9: "bb7", 10: "b7", 11: "7"}
_FIFTHS = {6: "b5", 7: "5", 8: "#5"}
_TENSIONS = {2: "9", 5: "11", 9: "13"}
_ALTERED = ((0, "1", "root"), (3, "#9", "tension"), (4, "3", "guide"), (8, "#5", "fifth"))

# What a note of a polychord's upper chord is over the lower, if the lower lacks it.
_UPPER = ("", "b9", "9", "#9", "3", "11", "#11", "5", "b13", "13", "b7", "7")


def functions_of(symbol: Symbol) -> tuple[ToneFunction, ...]:
    """The tones a symbol asks for with their functions, sorted by semitones, the root first.

    UnreadableError if there are more than 8, or only the root.
    """
    found: dict[int, tuple[str, str]] = {0: ("1", "root")}

    def take(tone: int, degree: str, role: str) -> None:
        found.setdefault(tone, (degree, role))  # b5 and #11 of one chord are one tone, the fifth

    if symbol.alt:
        return *(ToneFunction(*row) for row in _ALTERED), ToneFunction(10, "b7", "guide")
    third, fifth, seventh = KINDS[symbol.kind][0]
    degrees = symbol.degrees
    altered_ninth = bool(symbol.number and degrees & {"b9", "#9"})  # stands for 9 and for sus2
    if symbol.sus == "4" or (symbol.sus and not altered_ninth):
        take({"4": 5, "2": 2}[symbol.sus], symbol.sus, "guide")
    elif not symbol.sus and symbol.number != "5" and "3" not in symbol.omitted:
        take(third, _THIRDS[third], "guide")
    for name in ("b5", "#5"):
        if name in degrees:
            take(DEGREES[name], name, "fifth")
    if not degrees & {"b5", "#5"} and "5" not in symbol.omitted:
        take(fifth, _FIFTHS[fifth], "fifth")
    if symbol.number:
        brings_seventh, above = NUMBERS[symbol.number]
        if brings_seventh:
            tone = 11 if symbol.major_seventh else seventh
            take(tone, _SEVENTHS[tone], "guide")
        for tone in above:
            if tone == 9 and not brings_seventh:
                take(tone, "6", "sixth")
            elif tone != 2 or not altered_ninth:
                take(tone, _TENSIONS[tone], "tension")
    for name in DEGREES:
        if name in degrees:
            take(DEGREES[name], name, "tension")
    return _checked(found)


def functions_over(
    lower: tuple[ToneFunction, ...], upper: Iterable[int]
) -> tuple[ToneFunction, ...]:
    """The functions of the lower chord and those that an upper chord's tones have above it.

    `upper` is in semitones above the lower root. UnreadableError if there are more than 8 tones.
    """
    found = {tone: (degree, role) for tone, degree, role in lower}
    degrees = {degree for degree, _ in found.values()}
    for tone in sorted(set(upper) - set(found)):
        degree, role = _UPPER[tone], "tension"
        if not degrees & {"b3", "3", "4", "2"} and tone in _THIRDS:
            degree, role = _THIRDS[tone], "guide"
        elif tone == 7 and not degrees & {"b5", "5", "#5"}:
            role = "fifth"
        elif tone in (10, 11) and not degrees & {"b7", "7", "bb7", "6"}:
            role = "guide"
        found[tone] = (degree, role)
        degrees.add(degree)
    return _checked(found)


def _checked(found: dict[int, tuple[str, str]]) -> tuple[ToneFunction, ...]:
    if len(found) > MOST_TONES:
        raise UnreadableError(f"it asks for {len(found)} different notes, more than {MOST_TONES}")
    if len(found) == 1:
        raise UnreadableError("it leaves nothing beside the root")
    return tuple(ToneFunction(tone, *found[tone]) for tone in sorted(found))


def quality_of(symbol: Symbol, functions: tuple[ToneFunction, ...]) -> str:
    """What the chord does: one of `improv.music.chord.QUALITIES`.

    `functions` may hold more than the symbol asks for, as they do under an upper chord.
    """
    degrees = {function.degree for function in functions} | symbol.degrees
    if symbol.alt:
        return "alt"
    if symbol.sus:
        return "sus"
    if symbol.kind == "dim":
        return "dim"
    if symbol.kind == "m":
        return "hdim" if "b5" in symbol.degrees and "b7" in degrees else "min"
    dominant = "b7" in degrees and "7" not in degrees
    if not dominant:
        return "aug" if "#5" in degrees else "maj"
    if "#5" in degrees or (degrees & {"b9", "#9"} and degrees & {"b5", "b13"}):
        return "alt"
    return "dom"


def scale_row_of(symbol: Symbol, quality: str) -> str:
    """Which row of `improv.music.scale.CHORD_SCALES` goes with the chord."""
    if symbol.alt:
        return "7alt"
    if quality == "min" and (symbol.major_seventh or symbol.number in ("6", "6/9")):
        return "min6"
    if quality == "sus" and symbol.kind == "m":
        return "min6" if symbol.major_seventh else "min"
    return quality
