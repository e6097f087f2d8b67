"""The reader of chord symbols, and their one canonical spelling. The tables are `chord_tables`.

    symbol      = root kind [number] {alteration} ["/" bass]  |  root mode
    root, bass  = A-G with b or #; Bbb and F## are read too, and are A and G; a bass may be lower case
    kind        = a spelling of KINDS: nothing, maj, m, dim, aug, half-diminished, dominant;
                  m, dim and aug may be followed by a sign of the major seventh (mMaj7)
    number      = a row of NUMBERS: 6 6/9 7 9 11 13 5, and 2 for add9, 4 for sus4
    alteration  = sus, alt, add and a degree, no (omit) and 3 5 9 11, a seventh, or a row of
                  DEGREES; singly, in brackets, after commas or slashes

Accidentals stand before their number (C7b9#11, as iReal Pro writes) or, if numbers follow one
another without a break, after it (C79b, C7911#, as the Weimar Jazz Database writes), or after a
single number in brackets (C7(9b), C7(5+)). Case matters: CM7 is major, Cm7 minor. Voicings of 11 and
alt follow Mark Levine, *The Jazz Theory Book* (1995): C11 is C9sus4, and C7alt has a raised fifth
and ninth. No pattern repeats inside another, so the time is linear in the length of the text.
"""

from __future__ import annotations

import re
from typing import NoReturn

from improv.music.chord_tables import (
    DEGREES,
    KINDS,
    MODES,
    NUMBER_SPELLINGS,
    NUMBERS,
    SAME_DEGREE,
    SIGNS_OF_MAJOR_SEVENTH,
    TOGETHER,
    WITHOUT,
    one_of,
    tidy,
)
from improv.music.pitch import LETTER_PCS, pc_name

ROOT = re.compile(r"([A-G])([b#]?)")
# Bbb5 is B flat with a flat fifth: the second sign belongs to the root only if no number can claim it.
_ROOT = re.compile(r"([A-G])(bb(?!5|6|9|13)|##(?!5|9|11)|[b#]?)")
_BASS = re.compile(r"/\s*([A-Ga-g])(bb|##|[b#]?)$")
_SPACE_BEFORE_WORD = re.compile(r" +(?=[A-Za-zΔø°^])")
_KIND_OF = {spelling: kind for kind, (_, row) in KINDS.items() for spelling in row}
_MODE_OF = {name: chord for names, chord in MODES.values() for name in names}
_MAJOR_SIGN = one_of(KINDS["maj"][1])
_KIND = re.compile(one_of(tuple(_KIND_OF)))
_MODE = re.compile(rf"[ (]*({one_of(tuple(_MODE_OF))})[ )]*$", re.IGNORECASE)
_MAJOR = re.compile(_MAJOR_SIGN)
_MAJOR_IN_BRACKETS = re.compile(rf"\(\s*(?:{_MAJOR_SIGN})(?=\d*\s*\))")
_MAJOR_LATER = re.compile(rf"(?:{_MAJOR_SIGN})\s*(7|9|11|13)?(?!\d)|[#+](7)(?!\d)")
_SEVENTH_LATER = re.compile(r"(?i:add)\s*\(?\s*([b-]?)7(?!\d)|([b-])7(?!\d)")
_NUMBER = re.compile(one_of(NUMBER_SPELLINGS))
_NUMBER_IN_BRACKETS = re.compile(r"\(\s*(6/9|69|7|5)\s*\)")
_FIFTH_BEHIND = re.compile(r"5([b#])(?!\d)")  # C5b: this is how Band-in-a-Box writes the flat fifth
_FOUR = re.compile(r"4(?!\d)")
_PREFIXED = re.compile(r"([b#+-]?)(13|11|[24569])")
_SUFFIXED = re.compile(r"(13|11|9)((?<=9)[b#]|(?<=11)#|(?<=13)b)?")
_BEHIND = re.compile(r"(13(?=[b-])|11(?=[#+])|9|5)([b#+-])(?!\d)")
_SLASH_BEFORE_NUMBER = re.compile(rf"/\s*(?=[b#+-]?\d|(?:{_MAJOR_SIGN}))")
_SUS = re.compile(r"(?i:sus)(2/?4|4/?2|[24]?)")
_ADD = re.compile(r"(?i:add)\s*\(?\s*([b#]?(?:13|11|[234569]))")
_OMIT = re.compile(r"(?i:no|omit)\s*(3|5|9|11)(?:rd|d|th)?")
_ALT = re.compile(r"(?i:alt(?:ered)?)7?")
_PLUS = re.compile(r"\+|aug")
_BALANCED = re.compile(r"[^()]*(\([^()]+\)[^()]*)*")
_SIGNS = {"+": "#", "-": "b"}
_NEEDS_SEVENTH = {"b9", "#9", "b13"}
_WITHOUT_SEVENTH = ("", "5", "6", "6/9")


