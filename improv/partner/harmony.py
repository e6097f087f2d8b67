"""The harmony of the moment: what a chord that is heard adds to the one on the chart.

    G7 on the chart, F B E Ab struck over it  ->  13 and b9 are likelier, b13 and 9 less, up to the next chord

Input -> output:  a heard chord, the chart  ->  Colour for the soloists' choice of pitches
"""

from __future__ import annotations

import numpy as np

from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT
from improv.partner.heard import HeardNote
from improv.soloist.line_voice import PITCHES, Colour

_EARLY_TICK = TICKS_PER_BEAT // 2
"""A chord that is struck so soon before a change is the next one, anticipated."""
_TONE, _INSIDE, _OUTSIDE, _AGAINST = 0.3, 0.6, 1.2, -1.0
"""In nats at `listen` 1: what is struck and a tone of the chord on the chart, only in its scale, or not even
there; and what stands a semitone from one of the latter and is not struck."""


def colour_of(note: HeardNote, chart: Chart, listen: float) -> Colour | None:
    """What soloists make of a chord that was struck; None where that is nothing."""
    pcs = {pitch % 12 for pitch in (*note.under, note.pitch)}
    change_tick, following = chart.next_change(note.onset_tick)
    from_tick, chord = note.onset_tick, chart.chord_at(note.onset_tick)
    if change_tick - note.onset_tick <= _EARLY_TICK:
        from_tick, chord = change_tick, following
        change_tick, _ = chart.next_change(change_tick)
    tones, scale = (
        (chord.tone_pcs, chord.scale_pcs) if chord is not None else (frozenset[int](),) * 2
    )
    colours = pcs - tones
    against = {(pc + step) % 12 for pc in colours for step in (-1, 1)} - pcs - tones
    if not listen or not colours:
        return None
    by_pc = np.zeros(12, np.float32)
    rows = ((pcs & tones, _TONE), (colours & scale, _INSIDE), (colours - scale, _OUTSIDE))
    for found, nats in (*rows, (against, _AGAINST)):
        by_pc[list(found)] = nats * listen
    return Colour(np.resize(by_pc, PITCHES), from_tick, change_tick)
