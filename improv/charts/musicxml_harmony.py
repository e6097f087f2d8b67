"""MusicXML's `harmony` elements as chords, by way of our own symbols: one language of chords.

    root B -1, kind dominant-ninth, degree alter 9 -1   ->  "Bb" + "7" + "(b9)"  ->  parse_chord

Kind and degrees are what the element means (MusicXML 4.0, "kind-value" and "degree-type-value"; added degrees
count from a dominant chord, so a 7 is minor). The kind's `text` is what is printed. Where it is the whole
symbol and agrees about third and seventh it is preferred, since it also says what kinds cannot (7alt, no 5).
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from enum import Enum
from xml.etree.ElementTree import Element

from improv.charts.doubts import Doubts, nearest
from improv.charts.musicxml_file import number, word
from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord
from improv.music.pitch import pc_name

# Kind -> our symbol.
KINDS: dict[str, str] = {
    "major": "",
    "minor": "m",
    "augmented": "aug",
    "diminished": "dim",
    "dominant": "7",
    "major-seventh": "maj7",
    "minor-seventh": "m7",
    "diminished-seventh": "dim7",
    "augmented-seventh": "7#5",
    "half-diminished": "m7b5",
    "major-minor": "mMaj7",
    "major-sixth": "6",
    "minor-sixth": "m6",
    "dominant-ninth": "9",
    "major-ninth": "maj9",
    "minor-ninth": "m9",
    "dominant-11th": "11",
    "major-11th": "maj11",
    "minor-11th": "m11",
    "dominant-13th": "13",
    "major-13th": "maj13",
    "minor-13th": "m13",
    "suspended-second": "sus2",
    "suspended-fourth": "sus4",
    "power": "5",
    # Not in the standard, but written by music21 and others.
    "dominant-seventh": "7",
    "minor-major-seventh": "mMaj7",
    "minor-major-ninth": "mMaj9",
    "augmented-major-seventh": "maj7#5",
    "augmented-major-ninth": "maj9#5",
    "augmented-dominant-ninth": "9#5",
    "half-diminished-seventh": "m7b5",
    "half-diminished-ninth": "m9b5",
    "half-diminished-minor-ninth": "m7b5b9",
    "half-diminished-11th": "m11b5",
    "seventh-flat-five": "7b5",
    "suspended-fourth-seventh": "7sus4",
    # Functions, said with a root.
    "Neapolitan": "",
    "Italian": "7no5",
    "French": "7b5",
    "German": "7",
    "pedal": "5",
    "Tristan": "m7b5",
}

# Symbol and the number that is altered in it -> the symbol that has it no more.
_WITHOUT = {
    ("9", 9): "7",
    ("11", 9): "7(11)",
    ("11", 11): "9",
    ("13", 13): "9",
}

# Kind with a seventh added to it: alter -1 (diminished), 0 (as in a dominant) and 1. A -1 where there is no
# diminished seventh comes from programs that count from the major scale.
_WITH_SEVENTH: dict[str, dict[int, str]] = {
    "major": {-1: "7", 0: "7", 1: "maj7"},
    "minor": {-1: "m7", 0: "m7", 1: "mMaj7"},
    "augmented": {-1: "7#5", 0: "7#5", 1: "maj7#5"},
    "diminished": {-1: "dim7", 0: "m7b5", 1: "dimMaj7"},
    "suspended-fourth": {-1: "7sus4", 0: "7sus4", 1: "maj7sus4"},
    "suspended-second": {-1: "7sus2", 0: "7sus2", 1: "maj7sus2"},
}

_BASS_IN_TEXT = re.compile(r"/\s*[A-G][b#♭♯]?$")
_SIGNS = {-2: "bb", -1: "b", 0: "", 1: "#", 2: "##"}
_INVERSIONS = {1: (4, 3, 5, 2), 2: (7, 6, 8), 3: (10, 11, 9)}
_EXPECTED = (
    "a kind that is a chord symbol, such as 'dominant', 'minor-seventh' or 'half-diminished'"
)


class _Unread(Enum):
    """Stands for what is not a chord, not even N.C."""

    UNREAD = 0


UNREAD = _Unread.UNREAD


@dataclass
class _Part:
    """One chord of a `harmony`; two stand over each other in a polychord."""

    root: Element | None = None
    kinds: list[Element] = field(default_factory=list)
    bass: Element | None = None
    inversion: str = ""
    degrees: list[Element] = field(default_factory=list)


def _parts(harmony: Element) -> list[_Part]:
    parts = [_Part()]
    for child in harmony:
        if child.tag in ("root", "numeral", "function"):
            if parts[-1].root is not None:
                parts.append(_Part())
            parts[-1].root = child
        elif child.tag == "kind":
            parts[-1].kinds.append(child)
        elif child.tag == "bass":
            parts[-1].bass = child
        elif child.tag == "inversion":
            parts[-1].inversion = word(child)
        elif child.tag == "degree":
            parts[-1].degrees.append(child)
    return parts


def chord_of(harmony: Element, where: str) -> Chord | None:
    """The chord of a `harmony`; None where its kind is `none` (N.C.).

    Two roots with a kind each are a polychord, the upper chord first. ChartError quotes what cannot be read;
    `where` is its place.
    """
    *above, below = _parts(harmony)
    if not above and below.kinds and word(below.kinds[0]) == "none":
        return None
    lower = _part_chord(below, where)
    if not above:
        return lower
    if len(above) > 1:
        raise ChartError(
            f"Cannot read the harmony over {lower.text!r} in {where}: it has {len(above) + 1} roots, "
            "expected one, or two of a polychord."
        )
    return parse_chord(f"{_part_chord(above[0], where).text}|{lower.text}", where)


def chord_or_nearest(
    harmony: Element, where: str, doubts: Doubts
) -> tuple[Chord | _Unread | None, str]:
    """(chord, empty) of a `harmony`, or the nearest chord and a mark for its bar; UNREAD without a root."""
    try:
        chord = chord_of(harmony, where)
    except ChartError as error:
        near = next(filter(None, map(_nearest, reversed(_parts(harmony)))), None)
        said = "/".join(filter(None, map(_said, _parts(harmony))))
        mark = doubts.instead(said, error, near, is_known=near is not None)
        return UNREAD if near is None else near, mark
    doubts.count()
    return chord, ""


def _said(part: _Part) -> str:
    """About what is printed."""
    if part.root is None:
        return ""
    if part.root.tag != "root":
        return word(part.root) or word(part.root.find("numeral-root"))
    try:
        root = _note(part.root, "root", "")
    except ChartError:
        root = word(part.root.find("root-step"))
    kind = part.kinds[0] if part.kinds else None
    text = "" if kind is None else kind.get("text", "").strip() or KINDS.get(word(kind), word(kind))
    degrees = [word(degree.find("degree-value")) for degree in part.degrees]
    return root + text + (f"({','.join(degrees)})" if degrees else "")


def _nearest(part: _Part) -> Chord | None:
    """The chord without the parts that cannot be read; None if its root is unknown."""
    try:
        root = (
            _note(part.root, "root", "")
            if part.root is not None and part.root.tag == "root"
            else ""
        )
    except ChartError:
        return None
    if not root:
        return None
    kind = part.kinds[0] if part.kinds else Element("kind")
    for count in range(len(part.degrees), -1, -1):
        try:
            chord = _chord(part.degrees[:count], kind, root, "", part.bass is not None)
            break
        except ChartError:
            pass
    else:
        triad = {"min": "m", "dim": "dim", "aug": "aug", "hal": "m7b5"}.get(word(kind)[:3], "")
        chord = nearest(root + (kind.get("text", "").strip() or triad)) or parse_chord(root)
    try:
        return _over_bass(chord, part, root, "")
    except ChartError:
        return chord


def _part_chord(part: _Part, where: str) -> Chord:
    if part.root is not None and part.root.tag != "root":
        said = word(part.root) or word(part.root.find("numeral-root"))
        raise ChartError(
            f"Cannot read the harmony {said!r} in {where}: it is a degree of a key, expected a root "
            "such as 'C'."
        )
    root = _note(part.root, "root", where) if part.root is not None else ""
    if len(part.kinds) != 1 or not root:
        raise ChartError(
            f"Cannot read the harmony on {root or 'nothing'!r} in {where}: it has {len(part.kinds)} kinds, "
            "expected one root with one kind."
        )
    chord = _chord(part.degrees, part.kinds[0], root, where, part.bass is not None)
    return _over_bass(chord, part, root, where)


def _over_bass(chord: Chord, part: _Part, root: str, where: str) -> Chord:
    bass = _note(part.bass, "bass", where) if part.bass is not None else ""
    if not bass and part.inversion in ("1", "2", "3"):
        tone = next((tone for tone in _INVERSIONS[int(part.inversion)] if tone in chord.tones), 0)
        bass = pc_name(chord.root_pc + tone, "#" not in root) if tone else ""
    if not bass or chord.bass_pc != chord.root_pc:
        return chord
    return parse_chord(f"{chord.text}/{bass}", where)


def _note(note: Element, tag: str, where: str) -> str:
    """The name of the root or bass."""
    step, alter = word(note.find(f"{tag}-step")).upper(), number(note.find(f"{tag}-alter")) or 0
    if step not in tuple("ABCDEFG") or alter not in _SIGNS:
        raise ChartError(
            f"Cannot read the {tag} {step!r} altered by {float(alter):g} in {where}: expected A to G "
            "and -2 to 2."
        )
    return step + _SIGNS[int(alter)]


def _chord(degrees: list[Element], kind: Element, root: str, where: str, has_bass: bool) -> Chord:
    text = kind.get("text", "").strip()
    if has_bass:
        text = _BASS_IN_TEXT.sub("", text)
    meant = _read(root, _symbol(word(kind), degrees)) or _read(root, _by_tones(word(kind), degrees))
    whole = kind.get("use-symbols") != "yes" and all(
        degree.get("print-object") == "no" for degree in degrees
    )
    printed = _read(root, text) if text and (whole or meant is None or "alt" in text) else None
    if printed is not None and (meant is None or _core(printed) == _core(meant)):
        return printed
    if meant is None and not degrees and word(kind) not in KINDS:
        meant = _read(root, word(kind))  # a symbol where its kind belongs, as 'maj7'
    if meant is not None:
        return meant
    if word(kind) == "other" and not degrees:
        parse_chord(root + text, where)  # says what is wrong with the symbol
    more = f" with {len(degrees)} degrees" if degrees else ""
    raise ChartError(
        f"Cannot read the harmony {root + text!r} of kind {word(kind)!r}{more} in {where}: "
        f"expected {_EXPECTED}."
    )


def _read(root: str, symbol: str | None) -> Chord | None:
    if symbol is None:
        return None
    try:
        return parse_chord(f"{root}({symbol})" if symbol[:1] in ("b", "#") else root + symbol)
    except ChartError:
        return None


def _core(chord: Chord) -> tuple[bool, frozenset[int]]:
    """Whether it is minor, and its seventh."""
    return 3 in chord.tones and 4 not in chord.tones, frozenset({10, 11} & set(chord.tones))


def _symbol(kind: str, degrees: list[Element]) -> str | None:
    """Our symbol, without root, for a kind with its degrees; None if there is none."""
    symbol = KINDS.get(kind)
    if symbol is None:
        return None
    added: list[str] = []
    missing: list[str] = []
    for degree in degrees:
        value, alter = number(degree.find("degree-value")), number(degree.find("degree-alter")) or 0
        type_ = word(degree.find("degree-type"))
        if value is None or value.denominator != 1 or alter not in _SIGNS:
            return None
        name = f"{_SIGNS[int(alter)]}{value}"
        if type_ == "subtract":
            missing.append(f"no{value}")
        elif type_ == "add" and value == 7:
            if (symbol := _WITH_SEVENTH.get(kind, {}).get(int(alter))) is None:
                return None
        elif type_ == "alter" and (alter == 0 or value in (3, 7)):
            return None
        elif type_ == "alter" or type_ == "add":
            number_ = symbol.removeprefix("maj").removeprefix("m")
            shorter = _WITHOUT.get((number_, int(value))) if type_ == "alter" else None
            if shorter is not None:
                symbol = symbol.removesuffix(number_) + shorter
            added.append(name)
        else:
            return None
    if {"no3"} & set(missing) and {"4", "11"} & set(added) and "sus" not in symbol:
        # A sus chord said as a chord without its third and with a fourth.
        missing.remove("no3")
        added = [name for name in added if name not in ("4", "11")]
        symbol += "sus4"
    triad = not any(sign in symbol for sign in "679") and "1" not in symbol
    words = [
        f"add{name}" if (triad and name[0] not in "b#") or name == "3" else name for name in added
    ]
    tensions = [name for name in words if not name.startswith("add3")]
    return (
        symbol
        + "".join(name for name in words if name.startswith("add3"))
        + (f"({','.join(tensions)})" if tensions else "")
        + (f"({','.join(missing)})" if missing else "")
    )


_SCALE = {1: 0, 2: 2, 3: 4, 4: 5, 5: 7, 6: 9, 7: 10}
"""Degree -> semitones above the root in a dominant chord, as degrees that are added count."""
_HIGHEST = 15


def _by_tones(kind: str, degrees: list[Element]) -> str | None:
    """The symbol of a kind with any degrees, by the notes that they leave; None where one is no degree.

    What is altered counts from what the kind has there, what is added from a dominant chord; a degree that is
    there already changes nothing.
    """
    symbol = KINDS.get(kind)
    if symbol is None or not degrees:
        return None
    tones: dict[int, set[int]] = {degree: set() for degree in _SCALE}
    chord = parse_chord(f"C{symbol}")
    for semitones, name, _ in chord.tone_functions:
        tones[(int(name.strip("b#")) - 1) % 7 + 1].add(semitones)
    before = {degree: set(here) for degree, here in tones.items()}
    for degree in degrees:
        value, alter = number(degree.find("degree-value")), number(degree.find("degree-alter")) or 0
        if (
            value is None
            or not 1 <= value <= _HIGHEST
            or value.denominator != 1
            or alter not in _SIGNS
        ):
            return None
        at = (int(value) - 1) % 7 + 1
        here, tone = tones[at], (_SCALE[at] + int(alter)) % 12
        if at == 7 and alter == -1 and "dim" not in symbol:
            tone = 10  # from programs that count from the major scale
        type_ = word(degree.find("degree-type"))
        if type_ == "subtract":
            here.clear()
        elif type_ == "add":
            here.add(tone)
        elif type_ != "alter":
            return None
        elif tone not in here:
            tone = (min(here) + int(alter)) % 12 if here else tone
            here.clear()
            here.add(tone)
    return symbol if tones == before else _symbol_of(set().union(*tones.values()))


def symbol_of(tones: set[int]) -> str | None:
    """What stands behind the root of a chord of these tones (semitones above it); None: it has no name."""
    chord = _read("C", _symbol_of(tones))
    return chord.text[1:] if chord is not None and {*chord.tones} == tones else None


def _symbol_of(found: set[int]) -> str:
    """The symbol of these tones, or of most of them."""
    names: list[str] = []  # what is added
    third = 4 if 4 in found else 3 if 3 in found else 0
    suspended = "" if third else "sus4" if 5 in found else "sus2" if 2 in found else ""
    diminished = third == 3 and 6 in found and 7 not in found
    seventh = 11 if 11 in found else 10 if 10 in found else 0
    if diminished and not seventh and 9 in found:
        seventh = 9
    head = {3: "m", 4: "", 0: ""}[third]
    head = "dim" if diminished and seventh != 10 else head
    sixth = 9 in found and not seventh
    head += (
        "6"
        if sixth
        else {0: "", 9: "7", 10: "7", 11: "Maj7" if head else "maj7"}[seventh] + suspended
    )
    if sixth:
        head += suspended
    plain = not seventh  # then tensions say that they are added
    if 1 in found:
        names.append("addb9" if plain else "b9")
    altered_ninth = 1 in found or (third == 4 and 3 in found)
    if 2 in found and suspended != "sus2" and not altered_ninth:
        names.append("add9" if plain else "9")
    if third == 4 and 3 in found:
        names.append("add#9" if plain else "#9")
    if third and 5 in found and not {6, 7} <= found:  # not beside a #11
        names.append("add11" if plain else "11")
    if 6 in found and not (diminished and seventh != 10):
        names.append("#11" if 7 in found else "b5")
    if 8 in found:
        names.append("#5" if not found & {6, 7} else "b6" if plain else "b13")
    if 9 in found and not sixth and seventh != 9 and not (8 in found and found & {6, 7}):
        names.append("13")
    names += ["no3"] if not third and not suspended else []
    names += ["no5"] if not found & {6, 7, 8} else []
    return head + "".join(f"({name})" for name in names)
