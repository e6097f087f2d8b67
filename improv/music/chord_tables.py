"""The tables of the chord language: how kinds, numbers, alterations and modes are written.

The reader (`improv.music.chord_symbol`) turns text into the names in these tables, and what a name
means in notes (`improv.music.chord_meaning`) is read from here too. Semitones count from the root.
"""

from __future__ import annotations

import re

# Kind -> (third, fifth, seventh when a 7, 9, 11 or 13 is written), in semitones, and its spellings.
KINDS: dict[str, tuple[tuple[int, int, int], tuple[str, ...]]] = {
    "": ((4, 7, 10), ("",)),
    "dom": ((4, 7, 10), ("dominant", "Dominant", "dom", "Dom")),
    "maj": (
        (4, 7, 11),
        ("major", "Major", "maj", "Maj", "MAJ", "ma", "Ma", "MA", "M", "j", "^", "Δ"),
    ),
    "m": ((3, 7, 10), ("minor", "Minor", "min", "Min", "MIN", "mi", "Mi", "MI", "m", "-")),
    "dim": ((3, 6, 9), ("diminished", "dim", "Dim", "DIM", "o", "°", "0")),
    "aug": ((4, 8, 10), ("augmented", "aug", "Aug", "AUG", "+5", "+")),
    "hdim": (
        (3, 6, 10),
        ("half-diminished", "half diminished", "half-dim", "halfdim", "hdim", "ø", "h"),
    ),
}
SIGNS_OF_MAJOR_SEVENTH = ("j", "^", "Δ")  # these mean maj7 even without the 7

# Number -> what it adds to the triad: the seventh is the kind's own, the rest are in semitones.
NUMBERS: dict[str, tuple[bool, tuple[int, ...]]] = {
    "5": (False, ()),
    "6": (False, (9,)),
    "6/9": (False, (9, 2)),
    "7": (True, ()),
    "9": (True, (2,)),
    "11": (True, (2, 5)),
    "13": (True, (2, 9)),
}
NUMBER_SPELLINGS = {"6/9": "6/9", "69": "6/9", "13": "13", "11": "11", "2": "2"} | {
    digit: digit for digit in "5679"
}

# Alteration -> semitones above the root, in the order they are printed.
DEGREES: dict[str, int] = {
    "b5": 6,
    "#5": 8,
    "b6": 8,
    "b9": 1,
    "9": 2,
    "#9": 3,
    "3": 4,
    "11": 5,
    "#11": 6,
    "b13": 8,
    "13": 9,
}
SAME_DEGREE = {"2": "9", "b2": "b9", "#2": "#9", "4": "11", "#4": "#11", "6": "13"}

# Number and tension that together are a higher number: 7 with a 9 is 9, 6 with a 9 is 6/9.
TOGETHER = (
    ("", "13", "6"),
    ("6", "9", "6/9"),
    ("7", "9", "9"),
    ("9", "11", "11"),
    ("9", "13", "13"),
)

# Number without the tension that is left out of it -> the number that remains and what is beside it.
WITHOUT: dict[tuple[str, str], tuple[str, str]] = {
    ("6/9", "9"): ("6", ""),
    ("9", "9"): ("7", ""),
    ("11", "9"): ("7", "11"),
    ("13", "9"): ("7", "13"),
    ("11", "11"): ("9", ""),
}

# Mode -> its names, and the chord (kind, number, alteration) whose usual scale it is.
MODES: dict[str, tuple[tuple[str, ...], tuple[str, str, str]]] = {
    "ionian": (("ionian", "ion"), ("maj", "7", "")),
    "dorian": (("dorian", "dor"), ("m", "7", "")),
    "phrygian": (("phrygian", "phryg", "phr"), ("m", "7", "b9")),
    "lydian": (("lydian", "lyd"), ("maj", "7", "#11")),
    "mixolydian": (("mixolydian", "mixo", "mix"), ("", "7", "")),
    "aeolian": (("aeolian", "aeol"), ("m", "7", "b13")),
    "locrian": (("locrian", "loc"), ("hdim", "7", "")),
}

_TIDY = str.maketrans(
    {"♭": "b", "♯": "#", "𝄫": "bb", "𝄪": "##"}
    | dict.fromkeys("△∆▵ᐞ", "Δ")
    | dict.fromkeys("−–—‑¯", "-")
    | dict.fromkeys("Ø⌀∅", "ø")
    | dict.fromkeys("º˚ᵒ", "°")
    | dict(zip("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-", strict=True))
)
SIGNS_READ = "".join(map(chr, _TIDY))
"""Signs of other fonts that `tidy` brings to those of the language."""
_ABBREVIATED = re.compile(r"(?<=[a-z]{2})\.")  # Cdim., Cmin.7
_CUSTOM = re.compile(r"\*([^*]*)\*")  # iReal Pro puts what its editor does not offer between stars


def tidy(text: str) -> str:
    """The text with one character for each sign of the language, without iReal Pro's stars and full stops."""
    return _ABBREVIATED.sub("", _CUSTOM.sub(r"\1", text.translate(_TIDY)))


def one_of(spellings: dict[str, str] | tuple[str, ...]) -> str:
    """A pattern that matches any of these spellings, the longest that fits."""
    return "|".join(map(_guarded, sorted(spellings, key=len, reverse=True)))


def _guarded(spelling: str) -> str:
    """The pattern of one spelling; `ma` is not m followed by add, and `o` is not the start of omit."""
    after = {
        "ma": "(?!dd)",
        "Ma": "(?!dd)",
        "MA": "(?!DD)",
        "o": "(?!mit)",
        "0": r"(?!(?!7(?!\d))\d)",
    }
    return re.escape(spelling) + after.get(spelling, "")
