"""Put a voice together from its parts, and play it without a clock.

Input -> output:  model, chart, seed  ->  Voice;  Voice, choruses  ->  notes, as fast as it can
Called by:        live.daemon, and the commands `generate` and `trace`
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np

from improv.cell.load import Model
from improv.controls.table import Controls
from improv.grammar.base import Grammar
from improv.grammar.registry import grammar_for
from improv.live.voice import Cell, Step, Voice, performed
from improv.music.chart import Chart
from improv.music.note import Note


def grammar_of(model: Model) -> Grammar:
    """The grammar the cell was trained on; ModelError if this version's is another one."""
    card = model.card
    return grammar_for(
        card.grammar_name,
        card.grammar_version,
        card.vocabulary,
        card.grammar_fingerprint,
        str(model.path),
    )


def make_voice(model: Model, chart: Chart, seed: int, cell: Cell | None = None) -> Voice:
    """A voice at the top of `chart`. `cell` replaces the NumPy cell of the model (another engine).

    Raises ModelError if this version's grammar is not the one the cell was trained on.
    """
    grammar = grammar_of(model)
    rng = np.random.default_rng(seed)
    return Voice(cell or model.cell, grammar.decoder(chart, rng), grammar.vocabulary, rng)


def improvise(voice: Voice, controls: Controls, end_tick: int) -> Iterator[Step]:
    """Step `voice` until `end_tick`; the same steps the performer would play in time."""
    while voice.tick < end_tick:
        yield voice.step(controls)


def performed_notes(
    voice: Voice,
    controls: Controls,
    end_tick: int,
    progress: Callable[[int], None] | None = None,
) -> list[Note]:
    """The notes up to `end_tick` as they would be played live (swung, cut at the end)."""
    notes = []
    for step in improvise(voice, controls, end_tick):
        if step.note is not None:
            onset_tick, note_end_tick = performed(step.note, controls)
            note_end_tick = min(note_end_tick, end_tick)
            notes.append(
                Note(onset_tick, note_end_tick - onset_tick, step.note.pitch, step.note.velocity)
            )
        if progress is not None:
            progress(min(step.next_tick, end_tick))
    return notes
