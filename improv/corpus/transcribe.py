"""A piece in ticks, as MIDI and MusicXML have it -> a transcription on the grid, checked.

    Piece     notes, chords, meters and sections in ticks, 480 a quarter; the key as charts write it
    result    the same in steps of 40 ticks from the bar line of its meter on, with what was doubted

A piece has one meter: that of the stretch with most of the notes. What stands in other meters is left out;
where that is a tenth of the notes or more, the piece is.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from improv.corpus.checks import bar_line_shift, key_of
from improv.corpus.events import USUAL_BPM
from improv.corpus.reading import (
    ANOTHER_METER,
    METER_CHANGES,
    ODD_METER,
    SAME_STEP,
    LeftOutError,
    Reading,
)
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.meter import Meter
from improv.music.note import TICKS_PER_BEAT, TICKS_PER_STEP, Note
from improv.music.transcription import Heard, Transcription

_END_TICK = 1 << 62
_MOST_ELSEWHERE = 0.1


@dataclass(frozen=True)
class Piece:
    """A melody with its chords, in ticks; `notes` one at a time, by onset."""

    id: str
    title: str
    notes: Sequence[Note]
    changes: Sequence[tuple[int, Chord | None]]
    spans: Sequence[tuple[int, Meter]]
    """(tick, meter) from 0 on."""
    sections: Sequence[tuple[int, str, int]] = ()
    tempo_bpm: float = USUAL_BPM
    key: str = ""
    instrument: str = ""
    finds_bar_line: bool = False
    """Whether the chords may say that the bar line is elsewhere."""


def spans_of(chart: Chart) -> list[tuple[int, Meter]]:
    """The meters of a chart, each with its tick."""
    return [(0, chart.meter), *chart.meter_changes]


def one_at_a_time(notes: Sequence[Note]) -> list[Note]:
    """The notes, by onset, each cut where the next begins."""
    cut = [
        replace(note, duration_tick=min(note.duration_tick, after.onset_tick - note.onset_tick))
        for note, after in pairwise(notes)
    ]
    return [*cut, *notes[-1:]]


def transcribe(piece: Piece, reading: Reading) -> None:
    """Add the transcription of a piece to a reading. Raises LeftOutError where there can be none."""
    origin_tick, end_tick, meter = _main_span(piece)
    quarters, rest = divmod(meter.ticks_per_bar, TICKS_PER_BEAT)
    if rest:
        raise LeftOutError(
            ODD_METER, f"{piece.id}: a bar of {meter} is not a whole number of quarters."
        )
    bar_tick = meter.ticks_per_bar
    inside = [note for note in piece.notes if origin_tick - bar_tick <= note.onset_tick < end_tick]
    elsewhere = len(piece.notes) - len(inside)
    if elsewhere >= _MOST_ELSEWHERE * len(piece.notes):
        meters = ", ".join(dict.fromkeys(str(meter) for _, meter in piece.spans))
        raise LeftOutError(METER_CHANGES, f"{piece.id}: its meter changes ({meters}).")
    if elsewhere:
        reading.notes[ANOTHER_METER] += elsewhere
    if piece.finds_bar_line and len(piece.spans) == 1:
        steps = [tick // TICKS_PER_STEP for tick, _ in piece.changes]
        if beats := bar_line_shift(steps, quarters):
            origin_tick += beats * TICKS_PER_BEAT
            reading.remark(
                piece.id, f"its chords change on beat {beats + 1}: bar lines were moved there"
            )
    solo = Transcription(
        id=piece.id,
        title=piece.title,
        performer="",
        instrument=piece.instrument,
        style="",
        rhythmfeel="",
        tempo_bpm=piece.tempo_bpm,
        key="",
        beats_per_bar=quarters,
        chords=_chords(piece, origin_tick, bar_tick, end_tick),
        sections=tuple(
            (_step(tick - origin_tick), label, chorus)
            for tick, label, chorus in piece.sections
            if origin_tick <= tick < end_tick
        ),
        notes=_notes(inside, origin_tick, reading),
    )
    key, remark = key_of(solo, piece.key)
    if remark:
        reading.remark(piece.id, remark)
    reading.solos.append(replace(solo, key=key))


def _main_span(piece: Piece) -> tuple[int, int, Meter]:
    """(tick, end tick, meter) of the stretch in one meter that has most of the notes."""
    onsets = [note.onset_tick for note in piece.notes]
    best = (-1, 0, _END_TICK, piece.spans[0][1])
    for (tick, meter), (end_tick, _) in pairwise([*piece.spans, (_END_TICK, Meter(4))]):
        count = bisect_right(onsets, end_tick - 1) - bisect_right(onsets, tick - 1)
        if count > best[0]:
            best = (count, tick, end_tick, meter)
    return best[1:]


def _chords(
    piece: Piece, origin_tick: int, bar_tick: int, end_tick: int
) -> tuple[tuple[int, str], ...]:
    """The chords from one bar before the first bar line on; one that began earlier begins there."""
    start_tick = max(min(origin_tick, 0), origin_tick - bar_tick)
    placed: dict[int, str] = {}
    for tick, chord in piece.changes:
        if tick < end_tick:
            placed[_step(max(tick, start_tick) - origin_tick)] = chord.text if chord else "NC"
    chords: list[tuple[int, str]] = []
    for step, symbol in sorted(placed.items()):
        if not chords or chords[-1][1] != symbol:
            chords.append((step, symbol))
    return tuple(chords)


def _notes(notes: Sequence[Note], origin_tick: int, reading: Reading) -> tuple[Heard, ...]:
    by_step: dict[int, list[Note]] = {}
    for note in notes:
        by_step.setdefault(_step(note.onset_tick - origin_tick), []).append(note)
    # Where all are equally loud nobody played them.
    played = len({note.velocity for note in notes}) > 1
    heard = []
    for step, here in sorted(by_step.items()):
        note = _chief(here)
        if len(here) > 1:
            reading.notes[SAME_STEP] += len(here) - 1
        duration = max(1, round(note.duration_tick / TICKS_PER_STEP))
        heard.append(
            Heard(step, duration, note.pitch, _loudness_db(note.velocity) if played else None)
        )
    return tuple(heard)


def _chief(notes: Sequence[Note]) -> Note:
    """Of notes on one step the highest that is not an ornament of another."""
    longest = max(note.duration_tick for note in notes)
    return max(
        (note for note in notes if 2 * note.duration_tick >= longest), key=lambda note: note.pitch
    )


def _step(tick: int) -> int:
    return (2 * tick + TICKS_PER_STEP) // (2 * TICKS_PER_STEP)


def _loudness_db(velocity: int) -> float:
    """What synthesizers make of a velocity, 40 log10(v / 127) dB (DLS 2), 75 dB for the loudest."""
    return round(75 + 40 * math.log10(max(velocity, 1) / 127), 1)
