"""Solos: notes with the chords they were played over."""

from __future__ import annotations

from dataclasses import dataclass

from improv.music.chart import Chart
from improv.music.note import Note


@dataclass(frozen=True, slots=True)
class Solo:
    """Notes (one at a time, by onset) and the chart they were played over, bar 1 at tick 0.

    `chart` covers the whole solo, chorus after chorus, so `chart.chord_at(note.onset_tick)` is the
    chord that sounded. `source` names the file for messages.
    """

    title: str
    notes: tuple[Note, ...]
    chart: Chart
    source: str = ""
