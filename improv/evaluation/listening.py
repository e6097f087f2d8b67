"""How well a soloist hears: replies to what people played, beside replies to somebody else's call.

    solos ── calls_of ──> Call: four bars of a solo ── reply(call) ──> four bars over the next of its chart
                                                   ── reply(another's call) ──> the *ghost*

What chance and the chart alone bring about is in the ghost as well: a reply over the same four bars, made to
what another player played. So figures are those of replies, less those of ghosts where that is said.

Pick-up: call and reply share a run of three intervals with the same rhythm, in four classes of steps. It is
measured among people too: between a player's four bars and the next four, and others.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np

from improv.cell.load import load_model
from improv.config import Config, Tune
from improv.errors import CorpusError
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.music.transcription import Heard, Transcription, chart_of
from improv.partner.heard import HeardNote
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import Form

TRADED_BARS = 4
FEWEST_NOTES = 8
"""Of a window that counts as a call."""
RUN = 3
RHYTHM_STEPS = (4, 8, 14)
"""Upper ends of the classes of the time between onsets in which rhythms are compared."""
_SLIP_MS = 60.0

Notes = tuple[Heard, ...]


@dataclass(frozen=True)
class Call:
    """Four bars of a solo, which begin at a bar of its chart; `ghost` is another's, moved to these bars."""

    solo: Transcription
    bar: int
    notes: Notes
    ghost: Notes
    after: Notes
    """What the same player played next."""
    number: int


def classes(notes: Sequence[Heard]) -> list[tuple[int, int]]:
    """(interval, class of the time between onsets) from each note to the next."""
    return [
        (
            after.pitch - note.pitch,
            sum(after.onset_step - note.onset_step > steps for steps in RHYTHM_STEPS),
        )
        for note, after in zip(notes, notes[1:], strict=False)
    ]


def runs(notes: Sequence[Heard]) -> set[tuple[tuple[int, int], ...]]:
    """All runs of three."""
    moves = classes(notes)
    return {tuple(moves[at : at + RUN]) for at in range(len(moves) - RUN + 1)}


def picked_up(call: Sequence[Heard], reply: Sequence[Heard]) -> bool:
    """Whether something of the call is in the reply."""
    return not runs(call).isdisjoint(runs(reply))


def copied_whole(call: Sequence[Heard], reply: Sequence[Heard]) -> bool:
    """Whether the whole call is in the reply, moved or not."""
    whole, moves = classes(call), classes(reply)
    return any(moves[at : at + len(whole)] == whole for at in range(len(moves) - len(whole) + 1))


def windows_of(solo: Transcription, bars: int = TRADED_BARS) -> dict[int, Notes]:
    """The notes of every so many bars of its chart, by the first bar; steps are those of the chart."""
    _, shift = chart_of(solo)
    length = bars * solo.beats_per_bar * STEPS_PER_BEAT
    found: dict[int, list[Heard]] = {}
    for note in solo.notes:
        step = note.onset_step + shift
        found.setdefault(step // length * bars, []).append(replace(note, onset_step=step))
    return {bar: tuple(notes) for bar, notes in found.items()}


def calls_of(solos: Sequence[Transcription], rng: np.random.Generator) -> list[Call]:
    """All calls of the solos, each with another's in the same meter. Raises CorpusError for too few."""
    windows = [
        (solo, bar, notes, after)
        for solo in solos
        for found in [windows_of(solo)]
        for bar, notes in sorted(found.items())
        for after in [found.get(bar + TRADED_BARS, ())]
        if len(notes) >= FEWEST_NOTES and len(after) >= FEWEST_NOTES
    ]
    calls = []
    for number, (solo, bar, notes, after) in enumerate(windows):
        others = [
            (at, theirs)
            for other, at, theirs, _ in windows
            if other.performer != solo.performer
            and other.title != solo.title
            and other.beats_per_bar == solo.beats_per_bar
        ]
        if not others:
            raise CorpusError("There are too few players to compare: expected two or more.")
        at, theirs = others[int(rng.integers(len(others)))]
        by = (bar - at) * solo.beats_per_bar * STEPS_PER_BEAT
        ghost = tuple(replace(note, onset_step=note.onset_step + by) for note in theirs)
        calls.append(Call(solo, bar, notes, ghost, after, number))
    return calls


# -- the machine's part


@dataclass(frozen=True)
class Partner:
    """A soloist that hears. It is sent to other processes. `controls` are those that are set; `trades`: how
    often the same call is played in its turn before the reply that counts."""

    folder: Path
    controls: Mapping[str, float] = field(default_factory=dict)
    seed: int = 0

    def reply(self, call: Call, notes: Notes) -> Notes:
        """What it plays in the four bars after these; steps as those."""
        chart, _ = _chart(call.solo)
        first = "" if call.bar // TRADED_BARS % 2 == 0 else " first me"
        form = Form(1, count_in=0, ending="none", arc="steady", controls=dict(self.controls))
        tune: Tune = form.tune(chart)
        arrangement = arrange(tune.chart, tune.plan)
        start_tick = chart.bar_tick(call.bar)
        config = Config(
            (tune,), seed=self.seed * 100_003 + call.number, mode=f"trade {TRADED_BARS}{first}"
        )
        performance = make_performance(tune, arrangement, start_tick=start_tick)
        ensemble = make_ensemble(config, tune, performance, load(self.folder))
        for note in notes:
            onset_tick = note.onset_step * TICKS_PER_STEP
            ensemble.advance(onset_tick)
            ensemble.hear(_heard(note), onset_tick)
        end_tick = chart.bar_tick(call.bar + 2 * TRADED_BARS)
        begin_tick = chart.bar_tick(call.bar + TRADED_BARS)
        played = [
            note.written for note in ensemble.advance(end_tick + 1) if note.written is not None
        ]
        return tuple(
            Heard(
                note.onset_tick // TICKS_PER_STEP,
                max(1, note.duration_tick // TICKS_PER_STEP),
                note.pitch,
            )
            for note in played
            if begin_tick <= note.onset_tick < end_tick
        )


load = lru_cache(maxsize=2)(load_model)
_chart = lru_cache(maxsize=64)(chart_of)


def _heard(note: Heard) -> HeardNote:
    onset_tick, db = note.onset_step * TICKS_PER_STEP, note.loudness_db
    end_tick = onset_tick + note.duration_step * TICKS_PER_STEP
    return HeardNote(onset_tick, end_tick, note.pitch, 72, onset_tick)


def _replies(partner: Partner, call: Call) -> tuple[Notes, Notes]:
    return partner.reply(call, call.notes), partner.reply(call, call.ghost)
