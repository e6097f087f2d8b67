"""Solos of the shipped cell, straight, as they would be written."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from improv.charts.library import load_chart
from improv.controls.table import Controls
from improv.music.chart import Chart
from improv.music.note import Note

SoloOver = Callable[[str, int], tuple[Chart, list[Note]]]


@pytest.fixture(scope="session")
def solo_over() -> SoloOver:
    """Give (chart of several choruses, notes) of what the shipped cell plays over a chart."""
    from improv.cell.load import find_model, load_model
    from improv.soloist.make import make_voice

    model = load_model(find_model("etudes"))

    def solo(spec: str, choruses: int) -> tuple[Chart, list[Note]]:
        chart = load_chart(spec).unrolled(choruses)
        voice = make_voice(model, chart, (7,))
        notes = []
        while voice.tick < chart.length_tick:
            step = voice.step(Controls())
            if step.note is not None and step.note.onset_tick < chart.length_tick:
                end_tick = min(step.note.end_tick, chart.length_tick)
                onset_tick = step.note.onset_tick
                notes.append(
                    Note(onset_tick, end_tick - onset_tick, step.note.pitch, step.note.velocity)
                )
        return chart, notes

    return solo
