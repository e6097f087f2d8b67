"""Draw a take as a piano roll: the solo below its chords, the band below the solo. Needs the extra [plot].

F7             Bb7            F7             Cm7    F7        four bars a line, sections and choruses anew
▬▬ ▬▬▬ ▭▭ ...                                                 the solo: chord tones dark, other notes light
▬▬▬▬▬   ▬▬▬▬                                                  comping and bass
' ' ' ' ' '                                                   drums: cymbals over snare over bass drum
"""

from __future__ import annotations

import importlib.util
import io
import re
import warnings
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from improv import files
from improv.errors import MissingError
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.pitch import pitch_name
from improv.music.take import DRUM_CHANNEL, Take, Track
from improv.notation.line import first_bar_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

BARS_A_LINE = 4
MOST_BARS = 128
"""The most bars of one picture; more are not drawn, and the title says so."""

_INK, _PALE = "#26323f", "#8a97a5"
_TONE, _OTHER = "#1d4e89", "#9fc5ea"
_PARTNER = "Partner"
"""The track of who played with them, in another colour."""
_PARTNER_TONE, _PARTNER_OTHER = "#a8321e", "#f0a893"
_BAND = {"piano": "#d9a441", "guitar": "#c98a5e", "bass": "#4f8a6d"}
_BAND_ELSE = "#a58fc2"
_DRUMS = "#7a7f87"
_NOTE_HEIGHT = 0.86
_TAIL_TICKS = TICKS_PER_BEAT // 8
"""What is shorter of a note that goes on in the next line is not drawn there."""
_LEAST_HEIGHT = 0.024  # inches, of a note

# Inches.
_WIDTH, _LEFT, _RIGHT = 13.0, 0.85, 0.25
_TITLE, _FOOT = 0.85, 0.2
_CHORDS, _SOLO, _ACCOMPANIMENT, _DRUM_STRIP = 0.44, 1.35, 0.72, 0.36
_DPI = 100

# General MIDI percussion -> row of the strip from below: bass drum, snare and toms, cymbals.
_KICKS, _CYMBALS = {35, 36}, {42, 44, 46, 49, 51, 52, 53, 55, 57, 59}
_ACCIDENTAL = re.compile(r"(?<=[A-G/])[b#]|[b#](?=\d)")


@dataclass(frozen=True)
class _Line:
    """Bars of one line of the picture, from `start_tick` up to `end_tick`."""

    bars: tuple[int, ...]
    start_tick: int
    end_tick: int


@dataclass(frozen=True)
class _Page:
    """What all lines of a picture share. Notes are sorted by onset; pitches are (lowest, highest)."""

    take: Take
    width_tick: int
    solo: tuple[Note, ...]
    partner: tuple[Note, ...]
    comping: tuple[Track, ...]
    drums: tuple[Note, ...]
    solo_pitches: tuple[int, int]
    band_pitches: tuple[int, int]

    @property
    def line_height(self) -> float:
        """Inches."""
        band = (_ACCOMPANIMENT if self.comping else 0) + (_DRUM_STRIP if self.drums else 0)
        return _CHORDS + _SOLO + band


def check() -> None:
    """Raise MissingError if the extra [plot] is not installed."""
    if importlib.util.find_spec("matplotlib") is None:
        raise MissingError("Piano rolls need matplotlib: `pip install 'jazz-improv[plot]'`.")


def draw(
    take: Take,
    path: Path,
    *,
    bars: int | None = None,
    progress: Callable[[int], None] | None = None,
) -> int:
    """Draw the first `bars` bars (None: all) of a take, at most MOST_BARS, as a PNG; returns how many.

    A count-in is left out, and its bars are not counted. `progress` is called with the tick up to which it is
    drawn. Raises MissingError without [plot], OutputFileError.
    """
    content, drawn = png(take, bars, progress)
    files.write_bytes(path, content)
    return drawn


