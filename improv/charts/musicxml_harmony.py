"""MusicXML's `harmony` elements as chords, by way of our own symbols: one language of chords.

    root B -1, kind dominant-ninth, degree alter 9 -1   ->  "Bb" + "7" + "(b9)"  ->  parse_chord

Kind and degrees are what the element means (MusicXML 4.0, "kind-value" and "degree-type-value"; added degrees
count from a dominant chord, so a 7 is minor). The kind's `text` is what is printed. Where it is the whole
symbol and agrees about third and seventh it is preferred, since it also says what kinds cannot (7alt, no 5).
"""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

from improv.charts.musicxml_file import number, word
from improv.errors import ChartError
from improv.music.chord import Chord, parse_chord
from improv.music.pitch import pc_name

# Kind -> our symbol.
_KINDS: dict[str, str] = {
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


def chord_of(harmony: Element, where: str) -> Chord | None:
    """The chord of a `harmony`; None where its kind is `none` (N.C.).

    ChartError quotes what cannot be read; `where` is its place.
    """
    kinds = harmony.findall("kind")
    kind = word(kinds[0]) if kinds else ""
    if kind == "none":
        return None
    for tag in ("numeral", "function"):
        if harmony.find("root") is None and (roman := harmony.find(tag)) is not None:
            said = word(roman.find("numeral-root") if tag == "numeral" else roman)
            raise ChartError(
                f"Cannot read the harmony {said!r} in {where}: it is a degree of a key, expected a root "
                "such as 'C'."
            )
    root = _note(harmony, "root", where)
    if not kinds or not root or len(kinds) > 1:
        raise ChartError(
            f"Cannot read the harmony on {root or 'nothing'!r} in {where}: it has {len(kinds)} kinds, "
            "expected one root with one kind."
        )
    chord = _chord(harmony, kinds[0], root, where)
    bass = _note(harmony, "bass", where)
    inversion = word(harmony.find("inversion"))
    if not bass and inversion in ("1", "2", "3"):
        tone = next((tone for tone in _INVERSIONS[int(inversion)] if tone in chord.tones), 0)
        bass = pc_name(chord.root_pc + tone, "#" not in root) if tone else ""
    return parse_chord(f"{chord.text}/{bass}", where) if bass else chord


def _note(harmony: Element, tag: str, where: str) -> str:
    """The name of the root or bass; empty where there is none."""
    note = harmony.find(tag)
    if note is None:
        return ""
    step, alter = word(note.find(f"{tag}-step")), number(note.find(f"{tag}-alter")) or 0
    if step not in tuple("ABCDEFG") or alter not in _SIGNS:
        raise ChartError(
            f"Cannot read the {tag} {step!r} altered by {float(alter):g} in {where}: expected A to G "
            "and -2 to 2."
        )
    return step + _SIGNS[int(alter)]


def _chord(harmony: Element, kind: Element, root: str, where: str) -> Chord:
    degrees = harmony.findall("degree")
    text = kind.get("text", "").strip()
    if harmony.find("bass") is not None:
        text = _BASS_IN_TEXT.sub("", text)
    meant = _read(root, _symbol(word(kind), degrees))
    whole = kind.get("use-symbols") != "yes" and all(
        degree.get("print-object") == "no" for degree in degrees
    )
    printed = _read(root, text) if text and (whole or meant is None or "alt" in text) else None
    if printed is not None and (meant is None or _core(printed) == _core(meant)):
        return printed
    if meant is None and not degrees and word(kind) not in _KINDS:
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
    """Our symbol, without root, of a kind with its degrees; None where there is none."""
    symbol = _KINDS.get(kind)
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