class UnreadableError(Exception):
    """What is wrong with a symbol, as the middle of a sentence."""


def _note_name(found: re.Match[str]) -> str:
    """The name of a root or bass with at most one sign: Bbb is A."""
    letter, signs = found[1].upper(), found[2]
    if len(signs) < 2:
        return letter + signs
    return pc_name(LETTER_PCS[letter] + (-2 if signs == "bb" else 2), signs == "bb")


class Symbol:
    """What one symbol says, read from left to right: each method takes what it knows and moves on.

    After reading, `kind` is "", m or dim; fifths and tensions are in `degrees` (names of DEGREES),
    and what is left out of the triad ("3", "5") in `omitted`.
    """

    def __init__(self, text: str) -> None:
        self.full = tidy(text)
        bass = _BASS.search(self.full, 1)
        self.text = self.full[: bass.start() if bass else None].rstrip()
        self.at = 0
        self.kind = ""
        self.major_seventh = False
        self.number = ""
        self.sus = ""
        self.alt = False
        self.degrees: set[str] = set()
        self.added: set[str] = set()  # degrees with the word add, which need no seventh
        self.omitted: set[str] = set()
        root = self._take(_ROOT)
        if not root:
            start = f"it begins with {text[0]!r}" if text else "it is empty"
            raise UnreadableError(f"{start}, where a root A to G was expected")
        self.root_name = _note_name(root)
        self.bass_name = _note_name(bass) if bass else self.root_name
        if not _BALANCED.fullmatch(self.text):
            raise UnreadableError("its brackets are empty or do not pair up")
        if not self._read_mode():
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

    @property
    def is_bare(self) -> bool:
        """Whether nothing is written before the alterations, as in a plain major triad."""
        return not (self.number or self.kind or self.sus)

    def _take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def _skip(self, signs: str) -> None:
        while self.at < len(self.text) and self.text[self.at] in signs:
            self.at += 1

    def _read_mode(self) -> bool:
        found = self._take(_MODE)
        if not found:
            return False
        self.kind, self.number, degree = _MODE_OF[found[1].lower()]
        self.major_seventh = self.kind == "maj"
        self.degrees |= {degree} - {""}
        return True

    def _read_kind(self) -> None:
        self._take(_SPACE_BEFORE_WORD)
        spelling = (self._take(_KIND) or [""])[0]
        self.kind = _KIND_OF[spelling]
        self.major_seventh = self.kind == "maj"
        seventh_implied = spelling in SIGNS_OF_MAJOR_SEVENTH or self.kind in ("hdim", "dom")
        if self.kind in ("m", "dim", "aug", "hdim"):
            sign = self._take(_MAJOR_IN_BRACKETS) or self._take(_MAJOR)
            if sign:
                self.major_seventh = seventh_implied = True
        self._skip(" ")
        if seventh_implied and not self._number_follows():
            self.number = "7"

    def _number_follows(self) -> bool:
        return _NUMBER.match(self.text, self.at) is not None

    def _read_number(self) -> None:
        if not self.kind and (found := self._take(_FIFTH_BEHIND)):
            self.degrees.add(found[1] + "5")
        elif self._number_follows():
            self.number = NUMBER_SPELLINGS[(self._take(_NUMBER) or "")[0]]
        elif not self.number and (found := self._take(_NUMBER_IN_BRACKETS)):
            self.number = NUMBER_SPELLINGS[found[1]]
        elif self.is_bare and self._take(_FOUR):
            self.sus = "4"
        if self.number == "2" and self.kind in ("", "m"):
            self.number = ""
            self.degrees.add("9")
        if self.number:
            self._read_suffixed()

    def _read_suffixed(self) -> None:
        """Numbers directly after a number: their accidentals come after them (79b, 7911#)."""
        while found := self._take(_SUFFIXED):
            self._add((found[2] or "") + found[1], found.start())

    def _read_alteration(self) -> None:
        start = self.at
        self._skip(" ,()")
        self._take(_SLASH_BEFORE_NUMBER)
        if self.at == len(self.text):
            return
        apart = self.at > start
        if self.number in ("", "7") and not self.alt and self._take(_ALT):
            self.alt, self.number = True, "7"
        elif found := self._take(_SUS):
            self._suspend(found[1], start)
        elif found := self._take(_OMIT):
            self.omitted.add(found[1])
        elif not self.major_seventh and (found := self._take(_MAJOR_LATER)):
            self._raise_seventh(found[1] or found[2] or "", start)
        elif self.number in _WITHOUT_SEVENTH and (found := self._take(_SEVENTH_LATER)):
            self._add_seventh(minor=bool(found[1] or found[2]))
        elif found := self._take(_ADD):
            self.added.add(SAME_DEGREE.get(found[1], found[1]))
            self._add(found[1], start)
        elif apart and (found := self._take(_BEHIND)):
            self._add(_SIGNS.get(found[2], found[2]) + found[1], start)
        elif found := self._take(_PREFIXED):
            if not found[1] and not apart:
                self._refuse(start)  # nothing separates this number from what is before it
            self._add(_SIGNS.get(found[1], found[1]) + found[2], start)
        elif self._take(_PLUS):
            self._add("#5", start)
            if not self.number:
                self._read_number()
        else:
            self._refuse(start)

    def _suspend(self, fourth: str, start: int) -> None:
        """Take a sus: 4 unless it says otherwise, and the second too if both are written."""
        if {self.sus, fourth} == {"2", "4"}:
            fourth = "24"
        elif self.sus:
            self._refuse(start)
        self.sus = "4" if len(fourth) > 1 else fourth or "4"
        if len(fourth) > 1:
            self.degrees.add("9")
        if self.number and not fourth:
            self._read_suffixed()
        elif not fourth:
            self._read_number()

    def _raise_seventh(self, number: str, start: int) -> None:
        """Take a major seventh written after the number: C7M, Cm7(maj7), C6(maj7), Cdim7(maj7)."""
        if self.number == "5" or (not self.kind and self.has_seventh and number):
            self._refuse(start)  # a power chord has no seventh; C7maj7 would have two
        if self.number in ("6", "6/9") or (self.kind == "dim" and self.number):
            self.degrees |= {"13", "9"} if "9" in self.number else {"13"}
        if self.number in ("", "6", "6/9", "7"):
            self.number = number or "7"
        self.major_seventh = True

    def _add_seventh(self, *, minor: bool) -> None:
        """Take a seventh that is added to what has none: Csusaddb7, Cm(b7), C6(b7); Cdim(b7) is Cm7b5."""
        if minor and self.kind == "dim":
            self.kind = "hdim"
        if self.number.startswith("6"):
            self.degrees |= {"13", "9"} if "9" in self.number else {"13"}
        if self.number == "5":
            self.omitted.add("3")
        self.number = "7"

    def _add(self, name: str, start: int) -> None:
        name = SAME_DEGREE.get(name, name)
        if name not in DEGREES or name in self.degrees:
            self._refuse(start)
        self.degrees.add(name)

    def _refuse(self, start: int) -> NoReturn:
        rest, good = self.full[start:], self.full[:start]
        raise UnreadableError(f"{rest!r} after {good!r} is not a known number or alteration")

    def _refuse_contradictions(self) -> None:
        degrees = self.degrees
        if self.number == "5" and (
            self.kind or self.sus or self.omitted or degrees - {"9", "11", "13"}
        ):
            raise UnreadableError("a power chord (5) can have nothing else")
        if self.alt and (self.kind or degrees or self.sus or self.omitted):
            raise UnreadableError("alt says what is altered, so nothing may stand beside it")
        if self.number == "2":
            raise UnreadableError("only a plain or a minor triad takes 2")
        if self.sus and self.kind in ("dim", "hdim"):
            raise UnreadableError("a sus chord is not diminished")
        if self.kind == "dim" and "#5" in degrees:
            raise UnreadableError("a diminished chord has no raised fifth")
        if self.kind == "aug" and self.number == "11":
            raise UnreadableError("+11 could mean 7#11 or 7#5(11), so write one of these")
        if "3" in degrees and not self.sus:
            raise UnreadableError("only a sus chord has room for add3")
        if self.is_bare and (degrees - self.added) & _NEEDS_SEVENTH:
            raise UnreadableError("an altered ninth or thirteenth needs a seventh, as in 'C7b9'")
        if "5" in self.omitted and (degrees & {"b5", "#5"} or self.kind in ("aug", "hdim")):
            raise UnreadableError("the fifth is altered and left out")
        if self.omitted & degrees:
            raise UnreadableError(f"{min(self.omitted & degrees)} is both added and left out")
        for number in ("9", "11", "13"):
            altered = sorted({"b" + number, "#" + number} & degrees)
            if altered and (self.number.endswith(number) or number in degrees):
                raise UnreadableError(f"{number} and {altered[0]} contradict each other")

    def _settle(self) -> None:
        """Bring equal chords to one form: hdim is m with b5, aug is a #5, C11 is C9sus4, 7b6 is 7b13."""
        degrees = self.degrees
        self._settle_kind()
        if self.number == "11" and not (self.kind or self.major_seventh or self.sus):
            self.number, self.sus = "9", "4"
            if degrees & {"b9", "#9"} and "13" not in degrees:
                self.number = "7"  # 13sus4b9 is spelled with its 13
        if (
            self.number == "5" and degrees
        ):  # a power chord and tensions is a triad without its third
            self.number = ""
            self.omitted.add("3")
        self._settle_omissions()
        for number, tension, together in TOGETHER:
            if self.kind == "dim":  # whose seventh is the sixth
                self.number = {"6": "7", "6/9": "9"}.get(self.number, self.number)
            if self.number == number and tension in degrees and (tension, self.kind) != ("11", ""):
                self.number = together
        if self.number and "b6" in degrees:
            degrees.remove("b6")
            degrees.add("b13")
        if self.number:
            degrees -= {str(t) for t in (9, 11, 13) if DEGREES[str(t)] in NUMBERS[self.number][1]}
        degrees.discard({"4": "11", "2": "9"}.get(self.sus, ""))
        self.major_seventh = self.major_seventh and self.has_seventh
        if self.is_bare and not degrees and self.omitted == {"3"}:
            self.number, self.omitted = "5", set()

    def _settle_kind(self) -> None:
        if self.kind == "hdim" and self.major_seventh:
            self.kind = "dim"
        if self.kind in ("hdim", "aug"):
            self.degrees.add("b5" if self.kind == "hdim" else "#5")
        if self.kind == "dim" or (self.kind == "m" and not self.number and "b5" in self.degrees):
            self.kind = "dim"
            self.degrees.discard("b5")
        self.kind = {"hdim": "m", "aug": "", "maj": "", "dom": ""}.get(self.kind, self.kind)

    def _settle_omissions(self) -> None:
        """Take what is omitted out of the number; only 3 and 5 are still printed."""
        for name in ("11", "9"):
            if name in self.omitted and (self.number, name) in WITHOUT:
                self.number, beside = WITHOUT[self.number, name]
                self.degrees |= {beside} - {""}
        self.omitted &= {"3", "5"} if not self.sus else {"5"}