def png(
    take: Take, bars: int | None = None, progress: Callable[[int], None] | None = None
) -> tuple[bytes, int]:
    """(the picture that `draw` writes, how many bars are on it). Raises MissingError."""
    check()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    chart = take.chart
    first = first_bar_of(take)
    drawn = max(1, min(bars or chart.bars, chart.bars - first, MOST_BARS))
    lines = lines_of(chart, first, drawn)
    page = _page(take, lines)
    height = _TITLE + _FOOT + len(lines) * page.line_height
    figure = Figure(figsize=(_WIDTH, height), dpi=_DPI, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    _head(figure, page, f"bars 1 to {drawn} of {chart.bars - first}", height)
    for number, line in enumerate(lines):
        top = height - _TITLE - number * page.line_height - _CHORDS
        _draw_line(figure, page, line, top, height)
        if progress is not None:
            progress(line.end_tick)
    picture = io.BytesIO()
    with warnings.catch_warnings():
        # Characters that its font lacks are drawn as boxes; the terminal need not hear about it.
        warnings.filterwarnings("ignore", message="Glyph .* missing", category=UserWarning)
        canvas.print_png(picture, metadata={"Software": "jazz-improv"})
    return picture.getvalue(), drawn


def lines_of(chart: Chart, first: int, bars: int) -> list[_Line]:
    """`count` bars from the absolute bar `first`, in lines of four; sections and choruses begin a line."""
    starts = {*chart.tops, *(tick for tick, _ in chart.sections)}
    rows: list[list[int]] = []
    for bar in range(first, first + bars):
        if not rows or len(rows[-1]) == BARS_A_LINE or chart.bar_tick(bar) in starts:
            rows.append([])
        rows[-1].append(bar)
    return [_Line(tuple(r), chart.bar_tick(r[0]), chart.bar_tick(r[-1] + 1)) for r in rows]


def _page(take: Take, lines: Sequence[_Line]) -> _Page:
    end_tick = lines[-1].end_tick

    def within(*tracks: Track) -> tuple[Note, ...]:
        notes = (note for track in tracks for note in track.notes if note.onset_tick < end_tick)
        return tuple(sorted(notes, key=lambda note: note.onset_tick))

    soloists = [t for t in take.tracks if t.written is not None] or take.tracks[:1]
    partner = within(*(t for t in soloists if t.name == _PARTNER))
    solo = within(*(t for t in soloists if t.name != _PARTNER))
    others = [t for t in take.tracks if t not in soloists]
    comping = tuple(
        Track(t.name, t.channel, t.program, within(t))
        for t in others
        if t.channel != DRUM_CHANNEL and t.notes
    )
    drums = [note for t in others if t.channel == DRUM_CHANNEL for note in within(t)]
    return _Page(
        take,
        max(line.end_tick - line.start_tick for line in lines),
        solo,
        partner,
        comping,
        tuple(sorted(drums, key=lambda note: note.onset_tick)),
        _range((*solo, *partner), 60, 76),
        _range([note for track in comping for note in track.notes], 40, 64),
    )


def _range(notes: Sequence[Note], low: int, high: int) -> tuple[int, int]:
    """(lowest, highest) pitch, at least an octave and a half apart."""
    if notes:
        low, high = min(n.pitch for n in notes), max(n.pitch for n in notes)
    room = max(0, 18 - (high - low))
    return low - 1 - room // 2, high + 1 + room // 2


def _between(notes: Sequence[Note], line: _Line) -> Sequence[Note]:
    """The notes of a line, with what goes on there of notes that began early, in the line before."""
    first = bisect_left(notes, line.start_tick, key=lambda note: note.onset_tick)
    early = [note for note in notes[:first] if note.end_tick > line.start_tick + _TAIL_TICKS]
    inside = notes[first : bisect_left(notes, line.end_tick, key=lambda note: note.onset_tick)]
    return [*early, *inside]


# -- the picture


def _head(figure: Figure, page: _Page, bars: str, height: float) -> None:
    from matplotlib.patches import Patch

    chart = page.take.chart
    left = _LEFT / _WIDTH
    figure.text(
        left,
        1 - 0.3 / height,
        _words(chart.title) or "Untitled",
        fontsize=17,
        weight="bold",
        color=_INK,
        va="center",
        parse_math=False,
    )
    words = [chart.style or chart.feel, f"{page.take.tempos[0][1]:g} bpm"]
    words += [f"in {pretty(chart.key)}"] if chart.key else []
    words.append(bars)
    figure.text(
        left,
        1 - 0.6 / height,
        _words(" · ".join(words)),
        fontsize=10,
        color=_PALE,
        va="center",
        parse_math=False,
    )
    patches = [
        Patch(facecolor=_TONE, label="chord tone"),
        Patch(facecolor=_OTHER, label="other note"),
        *(Patch(facecolor=_colour(track), label=track.name.lower()) for track in page.comping),
    ]
    if page.partner:
        patches[2:2] = [Patch(facecolor=_PARTNER_TONE, label="partner")]
    if page.drums:
        patches.append(Patch(facecolor=_DRUMS, label="drums"))
    figure.legend(
        handles=patches,
        loc="center right",
        bbox_to_anchor=(1 - _RIGHT / _WIDTH, 1 - 0.45 / height),
        ncols=len(patches),
        frameon=False,
        fontsize=9,
        labelcolor=_INK,
        handlelength=1.1,
        columnspacing=1.2,
        borderaxespad=0,
    )


def _colour(track: Track) -> str:
    return next((c for word, c in _BAND.items() if word in track.name.lower()), _BAND_ELSE)


def _axes(
    figure: Figure, top: float, inches: float, line: _Line, page: _Page, height: float
) -> Axes:
    """An empty stretch of the picture, as wide as the line lasts; `top` in inches from below."""
    width = (_WIDTH - _LEFT - _RIGHT) * (line.end_tick - line.start_tick) / page.width_tick
    axes = figure.add_axes(
        (_LEFT / _WIDTH, (top - inches) / height, width / _WIDTH, inches / height)
    )
    axes.set_xlim(line.start_tick, line.end_tick)
    axes.set_xticks([])
    axes.set_yticks([])
    for spine in axes.spines.values():
        spine.set_visible(False)
    return axes


def _draw_line(figure: Figure, page: _Page, line: _Line, top: float, height: float) -> None:
    solo = _axes(figure, top, _SOLO, line, page, height)
    _draw_solo(solo, page, line)
    _draw_names(solo, page.take.chart, line)
    stretches = [solo]
    below = top - _SOLO
    if page.comping:
        axes = _axes(figure, below, _ACCOMPANIMENT - 0.05, line, page, height)
        low, high = page.band_pitches
        axes.set_ylim(low, high)
        # The band has less room, but its notes are never too thin to see.
        thickness = max(_NOTE_HEIGHT, _LEAST_HEIGHT * (high - low) / _ACCOMPANIMENT)
        for track in page.comping:
            notes = _between(track.notes, line)
            _bars(axes, notes, [_colour(track)] * len(notes), line, thickness)
        stretches.append(axes)
        below -= _ACCOMPANIMENT
    if page.drums:
        axes = _axes(figure, below, _DRUM_STRIP - 0.06, line, page, height)
        axes.set_ylim(0, 3)
        for row in range(3):
            hits = [n for n in _between(page.drums, line) if _drum_row(n.pitch) == row]
            axes.vlines(
                [note.onset_tick for note in hits],
                row + 0.08,
                [row + 0.25 + 0.67 * note.velocity / 127 for note in hits],
                color=_DRUMS,
                lw=2.2,
            )
        stretches.append(axes)
    for axes in stretches:
        _draw_grid(axes, page.take.chart, line, names=axes is solo)


def _drum_row(pitch: int) -> int:
    return 0 if pitch in _KICKS else 2 if pitch in _CYMBALS else 1


def _draw_grid(axes: Axes, chart: Chart, line: _Line, *, names: bool) -> None:
    """Strong bar lines, faint beats, and horizontal lines for the Cs."""
    chart_bars = [(chart.bar_tick(bar), chart.bar_tick(bar + 1)) for bar in line.bars]
    beats = [
        t for start, end in chart_bars for t in range(start + TICKS_PER_BEAT, end, TICKS_PER_BEAT)
    ]
    low, high = axes.get_ylim()
    axes.vlines(beats, low, high, color="#eceff3", lw=0.8, zorder=0)
    bar_lines = [*(start for start, _ in chart_bars), line.end_tick]
    axes.vlines(bar_lines, low, high, color="#aab4bf", lw=1.1, zorder=0, clip_on=False)
    axes.set_ylim(low, high)
    if names:
        pitches = [p for p in range(int(low), int(high) + 1) if p % 12 == 0]
        for pitch in pitches:
            axes.axhline(pitch, color="#e3e8ee", lw=0.8, zorder=0)
        axes.set_yticks(pitches, [pitch_name(p) for p in pitches], fontsize=7.5, color=_PALE)
        axes.tick_params(length=0, pad=3)


def _draw_solo(axes: Axes, page: _Page, line: _Line) -> None:
    axes.set_ylim(*page.solo_pitches)
    for line_of, tone, other in (
        (page.solo, _TONE, _OTHER),
        (page.partner, _PARTNER_TONE, _PARTNER_OTHER),
    ):
        notes = _between(line_of, line)
        colours = []
        for note in notes:
            chord = page.take.chart.chord_at(note.onset_tick)
            inside = chord is not None and note.pitch % 12 in chord.tone_pcs
            colours.append(tone if inside else other)
        _bars(axes, notes, colours, line, edge=tone)


def _bars(
    axes: Axes,
    notes: Sequence[Note],
    colours: Sequence[str],
    line: _Line,
    thickness: float = _NOTE_HEIGHT,
    edge: str = "none",
) -> None:
    from matplotlib.collections import PolyCollection

    boxes = []
    for note in notes:
        left, right = max(note.onset_tick, line.start_tick), min(note.end_tick, line.end_tick)
        low, high = note.pitch - thickness / 2, note.pitch + thickness / 2
        boxes.append([(left, low), (right, low), (right, high), (left, high)])
    width = 0 if edge == "none" else 0.5
    axes.add_collection(
        PolyCollection(boxes, facecolors=list(colours), edgecolors=edge, linewidths=width, zorder=2)
    )


def _draw_names(axes: Axes, chart: Chart, line: _Line) -> None:
    """Chords and section above the line, chorus and bar before it."""
    from matplotlib.transforms import blended_transform_factory

    above = blended_transform_factory(axes.transData, axes.transAxes)
    names = [(line.start_tick, chart.chord_at(line.start_tick))]
    first = bisect_left(chart.changes, line.start_tick + 1, key=lambda change: change[0])
    for change in chart.changes[first:]:
        if change[0] >= line.end_tick:
            break
        if change[1] != names[-1][1]:
            names.append(change)
    for tick, chord in names:
        axes.text(
            tick + 24,
            1.07,
            pretty(chord.text) if chord else "N.C.",
            transform=above,
            fontsize=11,
            weight="bold",
            color=_INK if chord else _PALE,
            va="bottom",
            parse_math=False,
        )
    chorus, bar = chart.chorus_and_bar(line.bars[0])
    place = f"{chorus + 1}.{bar + 1}" if chorus >= 0 else "lead-in"
    section = dict(chart.sections).get(line.start_tick, "")
    figure, box = axes.figure, axes.get_position()
    inch = box.height / _SOLO
    left = 0.16 / _WIDTH
    figure.text(left, box.y1, place, fontsize=9, color=_PALE, va="top", parse_math=False)
    if section:
        figure.text(
            left,
            box.y1 + 0.11 * inch,
            _words(section),
            fontsize=11,
            weight="bold",
            color=_INK,
            va="bottom",
            parse_math=False,
            bbox={"boxstyle": "square,pad=0.25", "facecolor": "none", "edgecolor": _INK, "lw": 0.9},
        )


def _words(text: str) -> str:
    """Text on one line that a font can draw."""
    return " ".join(text.encode("utf-8", "replace").decode("utf-8").split())


def pretty(symbol: str) -> str:
    """A chord symbol with ♭ and ♯ as accidentals."""
    return _ACCIDENTAL.sub(lambda found: "♭" if found[0] == "b" else "♯", symbol)
