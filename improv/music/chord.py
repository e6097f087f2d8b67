"""Chords: root, bass, quality, tones with their functions, and scales.

text -> Symbol (`chord_symbol`: what is written) -> functions, quality (`chord_meaning`: what it means)
-> scales (`scale`) -> Chord. docs/chords.md describes the whole language.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import NamedTuple

from improv.errors import ChartError
from improv.music.chord_meaning import (
    ToneFunction,
    functions_of,
    functions_over,
    quality_of,
    scale_row_of,
)
from improv.music.chord_symbol import ROOT, Symbol, UnreadableError, spell
from improv.music.chord_tables import tidy
from improv.music.pitch import FLAT_NAMES, line_name, line_place, parse_pc_name
from improv.music.scale import ChordScale, chord_scale, scales_of, split_scale

QUALITIES = ("maj", "min", "dom", "hdim", "dim", "aug", "sus", "alt")
"""What a chord does: `alt` is a dominant with a raised fifth or with both fifth and ninth altered;
6, maj7 and power chords are `maj`, minor with a major seventh is `min`, 7b9 and 7#11 are `dom`."""

EXAMPLES = "'C', 'Bb7', 'Ebmaj7', 'F#m7b5', 'G7alt', 'C7(b9,#11)', 'C6/9', 'D7/F#'"
"""Valid symbols that every error shows."""

NO_CHORD = "NC"
"""How "no chord" is printed. In a chart it is None."""

_NO_CHORD_SPELLINGS = frozenset(
    {"NC", "N.C.", "N.C", "NC.", "N/C", "NOCHORD", "NO_CHORD", "(NC)", "(N.C.)"}
)
_LONGEST_SYMBOL = 80  # characters; the longest symbol of the shared charts has 13
# Between the chords of a polychord; if there is a bar, a slash before it is a bass.
_OVER = re.compile(r"\s*(\|)\s*|\s*(/)\s*(?=[A-G])(?!.*\|)", re.DOTALL)
_NOTE = re.compile(r"[A-G](?:bb|##|[b#]?)")
_MINOR_SUS = re.compile(r"^[A-G][b#]?m(?!aj)")

# Roots that are easy to read, by their places on the line of fifths, and basses.
_FLATTEST, _FLATTEST_MINOR = -6, -5  # Gb, Dbm
_SHARPEST_MINOR, _SHARPEST_DOMINANT, _SHARPEST_MAJOR = 10, 9, 7  # A#m7b5 D#7 G#m7, C#maj7
_READ_BASSES = (-7, 11)  # Ab/Cb and C#/E#


