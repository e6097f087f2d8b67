"""Draw generated choruses below the human ones over the same chords. Needs the extra [plot].

Blue Train · Lee Morgan, 134 bpm
human        | Eb7     |        | Ab7    | ...      the first bars of a chorus in one line;
generated    | Eb7     |        | Ab7    | ...      chord tones dark, other notes light
"""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from improv import files
from improv.errors import CorpusError
from improv.evaluation.choruses import over_chorus, readable_charts
from improv.evaluation.musical_measures import lines_of
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Transcription
from improv.piano_roll import check, pretty

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BARS = 16
_TONE, _OTHER, _EDGE = "#1d4e89", "#9fc5ea", "#1d4e89"
_INK, _PALE = "#26323f", "#8a97a5"
# Inches.
_WIDTH, _LEFT, _RIGHT, _ROW, _HEAD, _BETWEEN, _TOP = 17.0, 0.9, 0.2, 1.0, 0.62, 0.12, 0.5


@dataclass(frozen=True)
class Pair:
    """What a human played over a chorus, and what was generated over it; both from step 0."""

    human: Transcription
    generated: Transcription


def pairs(
    solos: Sequence[Transcription], played: Sequence[Transcription], count: int = 10
) -> list[Pair]:
    """`count` pairs over different tunes, spread evenly; `played` is what `generate` made of `solos`.

    Raises CorpusError if there is none.
    """
    found: dict[str, Pair] = {}
    for (solo, chorus), generated in zip(readable_charts(solos), played, strict=True):
        human = over_chorus(solo, chorus)
        if human.notes and solo.title not in found and any(s != "NC" for _, s in human.chords):
            found[solo.title] = Pair(human, generated)
    every = list(found.values())
    if not every:
        raise CorpusError(f"There is nothing to draw in {len(solos)} solos: none has chords.")
    count = min(count, len(every))
    return [every[at * len(every) // count] for at in range(count)]


def draw_pairs(rows: Sequence[Pair], path: Path, *, bars: int = BARS) -> None:
    """Draw the first `bars` bars of each pair as a PNG. Raises MissingError (no [plot]), OutputFileError."""
    draw_lines(
        [(("human", row.human), ("generated", row.generated)) for row in rows], path, bars=bars
    )


def draw_lines(
    blocks: Sequence[Sequence[tuple[str, Transcription]]], path: Path, *, bars: int = BARS
) -> None:
    """Draw blocks of named lines over the same chords, one below the other; the first of a block gives the
    title. Raises MissingError (no [plot]), OutputFileError."""
    check()
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    heights = [_HEAD + len(lines) * (_ROW + _BETWEEN) - _BETWEEN for lines in blocks]
    height = _TOP + sum(heights)
    figure = Figure(figsize=(_WIDTH, height), dpi=80, facecolor="white")
    canvas = FigureCanvasAgg(figure)
    for number, lines in enumerate(blocks):
        top = height - sum(heights[:number]) - _HEAD
        _, solo = lines[0]
        figure.text(
            _LEFT / _WIDTH,
            (top + 0.38) / height,
            f"{solo.title} · {solo.performer}, {solo.tempo_bpm:g} bpm".lstrip(),
            fontsize=12,
            weight="bold",
            color=_INK,
            parse_math=False,
        )
        end = bars * solo.beats_per_bar * STEPS_PER_BEAT
        pitches = [note.pitch for _, one in lines for note in one.notes if note.onset_step < end]
        for place, (name, one) in enumerate(lines):
            low = top - (place + 1) * _ROW - place * _BETWEEN
            width = (_WIDTH - _LEFT - _RIGHT) / _WIDTH
            axes = figure.add_axes((_LEFT / _WIDTH, low / height, width, _ROW / height))
            axes.set_xlim(0, end)
            axes.set_ylim(min(pitches, default=60) - 2, max(pitches, default=72) + 2)
            axes.set_ylabel(name, fontsize=9, color=_INK)
            _draw_row(axes, one, end, names=place == 0)
    picture = io.BytesIO()
    canvas.print_png(picture, metadata={"Software": "jazz-improv"})
    files.write_bytes(path, picture.getvalue())


def _draw_row(axes: Axes, solo: Transcription, end: int, *, names: bool) -> None:
    from matplotlib.collections import PolyCollection

    bar = solo.beats_per_bar * STEPS_PER_BEAT
    low, high = axes.get_ylim()
    axes.set_xticks([])
    axes.set_yticks([pitch for pitch in range(int(low), int(high) + 1) if pitch % 12 == 0])
    axes.set_yticklabels(
        [f"C{int(pitch) // 12 - 1}" for pitch in axes.get_yticks()], fontsize=7, color=_PALE
    )
    axes.grid(axis="y", color="#e3e8ee", lw=0.8)
    axes.tick_params(length=0)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.vlines(range(0, end + 1, STEPS_PER_BEAT), low, high, color="#eceff3", lw=0.7, zorder=0)
    axes.vlines(range(0, end + 1, bar), low, high, color="#aab4bf", lw=1.1, zorder=0)
    lines = lines_of(solo)
    boxes, colours = [], []
    for note, tone in zip(solo.notes, lines.tone, strict=True):
        if note.onset_step >= end:
            break
        left, right = note.onset_step, min(note.onset_step + note.duration_step, end)
        under, over = note.pitch - 0.45, note.pitch + 0.45
        boxes.append([(left, under), (right, under), (right, over), (left, over)])
        colours.append(_TONE if tone else _OTHER)
    axes.add_collection(
        PolyCollection(boxes, facecolors=colours, edgecolors=_EDGE, linewidths=0.5, zorder=2)
    )
    for step, symbol in solo.chords if names else ():
        if 0 <= step < end:
            axes.text(
                step + 1,
                high + 0.03 * (high - low),
                pretty(symbol),
                fontsize=8,
                color=_INK,
                va="bottom",
                rotation=0,
                parse_math=False,
            )
