"""The language of chord symbols: the tables of spellings, the reader, the canonical spelling.

    symbol      = root kind [number] {alteration} ["/" bass]
    root, bass  = A-G with b or #
    kind        = a spelling of KINDS: nothing, maj, m, dim, aug, half-diminished;
                  m, dim and aug may be followed by a sign of the major seventh (mMaj7)
    number      = a row of NUMBERS: 6 6/9 7 9 11 13 5, and 2 for add9
    alteration  = sus, alt, add and a degree, or a row of DEGREES; singly, in brackets, after commas

Accidentals stand before their number (C7b9#11, as iReal Pro writes) or, where numbers follow one
another without a break, behind it (C79b, C7911#, as the Weimar Jazz Database writes). Case counts: CM7
is major, Cm7 minor. Voicings of 11 and alt follow Mark Levine, *The Jazz Theory Book* (1995): C11 is
C9sus4, and C7alt has a raised fifth and ninth.
"""

from __future__ import annotations

import re
from typing import NoReturn

# Kind -> (third, fifth, seventh when a 7, 9, 11 or 13 is written), in semitones, and its spellings.
KINDS: dict[str, tuple[tuple[int, int, int], tuple[str, ...]]] = {
    "": ((4, 7, 10), ("",)),
    "maj": ((4, 7, 11), ("maj", "Maj", "MAJ", "ma", "Ma", "MA", "M", "j", "^", "Δ")),
    "m": ((3, 7, 10), ("minor", "min", "Min", "MIN", "mi", "Mi", "MI", "m", "-")),
    "dim": ((3, 6, 9), ("dim", "Dim", "DIM", "o", "°")),
    "aug": ((4, 8, 10), ("aug", "Aug", "AUG", "+")),
    "hdim": ((3, 6, 10), ("ø", "h")),
}
_SIGNS_OF_MAJOR_SEVENTH = ("j", "^", "Δ")  # these mean maj7 even without the 7