def spell(symbol: Symbol) -> str:
    """The one canonical spelling, without root and bass."""
    if symbol.alt:
        return "7alt"
    degrees = [name for name in DEGREES if name in symbol.degrees]
    augmented = symbol.is_bare and "#5" in degrees
    if augmented:
        degrees.remove("#5")
    # An altered ninth on a triad needs the word add; everything else is printed without it.
    added = [name for name in degrees if symbol.is_bare and name in _NEEDS_SEVENTH]
    degrees = [name for name in degrees if name not in added]
    tail = "".join(f"add{name}" for name in added)
    tail += "".join(f"no{name}" for name in sorted(symbol.omitted))
    major = {"": "maj", "m": "mMaj", "dim": "dimMaj"}
    head = major[symbol.kind] if symbol.major_seventh and symbol.has_seventh else symbol.kind
    head += "aug" if augmented else ""
    head += symbol.number + (f"sus{symbol.sus}" if symbol.sus else "")
    third = "add3" if "3" in degrees else ""
    degrees = [name for name in degrees if name != "3"]
    if not degrees:
        return head + third + tail
    if not symbol.has_seventh and all(name in ("9", "11", "13") for name in degrees):
        return head + third + "".join(f"add{name}" for name in degrees) + tail
    plain = all(name[0] in "b#" for name in degrees)
    bare_triad = not head  # Cb5 would be C flat
    if plain and not bare_triad:
        return head + third + "".join(degrees) + tail
    return f"{head}{third}({','.join(degrees)}){tail}"
