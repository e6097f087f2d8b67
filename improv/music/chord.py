"""Chords: root, bass, quality, tones and scale. `improv.music.chord_symbol` owns their spelling."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property, lru_cache

from improv.errors import ChartError
from improv.music.chord_symbol import ROOT, Symbol, UnreadableError, quality_of, spell, tones_of
from improv.music.pitch import FLAT_NAMES, parse_pc_name, pc_name
from improv.music.scale import chord_scale

QUALITIES = ("maj", "min", "dom", "hdim", "dim", "aug", "sus", "alt")
"""What a chord does: `alt` is a dominant with a raised fifth or with both fifth and ninth altered;
6, maj7 and power chords are `maj`, minor with a major seventh is `min`, 7b9 and 7#11 are `dom`."""

EXAMPLES = "'C', 'Bb7', 'Ebmaj7', 'F#m7b5', 'G7alt', 'C7(b9,#11)', 'C6/9', 'D7/F#'"
"""Valid symbols that every error shows."""


@dataclass(frozen=True)
class Chord:
    """A chord: `text` is its one canonical spelling, and everything else follows from it.

    `tones` and `scale` are semitones above the root within one octave, sorted, 0 first; tones are
    those the symbol asks for (the slash bass is not among them), the scale has 5 to 8.
    """

    text: str
    root_pc: int
    bass_pc: int
    quality: str
    tones: tuple[int, ...]
    scale: tuple[int, ...]
    root_name: str

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
    def guide_tones(self) -> frozenset[int]:
        """Pitch classes of the third and seventh: what tells one chord from the next.

        The fourth or second stands for the third in a sus chord, the sixth for the seventh in a 6
        or dim7 chord; a triad has its third alone and a power chord none.
        """
        thirds = [t for t in ((4, 3) if self.quality != "sus" else (5, 2)) if t in self.tones]
        sevenths = [t for t in (11, 10, 9) if t in self.tones]
        return frozenset((self.root_pc + tone) % 12 for tone in thirds[:1] + sevenths[:1])

    def transposed(self, semitones: int) -> Chord:
        """The same chord moved by this many semitones; 0 keeps the spelling of the root."""
        if semitones % 12 == 0:
            return self
        minor = 3 in self.tones and 4 not in self.tones
        root = _usual_name(self.root_pc + semitones, minor=minor)
        kind = self.text[len(self.root_name) :]
        if self.bass_pc == self.root_pc:
            return parse_chord(root + kind)
        kind, _, _ = kind.rpartition("/")
        return parse_chord(f"{root}{kind}/{pc_name(self.bass_pc + semitones, '#' not in root)}")


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
    """Read a chord symbol; ChartError quotes it, says `where` it stands and what was expected."""
    try:
        return _parse(text.strip())
    except UnreadableError as problem:
        place = f" in {where}" if where else ""
        raise ChartError(
            f"Cannot read chord {text.strip()!r}{place}: {problem}; "
            f"expected a symbol such as {EXAMPLES}."
        ) from None


@lru_cache(maxsize=4096)
def _parse(text: str) -> Chord:
    return _build(Symbol(text))


def _build(symbol: Symbol) -> Chord:
    tones = tones_of(symbol)
    kind = quality_of(symbol, tones)
    row = kind
    if symbol.alt:
        row = "7alt"
    elif kind == "min" and (symbol.major_seventh or symbol.number in ("6", "6/9")):
        row = "min6"
    root_pc, bass_pc = parse_pc_name(symbol.root_name), parse_pc_name(symbol.bass_name)
    slash = f"/{symbol.bass_name}" if bass_pc != root_pc else ""
    return Chord(
        text=symbol.root_name + spell(symbol) + slash,
        root_pc=root_pc,
        bass_pc=bass_pc,
        quality=kind,
        tones=tones,
        scale=chord_scale(row, tones),
        root_name=symbol.root_name,
    )
