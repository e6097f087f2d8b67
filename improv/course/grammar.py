"""The seed's grammar as a live grammar: any chart, one token at a time, the reference's faults mended.

    token --feed--> Note at its own onset, of its exact length, over the chord that sounds there

The vocabulary is the one the cell was trained on (the course's file gives 78 values).
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from improv.course.choose import dice
from improv.course.pitch import MELODY_VELOCITY
from improv.course.place import ANY_HARMONY, Harmony, place
from improv.course.token import SeedToken, parse_token
from improv.errors import ModelError
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note

_SHORTEST_TICK = TICKS_PER_BEAT // 4
"""What a token of no length lasts, as in the seed's reader."""


def length_tick(token: SeedToken) -> int:
    """A token's length in ticks: .333 is 160, a third of a beat, so that three of them fill one."""
    return round(token.exact_length * TICKS_PER_BEAT) or _SHORTEST_TICK


class SeedDecoder:
    """Seed tokens to notes over a chart that repeats for ever. `tokens`: the vocabulary, read."""

    def __init__(
        self,
        tokens: tuple[SeedToken, ...],
        unranged: NDArray[np.bool_],
        chart: Chart,
        rng: np.random.Generator,
        start_tick: int = 0,
    ) -> None:
        self.tokens = tokens
        self._unranged = unranged
        self._chart = chart
        self._choose = dice(rng)
        self._tick = start_tick
        self._token: int | None = None
        self._pitch: int | None = None
        self._harmony = ANY_HARMONY

    @property
    def tick(self) -> int:
        """Where the next token begins, in ticks from the start of the first chorus."""
        return self._tick

    def inputs(self) -> list[int]:
        """The last token, or nothing at the start."""
        return [] if self._token is None else [self._token]

    def mask(self) -> NDArray[np.bool_] | None:
        """Tokens without a range while there is no note to count from; then anything."""
        if self._pitch is None and self._unranged.any():
            return self._unranged
        return None

    def feed(self, token: int) -> Note | None:
        """The note of `token` (None: a rest); time moves on by its length."""
        read = self.tokens[token]
        start, length = self._tick, length_tick(read)
        self._tick += length
        self._token = token
        if read.kind == "R":
            return None
        chord = self._chart.chord_at(start)
        if chord is not None:  # where the chart is silent the last chord still rings
            self._harmony = Harmony.of_chord(chord)
        self._pitch = place(read, self._harmony, self._pitch, self._choose)
        return Note(start, length, self._pitch, MELODY_VELOCITY)


class SeedGrammar:
    """The seed's grammar over a vocabulary of its tokens, e.g. a corpus' sorted values."""

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Take the vocabulary in order; ModelError names a token that is not of this grammar."""
        self.name = "seed"
        self.version = 1
        self.vocabulary: tuple[str, ...] = tuple(vocabulary)
        if not self.vocabulary:
            raise ModelError("Cannot use an empty vocabulary: expected at least one seed token.")
        self.n_inputs = len(self.vocabulary)
        self._tokens = tuple(parse_token(text) for text in self.vocabulary)
        self._unranged = np.array([token.reach is None for token in self._tokens], dtype=np.bool_)
        self._unranged.setflags(write=False)

    @property
    def layout(self) -> dict[str, object]:
        """The inputs: one a token, the last one on, none at the start."""
        return {"inputs": "last token"}

    def decoder(
        self, chart: Chart, rng: np.random.Generator, *, start_tick: int = 0
    ) -> SeedDecoder:
        """A fresh decoder at `start_tick` of `chart`; random choices from `rng`."""
        return SeedDecoder(self._tokens, self._unranged, chart, rng, start_tick)
