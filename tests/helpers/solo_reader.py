"""A MIDI file as the corpus reads it, back in ticks, for tests that say notes and chords in ticks."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from improv.corpus.midi import read_midi
from improv.errors import InputFileError
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_STEP, Note
from improv.music.transcription import chart_of


@dataclass(frozen=True)
class Heard:
    """Notes on the grid, all as loud, over the chart."""

    title: str
    notes: list[Note]
    chart: Chart


def read_solo(path: Path) -> Heard:
    """Raises InputFileError with the sentence for which the corpus leaves the file out."""
    reading = read_midi(path, path.stem)
    if reading.dropped:
        raise InputFileError(reading.dropped[0].sentence)
    solo = reading.solos[0]
    chart, shift = chart_of(solo)
    notes = [
        Note((n.onset_step + shift) * TICKS_PER_STEP, n.duration_step * TICKS_PER_STEP, n.pitch, 64)
        for n in solo.notes
    ]
    return Heard(solo.title, notes, chart)