# Number -> what it adds beside the triad: the seventh is the kind's own, the rest in semitones.
NUMBERS: dict[str, tuple[bool, tuple[int, ...]]] = {
    "5": (False, ()),
    "6": (False, (9,)),
    "6/9": (False, (9, 2)),
    "7": (True, ()),
    "9": (True, (2,)),
    "11": (True, (2, 5)),
    "13": (True, (2, 9)),
}
_NUMBER_SPELLINGS = {"6/9": "6/9", "69": "6/9", "13": "13", "11": "11", "2": "2"} | {
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
_SAME_DEGREE = {"2": "9", "b2": "b9", "#2": "#9", "4": "11", "#4": "#11", "6": "13"}

_TIDY = str.maketrans(
    {"♭": "b", "♯": "#", "△": "Δ", "∆": "Δ", "−": "-", "–": "-", "Ø": "ø", "º": "°"}
)
ROOT = re.compile(r"([A-G])([b#]?)")
_BASS = re.compile(r"/\s*([A-G][b#]?)$")
_PREFIXED = re.compile(r"([b#+-]?)(13|11|[24569])")
_SUFFIXED = re.compile(r"(13|11|9)([b#]?)")
_SUS = re.compile(r"sus([24]?)")
_ADD = re.compile(r"add([b#]?(?:13|11|[234569]))")
_ALT = re.compile("alt")
_PLUS = re.compile(r"\+")
_BALANCED = re.compile(r"[^()]*(\([^()]+\)[^()]*)*")


# Number and tension that together are a higher number: 7 with a 9 is 9, 6 with a 9 is 6/9.
_TOGETHER = (
    ("", "13", "6"),
    ("6", "9", "6/9"),
    ("7", "9", "9"),
    ("9", "11", "11"),
    ("9", "13", "13"),
)


def _longest_first(spellings: dict[str, str]) -> re.Pattern[str]:
    return re.compile("|".join(map(re.escape, sorted(spellings, key=len, reverse=True))))


_KIND_OF = {spelling: kind for kind, (_, row) in KINDS.items() for spelling in row}
_KIND = re.compile(_longest_first(_KIND_OF).pattern.replace("|ma|", "|ma(?!dd)|"))  # not in Cmadd9
_MAJOR = _longest_first({spelling: "maj" for spelling in KINDS["maj"][1]})
_MAJOR_IN_BRACKETS = re.compile(rf"\(\s*(?:{_MAJOR.pattern})(?=\d*\s*\))")
_NUMBER = _longest_first(_NUMBER_SPELLINGS)


class UnreadableError(Exception):
    """What is wrong with a symbol, as the middle of a sentence."""


class Symbol:
    """What one symbol says, read from left to right: each method takes what it knows and moves on.

    After reading, `kind` is "", m or dim; fifths and tensions stand in `degrees` (names of DEGREES).
    """

    def __init__(self, text: str) -> None:
        self.full = text.translate(_TIDY)
        bass = _BASS.search(self.full, 1)
        self.text = self.full[: bass.start() if bass else None].rstrip()
        self.at = 0
        self.kind = ""
        self.major_seventh = False
        self.number = ""
        self.sus = ""
        self.alt = False
        self.degrees: set[str] = set()
        root = self._take(ROOT)
        if not root:
            start = f"it begins with {text[0]!r}" if text else "it is empty"
            raise UnreadableError(f"{start}, where a root A to G was expected")
        self.root_name = root[0]
        self.bass_name = bass[1] if bass else root[0]
        if not _BALANCED.fullmatch(self.text):
            raise UnreadableError("its brackets are empty or do not pair up")
        self._read_kind()
        self._read_number()
        while self.at < len(self.text):
            self._read_alteration()
        self._refuse_contradictions()  # as written
        self._settle()
        self._refuse_contradictions()  # and as it would be printed

    @property
    def has_seventh(self) -> bool:
        """Whether the number brings a seventh: 7, 9, 11, 13 do, 6 and 6/9 do not."""
        return bool(self.number) and NUMBERS[self.number][0]

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def _skip(self, signs: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in signs:
            self.at += 1

    def _read_kind(self) -> None:
        spelling = (self._take(_KIND) or [""])[0]
        self.kind = _KIND_OF[spelling]
        self.major_seventh = self.kind == "maj"
        seventh_implied = spelling in _SIGNS_OF_MAJOR_SEVENTH or self.kind == "hdim"
        if self.kind in ("m", "dim", "aug"):
            sign = self._take(_MAJOR_IN_BRACKETS) or self._take(_MAJOR)
            if sign:
                self.major_seventh = seventh_implied = True
        self._skip(" ")
        if seventh_implied and not self._number_follows():
            self.number = "7"

    def _number_follows(self) -> bool:
        return _NUMBER.match(self.text, self.at) is not None

    def _read_number(self) -> None:
        if self._number_follows():
            self.number = _NUMBER_SPELLINGS[(self._take(_NUMBER) or "")[0]]
        if self.number == "2" and self.kind in ("", "m"):
            self.number = ""
            self.degrees.add("9")
        if self.number:
            self._read_suffixed()

    def _read_suffixed(self) -> None:
        """Numbers right behind a number: their accidentals stand behind them (79b, 7911#)."""
        while found := self._take(_SUFFIXED):
            self._add(found[2] + found[1], found.start())

    def _read_alteration(self) -> None:
        start = self.at
        self._skip(" ,()")
        if self.at == len(self.text):
            return
        if self.number in ("", "7") and not self.alt and self._take(_ALT):
            self.alt, self.number = True, "7"
        elif not self.sus and (found := self._take(_SUS)):
            self.sus = found[1] or "4"
            if not self.number and not found[1]:
                self._read_number()
        elif found := self._take(_ADD):
            self._add(found[1], start)
        elif found := self._take(_PREFIXED):
            accidental = {"+": "#", "-": "b"}.get(found[1], found[1])
            if not accidental and found.start() == start:
                self._refuse(start)  # nothing separates this number from what is before it
            self._add(accidental + found[2], start)
        elif self._take(_PLUS):
            self._add("#5", start)
        else:
            self._refuse(start)

    def _add(self, name: str, start: int) -> None:
        name = _SAME_DEGREE.get(name, name)
        if name not in DEGREES or name in self.degrees:
            self._refuse(start)
        self.degrees.add(name)

    def _refuse(self, start: int) -> NoReturn:
        rest, good = self.full[start:], self.full[:start]
        raise UnreadableError(f"{rest!r} after {good!r} is no known number or alteration")

    def _refuse_contradictions(self) -> None:
        degrees = self.degrees
        if self.number == "5" and (self.kind or degrees or self.sus):
            raise UnreadableError("a power chord (5) takes nothing else")
        if self.alt and (self.kind or degrees or self.sus):
            raise UnreadableError("alt says what is altered, so nothing may stand beside it")
        if self.number == "2":
            raise UnreadableError("only a plain or a minor triad takes 2")
        if self.sus and self.kind not in ("", "maj"):
            raise UnreadableError("a sus chord is neither minor, diminished nor augmented")
        if self.kind == "dim" and "#5" in degrees:
            raise UnreadableError("a diminished chord has no raised fifth")
        if self.kind == "aug" and self.number == "11":
            raise UnreadableError("+11 may mean 7#11 or 7#5(11), so write one of these")
        if "3" in degrees and not self.sus:
            raise UnreadableError("only a sus chord has room for add3")
        if not (self.number or self.kind or self.sus) and degrees & {"b9", "#9", "b13"}:
            raise UnreadableError("an altered ninth or thirteenth needs a seventh, as in 'C7b9'")
        for number in ("9", "11", "13"):
            altered = sorted({"b" + number, "#" + number} & degrees)
            if altered and (self.number.endswith(number) or number in degrees):
                raise UnreadableError(f"{number} and {altered[0]} contradict each other")

    def _settle(self) -> None:
        """Bring equal chords to one form: hdim is m with b5, aug a #5, C11 is C9sus4, 7b6 is 7b13."""
        degrees = self.degrees
        if self.kind in ("hdim", "aug"):
            degrees.add("b5" if self.kind == "hdim" else "#5")
        if self.kind == "dim" or (self.kind == "m" and not self.number and "b5" in degrees):
            self.kind = "dim"
            degrees.discard("b5")
        self.kind = {"hdim": "m", "aug": "", "maj": ""}.get(self.kind, self.kind)
        if self.number and "b6" in degrees:
            degrees.remove("b6")
            degrees.add("b13")
        if self.number == "11" and not (self.kind or self.major_seventh or self.sus):
            self.number, self.sus = "9", "4"
        for number, tension, together in _TOGETHER:
            if self.kind == "dim":  # whose seventh is the sixth
                self.number = {"6": "7", "6/9": "9"}.get(self.number, self.number)
            if self.number == number and tension in degrees and (tension, self.kind) != ("11", ""):
                self.number = together
        if self.number:
            degrees -= {str(t) for t in (9, 11, 13) if DEGREES[str(t)] in NUMBERS[self.number][1]}
        degrees.discard({"4": "11", "2": "9"}.get(self.sus, ""))


def tones_of(symbol: Symbol) -> tuple[int, ...]:
    """The tones a symbol asks for: semitones above the root, sorted, 0 first, at most 8."""
    if symbol.number == "5":
        return (0, 7)
    if symbol.alt:
        return (0, 3, 4, 8, 10)
    third, fifth, seventh = KINDS[symbol.kind][0]
    degrees = symbol.degrees
    tones = {0} | {DEGREES[name] for name in degrees}
    tones.add({"": third, "4": 5, "2": 2}[symbol.sus])
    if not degrees & {"b5", "#5"}:
        tones.add(fifth)
    if symbol.number:
        tones |= set(NUMBERS[symbol.number][1])
        if symbol.has_seventh:
            tones.add(11 if symbol.major_seventh else seventh)
        if degrees & {"b9", "#9"}:
            tones.discard(2)  # 13b9: the ninth that 13 implies is the altered one
    if len(tones) > 8:
        raise UnreadableError(f"it asks for {len(tones)} different notes, more than 8")
    return tuple(sorted(tones))


def quality_of(symbol: Symbol, tones: tuple[int, ...]) -> str:
    """What the chord does: one of `improv.music.chord.QUALITIES`."""
    degrees = symbol.degrees
    if symbol.alt:
        return "alt"
    if symbol.sus:
        return "sus"
    if symbol.kind == "dim":
        return "dim"
    if symbol.kind == "m":
        return "hdim" if "b5" in degrees and 10 in tones else "min"
    dominant = symbol.has_seventh and not symbol.major_seventh
    if not dominant:
        return "aug" if "#5" in degrees else "maj"
    if "#5" in degrees or (degrees & {"b9", "#9"} and degrees & {"b5", "b13"}):
        return "alt"
    return "dom"


def spell(symbol: Symbol) -> str:
    """The one canonical spelling, without root and bass."""
    if symbol.alt:
        return "7alt"
    degrees = [name for name in DEGREES if name in symbol.degrees]
    augmented = not symbol.number and not symbol.kind and not symbol.sus and "#5" in degrees
    if augmented:
        degrees.remove("#5")
    major = {"": "maj", "m": "mMaj", "dim": "dimMaj"}
    head = major[symbol.kind] if symbol.major_seventh and symbol.has_seventh else symbol.kind
    head += "aug" if augmented else ""
    head += symbol.number + (f"sus{symbol.sus}" if symbol.sus else "")
    third = "add3" if "3" in degrees else ""
    degrees = [name for name in degrees if name != "3"]
    if not degrees:
        return head + third
    if not symbol.has_seventh and all(name in ("9", "11", "13") for name in degrees):
        return head + third + "".join(f"add{name}" for name in degrees)
    plain = all(name[0] in "b#" for name in degrees)
    bare_triad = not head  # Cb5 would be C flat
    if plain and not bare_triad:
        return head + third + "".join(degrees)
    return f"{head}{third}({','.join(degrees)})"
