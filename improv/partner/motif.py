"""What of a call comes back in the reply.

    call ──> a few notes of it, as they are, turned, lengthened or their rhythm alone ──> Taking, a Pull

The cell still draws each note: a Taking adds to the scores of what the motif would have next, as much as the
control `answer` says, and where the cell goes elsewhere the motif is given up. Where it begins it leans to
the pitch from which the motif fits the chords it will fall on. So what comes back is moved to where the music
is, and is seldom the same twice.

With `follow` a reply goes to the density, the register, the loudness and the touch of the call, or away.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from improv.controls.table import Controls
from improv.features.notes import AVOID, OUTSIDE, TENSION, TONE, roles_of
from improv.grammar.line.table import PITCHES, WAITS, wait_class
from improv.music.chart import Chart
from improv.music.chord import Chord
from improv.music.note import STEPS_PER_BEAT, TICKS_PER_STEP
from improv.partner.heard import HeardNote

Floats = NDArray[np.float32]

FEWEST_NOTES, MOST_NOTES = 4, 7
"""Of a motif."""
_LONGEST_WAIT_STEPS = 2 * STEPS_PER_BEAT
"""A motif has no longer one within it."""
_SURE = 7.0
"""Nats by which the next note of a motif is made likelier at `answer` 1."""
_FIT = {TONE: 1.0, TENSION: 0.6, AVOID: 0.2, OUTSIDE: -1.0}


@dataclass(frozen=True)
class Motif:
    """n intervals in semitones and n waits in steps, between n + 1 notes.

    `pitched` False: its rhythm alone. `phase`: steps into the beat of its first note.
    """

    intervals: tuple[int, ...]
    waits: tuple[int, ...]
    pitched: bool = True
    phase: int = 0


class Taking:
    """What one reply takes up of one call; a Pull of the voice that plays it."""

    def __init__(
        self,
        call: Sequence[HeardNote],
        controls: Controls,
        chart: Chart,
        rng: np.random.Generator,
        pitches: tuple[int, int],
    ) -> None:
        self._chart, self._rng, self._answer = chart, rng, controls.answer
        self._line = [note for note in call if not note.is_comping]
        self._motifs = _motifs(self._line)
        self._low, self._high = pitches
        self._motif: Motif | None = None
        self._at = 0
        self._rest = 0
        """Notes until another motif may begin."""
        self.loudness = self.articulation = 0.0
        self._density = 0.0
        self._register: Floats | None = None

    def moved(self, controls: Controls) -> Controls:
        """The controls as the call moves them."""
        return controls

    # -- as a Pull

    def pitches(self, step: int, last_pitch: int) -> Floats | None:
        """(128,) for the note that begins at a step."""
        self._begin_one(step)
        motif = self._motif
        if motif is None:
            return self._register
        if not motif.pitched:
            return self._register
        leans = np.zeros(PITCHES, np.float32)
        if self._at == 0:
            leans += np.float32(_SURE / 2) * self._fits(motif, step)
        else:
            leans[(last_pitch + motif.intervals[self._at - 1]) % PITCHES] = _SURE * self._answer
        return leans if self._register is None else leans + self._register

    def waits(self, step: int, pitch: int) -> Floats | None:
        """(61,) for the class of the wait after the note."""
        motif = self._motif
        if motif is None or self._at >= len(motif.waits):
            return None
        leans = np.zeros(WAITS, np.float32)
        leans[wait_class(motif.waits[self._at])] = _SURE * self._answer
        return leans

    def said(self, step: int, pitch: int, wait_steps: int) -> None:
        """A note was played: the motif goes on or is given up."""
        motif = self._motif
        if motif is None:
            self._rest -= 1
            return
        if self._at >= len(motif.waits) or wait_steps != motif.waits[self._at]:
            self._motif, self._rest = None, int(self._rng.integers(2, 7))
            return
        self._at += 1

    def _begin_one(self, step: int) -> None:
        """Perhaps begin another motif with the note at this step."""
        if self._motif is not None or self._rest > 0 or not self._motifs:
            return
        if self._rng.random() >= self._answer:
            self._rest = 3
            return
        phase = step % STEPS_PER_BEAT
        near = [motif for motif in self._motifs if motif.phase == phase] or self._motifs
        self._motif, self._at = near[int(self._rng.integers(len(near)))], 0

    def _fits(self, motif: Motif, step: int) -> Floats:
        """(128,) how well the motif would stand from each pitch on, over the chords it falls on."""
        steps = step + np.cumsum((0, *motif.waits))
        offsets = np.cumsum((0, *motif.intervals))
        fits = np.zeros(PITCHES, np.float32)
        for at, offset in zip(steps, offsets, strict=True):
            fits += np.roll(_fit_over(self._chart.chord_at(int(at) * TICKS_PER_STEP)), -offset)
        fits /= len(steps)
        pitches = np.arange(PITCHES)
        low, high = pitches + offsets.min() >= self._low, pitches + offsets.max() <= self._high
        fits[~(low & high)] = -1.0
        return fits


@lru_cache(maxsize=256)
def _fit_over(chord: Chord | None) -> Floats:
    """(128,) how well each pitch stands over a chord."""
    if chord is None:
        return np.zeros(PITCHES, np.float32)
    roles = roles_of(chord)
    return np.array(
        [_FIT[int(roles[(p - chord.root_pc) % 12])] for p in range(PITCHES)], np.float32
    )


def _motifs(line: Sequence[HeardNote]) -> list[Motif]:
    """All that could be taken up of a line."""
    onsets = [note.onset_tick // TICKS_PER_STEP for note in line]
    pitches = [note.pitch for note in line]
    waits, intervals = np.diff(onsets).tolist(), np.diff(pitches).tolist()
    found = []
    most = min(MOST_NOTES, max(FEWEST_NOTES, len(line) - 2))
    for first in range(len(line)):
        for notes in range(FEWEST_NOTES, most + 1):
            inside = slice(first, first + notes - 1)
            if first + notes > len(line):
                break
            if all(0 < wait <= _LONGEST_WAIT_STEPS for wait in waits[inside]):
                found.append(
                    Motif(
                        tuple(intervals[inside]),
                        tuple(waits[inside]),
                        phase=onsets[first] % STEPS_PER_BEAT,
                    )
                )
    return found