@dataclass(frozen=True)
class Chord:
    """A chord: `text` is its one canonical spelling, and everything else follows from it.

    `tones` and `scale` are semitones above the root within one octave, sorted, 0 first; tones are
    those the symbol asks for (without the slash bass), and the scale has 5 to 8. A polychord
    has the root, bass and quality of its lower chord, and the tones of both; `upper` is the upper chord.
    """

    text: str
    root_pc: int
    bass_pc: int
    quality: str
    tones: tuple[int, ...]
    scale: tuple[int, ...]
    root_name: str
    upper: Chord | None = None

    def __str__(self) -> str:
        return self.text

    @cached_property
    def tone_pcs(self) -> frozenset[int]:
        """The chord tones as pitch classes (0-11, C is 0)."""
        return frozenset((self.root_pc + tone) % 12 for tone in self.tones)

    @cached_property
    def scale_pcs(self) -> frozenset[int]:
        """The scale as pitch classes (0-11, C is 0)."""
        return frozenset((self.root_pc + step) % 12 for step in self.scale)

    @cached_property
    def tone_functions(self) -> tuple[ToneFunction, ...]:
        """For each of `tones` its (semitones, degree, role), as (10, "b7", "guide")."""
        return _read(self.text).functions

    @cached_property
    def guide_tones(self) -> frozenset[int]:
        """Pitch classes of the third and seventh, which distinguish one chord from the next.

        The fourth or second stands for the third in a sus chord, the sixth for the seventh in a 6
        or dim7 chord; a triad has only its third, and a power chord has none.
        """
        return frozenset(
            (self.root_pc + tone) % 12
            for tone, _, role in self.tone_functions
            if role in ("guide", "sixth")
        )

    @cached_property
    def scales(self) -> tuple[ChordScale, ...]:
        """The chord's usual scales as (name, steps, source), with that of `scale` first."""
        return scales_of(_read(self.text).scale_row, self.tones)

    @cached_property
    def tensions(self) -> tuple[int, ...]:
        """Notes of `scale` to add to the chord tones, in semitones above the root."""
        return self._beside_tones[0]

    @cached_property
    def avoid(self) -> tuple[int, ...]:
        """Notes of `scale` that clash with a chord tone when held, in semitones above the root.

        With `tones` and `tensions` they make up the scale; `improv.music.scale.split_scale` has the rule.
        """
        return self._beside_tones[1]

    @property
    def _beside_tones(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        return split_scale(self.scale, self.tones, dominant=self.quality in ("dom", "alt"))

    def transposed(
        self, semitones: int, fifths: int | None = None, flattest: int = _FLATTEST
    ) -> Chord:
        """The same chord moved by this many semitones; with 0, the spelling stays.

        `fifths` is how far its name moves on the line of fifths, the same for all chords of a tune, so that
        Bbm7 Eb7 becomes Abm7 Db7 and not G#m7 Db7; without it, the root gets its most usual name. Names
        that nobody would write are respelled: none is flatter than `flattest` (-6 is Gb). A bass keeps its
        letter's distance from the root's: D/F#, not D/Gb.
        """
        if semitones % 12 == 0:
            return self
        home = line_place(self.root_name)
        place = self._root_place(semitones, fifths, flattest)
        root = line_name(place)
        if self.upper:
            lower = parse_chord(self.text[len(self.upper.text) + 1 :])
            lower = lower.transposed(semitones, place - home, flattest)
            upper = self.upper.transposed(semitones, place - home, flattest)
            return parse_chord(f"{upper.text}|{lower.text}")
        kind = self.text[len(self.root_name) :]
        if self.bass_pc == self.root_pc:
            return parse_chord(root + kind)
        kind, _, bass = kind.rpartition("/")
        bass = line_name(_within(line_place(bass) + place - home, *_READ_BASSES))
        return parse_chord(f"{root}{kind}/{bass}")

    def _root_place(self, semitones: int, fifths: int | None, flattest: int) -> int:
        """Where the root of the moved chord is on the line of fifths: a name that is easy to read."""
        minor = self.quality in ("min", "hdim", "dim") or _MINOR_SUS.search(self.text) is not None
        if fifths is None:
            return line_place(_usual_name(self.root_pc + semitones, minor=minor))
        if minor:
            flattest, sharpest = _FLATTEST_MINOR, _SHARPEST_MINOR
        else:
            sharpest = _SHARPEST_MAJOR if self.quality in ("maj", "aug") else _SHARPEST_DOMINANT
        return _within(line_place(self.root_name) + fifths, flattest, sharpest)


def _within(place: int, flattest: int, sharpest: int) -> int:
    """The place on the line of fifths, or that of the same note under its other name."""
    while place < flattest:
        place += 12
    while place > sharpest:
        place -= 12
    return place


def _usual_name(pc: int, *, minor: bool) -> str:
    """The root as charts usually spell it: C#m, F#m, G#m, but Db, Gb, Ab, Eb, Bb."""
    sharps = {1: "C#", 6: "F#", 8: "G#"} if minor else {}
    return sharps.get(pc % 12, FLAT_NAMES[pc % 12])


def transpose_name(text: str, semitones: int) -> str:
    """Move the note at the start of a name ("F", "Bb minor") and keep the rest."""
    found = ROOT.match(text)
    if not found or semitones % 12 == 0:
        return text
    rest = text[found.end() :]
    minor = rest.strip().startswith(("m", "-")) and not rest.strip().startswith("maj")
    return _usual_name(parse_pc_name(found[0]) + semitones, minor=minor) + rest


def parse_chord(text: str, where: str = "") -> Chord:
    """Read a chord symbol. ChartError quotes it, and says where it is (`where`) and what was expected."""
    text = text.strip()
    try:
        if len(text) > _LONGEST_SYMBOL:
            raise UnreadableError(f"it is {len(text)} characters long, at most {_LONGEST_SYMBOL}")
        return _parse(text)
    except UnreadableError as problem:
        place = f" in {where}" if where else ""
        quoted = text if len(text) <= _LONGEST_SYMBOL else f"{text[:_LONGEST_SYMBOL]}..."
        raise ChartError(
            f"Cannot read chord {quoted!r}{place}: {problem}; expected a symbol such as {EXAMPLES}."
        ) from None


def parse_chord_or_nc(text: str, where: str = "") -> Chord | None:
    """Read a chord symbol; None if it says that there is no chord: NC, N.C., n.c., No Chord.

    ChartError as `parse_chord`. Every reader of charts reads its symbols with this.
    """
    return None if is_no_chord(text) else parse_chord(text, where)


def is_no_chord(text: str) -> bool:
    """Whether the text says that there is no chord, in any case and with any spaces."""
    return len(text) <= _LONGEST_SYMBOL and "".join(text.split()).upper() in _NO_CHORD_SPELLINGS


def print_chord(chord: Chord | None) -> str:
    """The canonical spelling of a chord, or NC; `parse_chord_or_nc` reads it as the same chord."""
    return NO_CHORD if chord is None else chord.text


class _Reading(NamedTuple):
    """What a text says, including what `Chord` does not keep."""

    chord: Chord
    functions: tuple[ToneFunction, ...]
    scale_row: str
    symbol: Symbol


def _parse(text: str) -> Chord:
    return _read(text).chord


@lru_cache(maxsize=4096)
def _read(text: str) -> _Reading:
    text = tidy(text)
    over = _OVER.search(text, 1)
    if not over or (over[2] and _NOTE.fullmatch(text, over.end())):
        symbol = Symbol(text)
        canonical = symbol.root_name + spell(symbol) + _slash(symbol)
        return _build(symbol, canonical, functions_of(symbol))
    return _read_polychord(text[: over.start()], text[over.end() :], slash=bool(over[2]))


def _slash(symbol: Symbol) -> str:
    same = parse_pc_name(symbol.bass_name) == parse_pc_name(symbol.root_name)
    return "" if same else f"/{symbol.bass_name}"


def _read_polychord(above: str, below: str, *, slash: bool) -> _Reading:
    """Read an upper chord over a lower one; a lower triad is printed as Cmaj, since /C is a bass."""
    upper, lower = _read(above), _read(below)
    if upper.chord.upper or lower.chord.upper:
        raise UnreadableError("a polychord has two chords")
    if "/" in _slash(upper.symbol):
        raise UnreadableError("the upper chord of a polychord has no bass of its own")
    kind = spell(lower.symbol)
    if slash and _NOTE.fullmatch(below.partition("/")[0].strip()):
        raise UnreadableError("it has two basses")
    up = (upper.chord.root_pc - lower.chord.root_pc) % 12
    functions = functions_over(lower.functions, [(up + tone) % 12 for tone in upper.chord.tones])
    text = f"{upper.chord.text}/{lower.symbol.root_name}{kind or 'maj'}{_slash(lower.symbol)}"
    return _build(lower.symbol, text, functions, upper.chord)


def _build(
    symbol: Symbol,
    text: str,
    functions: tuple[ToneFunction, ...],
    upper: Chord | None = None,
) -> _Reading:
    tones = tuple(function.semitones for function in functions)
    quality = quality_of(symbol, functions)
    scale_row = scale_row_of(symbol, quality)
    chord = Chord(
        text=text,
        root_pc=parse_pc_name(symbol.root_name),
        bass_pc=parse_pc_name(symbol.bass_name),
        quality=quality,
        tones=tones,
        scale=chord_scale(scale_row, tones).steps,
        root_name=symbol.root_name,
        upper=upper,
    )
    return _Reading(chord, functions, scale_row, symbol)
