"""The grammar "changes": bebop lines said against the chords, and exactly the same way back.

    solo = read_solo(path)
    grammar = ChangesGrammar.from_solos([solo])
    encoded = grammar.encode(solo)             tokens and, for each, what the cell is shown
    decoder = grammar.decoder(chart, rng)      live: inputs() -> cell -> mask(), feed(token) -> note

Encoding replays a decoder, so what a cell is trained on is by construction what it is shown live.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import numpy as np

from improv.grammar.context import CONTEXT_SIZE, ChartView, context_layout
from improv.grammar.decode import (
    CENTRE_PITCH,
    HIGH_PITCH,
    LOW_PITCH,
    MAX_SILENCE_STEPS,
    ChangesDecoder,
    TokenArrays,
)
from improv.grammar.encode import GridNote, alternatives, onto_grid, rests, said_length
from improv.grammar.tokens import (
    DOWN,
    DOWN_OCTAVE,
    FLOOR,
    STEP_TICK,
    STEPS_PER_BEAT,
    TABLE_SIZE,
    UP,
    UP_OCTAVE,
    Token,
    learned_vocabulary,
    motion_of,
    parse_token,
    table_layout,
    token_at,
)
from improv.music.chart import Chart
from improv.music.solo import Solo

_OTHER_OCTAVE = {UP_OCTAVE: (UP,), DOWN_OCTAVE: (DOWN,), UP: (DOWN,), DOWN: (UP,)}


@dataclass
class EncodedSolo:
    """A solo as tokens. `inputs[i]` are the cell's active inputs just before `tokens[i]`."""

    tokens: list[int] = field(default_factory=list)
    inputs: list[list[int]] = field(default_factory=list)
    start_tick: int = 0
    kept: int = 0
    """Notes said."""
    dropped: int = 0
    """Notes left out: two on one grid step, or nothing like it in the vocabulary."""
    folded: int = 0
    """Notes said in another octave: after a leap of more than two octaves, or never learned."""
    shortened: int = 0
    """Notes said with a shorter length than meant, because theirs was never learned."""


class ChangesGrammar:
    """Chord-relative tokens over any chart (improv.grammar.base.Grammar)."""

    name = "changes"
    version = 1

    def __init__(self, vocabulary: Iterable[str]) -> None:
        """Raise ValueError unless these are distinct tokens in table order, with the floor."""
        self.vocabulary = tuple(vocabulary)
        tokens = tuple(parse_token(name) for name in self.vocabulary)
        if self.vocabulary != learned_vocabulary(self.vocabulary):
            raise ValueError(
                f"A vocabulary of {len(self.vocabulary)} tokens does not fit grammar 'changes': "
                f"expected distinct tokens in table order, all {len(FLOOR)} of its floor included."
            )
        self._arrays = TokenArrays(tokens)
        self._ids = {token: index for index, token in enumerate(tokens)}
        self.n_inputs = len(tokens) + CONTEXT_SIZE

    @classmethod
    def from_solos(cls, solos: Iterable[Solo]) -> ChangesGrammar:
        """The grammar whose vocabulary is what these solos say, and the floor."""
        whole = cls.whole()
        said: set[int] = set()
        for solo in solos:
            said.update(whole.encode(solo).tokens)
        return cls(learned_vocabulary(whole.vocabulary[token] for token in said))

    @classmethod
    def whole(cls) -> ChangesGrammar:
        """The grammar with every token of the table."""
        return cls(str(token_at(index)) for index in range(TABLE_SIZE))

    @property
    def layout(self) -> dict[str, object]:
        """Everything besides the vocabulary that a cell trained on this grammar relies on."""
        return {
            "table": table_layout(),
            "context": context_layout(),
            "centre_pitch": CENTRE_PITCH,
            "max_silence_steps": MAX_SILENCE_STEPS,
        }

    def decoder(
        self,
        chart: Chart,
        rng: np.random.Generator | None = None,
        *,
        low_pitch: int = LOW_PITCH,
        high_pitch: int = HIGH_PITCH,
        start_tick: int = 0,
    ) -> ChangesDecoder:
        """A fresh decoder at the top of `chart`; `rng` is not used: there is nothing to choose.

        `start_tick` begins it elsewhere, on a multiple of 40 ticks.
        """
        return ChangesDecoder(
            self._arrays,
            ChartView(chart),
            low_pitch=low_pitch,
            high_pitch=high_pitch,
            start_tick=start_tick,
        )

    def encode(self, solo: Solo) -> EncodedSolo:
        """The solo as tokens of this vocabulary, onsets exact on the grid.

        Begins at the top of the four bars in which the first note is, counted from the start of the
        chart (a soloist who waits is not to be learned from), and ends with the rest after the last
        note, at most to the end of the chart and at most as long as a live silence may be.
        """
        notes, dropped = onto_grid(solo.notes)
        if not notes:
            return EncodedSolo(dropped=dropped)
        return _Replay(self._arrays, self._ids, solo.chart, notes[0]).run(notes, dropped)


class _Replay:
    """One solo being said: a decoder over the solo's chart, fed what it should have played."""

    def __init__(
        self, arrays: TokenArrays, ids: dict[Token, int], chart: Chart, first: GridNote
    ) -> None:
        four_bars_tick = 4 * chart.meter.ticks_per_bar
        start_tick = first.onset_step * STEP_TICK // four_bars_tick * four_bars_tick
        self._decoder = ChangesDecoder(
            arrays, ChartView(chart), low_pitch=0, high_pitch=127, start_tick=start_tick
        )
        self._ids = ids
        self._end_step = chart.length_tick // STEP_TICK
        self._said = EncodedSolo(start_tick=start_tick)

    def run(self, notes: list[GridNote], dropped: int) -> EncodedSolo:
        """Say all the notes and the rests between them."""
        self._said.dropped = dropped
        for index, note in enumerate(notes):
            self._rest_until(note.onset_step)
            if index + 1 < len(notes):
                span = notes[index + 1].onset_step - note.onset_step
            else:
                span = max(note.length_step, self._end_step - note.onset_step)
            self._say(note, said_length(note, span))
        last_step = min(self._end_step, self._step + MAX_SILENCE_STEPS)
        self._rest_until(last_step)
        return self._said

    @property
    def _step(self) -> int:
        return self._decoder.tick // STEP_TICK

    def _feed(self, token: Token) -> None:
        index = self._ids[token]
        self._said.inputs.append(self._decoder.inputs())
        self._said.tokens.append(index)
        self._decoder.feed(index)

    def _rest_until(self, step: int) -> None:
        if step > self._step:
            is_known: Callable[[Token], bool] = self._ids.__contains__
            for token in list(rests(step - self._step, self._step % STEPS_PER_BEAT, is_known)):
                self._feed(token)

    def _say(self, note: GridNote, length: int) -> None:
        degree = (note.pitch - self._decoder.root_pc) % 12
        meant = Token(degree, motion_of(note.pitch - self._decoder.pitch), length)
        motions = (meant.motion, *_OTHER_OCTAVE.get(meant.motion, ()))
        token = next((t for t in alternatives(meant, motions) if t in self._ids), None)
        if token is None:
            self._said.dropped += 1
            return
        self._feed(token)
        self._said.kept += 1
        self._said.shortened += token.length < length
        self._said.folded += self._decoder.pitch != note.pitch
