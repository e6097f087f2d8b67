"""A voice: one improviser. A cell with its state, a decoder with its place in the music, and a random
generator.

Input -> output:  controls (values, each step)  ->  Step: a token and the note it stands for

It knows nothing of clocks, ports or processes, so several can play in one process.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from improv.cell.sample import sample
from improv.controls.table import Controls
from improv.grammar.line.table import Token
from improv.music.note import Note
from improv.originality.quote import Quote
from improv.soloist.phrase_plan import PhrasePlan

if TYPE_CHECKING:  # the default cell loads nothing of the course, nor its kind of cell
    from improv.cell.step import TokenCell
    from improv.course.grammar import SeedDecoder
    from improv.course.token import SeedToken


@dataclass(frozen=True, slots=True)
class Step:
    """One token, the tick at which it begins, and that of the next one. `note` is None for a rest."""

    token: Token | SeedToken
    tick: int
    next_tick: int
    note: Note | None
    quote: Quote | None = None
    """What the line quotes up to this note."""
    plan: PhrasePlan | None = None
    """Of the phrase that begins with this note."""

    @property
    def text(self) -> str:
        """The token as its grammar writes it."""
        return str(self.token)


class Voice(Protocol):
    """A voice of any grammar, as a soloist steps it."""

    @property
    def tick(self) -> int:
        """Where the next token begins."""

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one token on; `landing`: its note is a tone of the chord."""

    def set_tempo(self, bpm: float) -> None:
        """The tempo has changed, for what comes from the next note on."""

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next token on."""


class Pull(Protocol):
    """What pulls a line somewhere: nats that are added to the scores of what comes next."""

    loudness: float
    """Nats that a class of loudness gets more than the one below it."""
    articulation: float
    """Nats that a note of full length gets more than the shortest."""
    home: float | None
    """The pitch about which the line is to lie; None: where it has been."""
    plans: Mapping[str, NDArray[np.float32]]
    """Part of a plan (a field of improv.soloist.phrase_plan.Classes) -> nats for each of its classes."""

    def pitches(self, step: int, last_pitch: int) -> NDArray[np.float32] | None:
        """(128,) for the note that begins at a step, after this pitch; None: nothing."""

    def waits(self, step: int, pitch: int) -> NDArray[np.float32] | None:
        """(61,) for the class of the wait after this note; None: nothing."""

    def said(self, step: int, pitch: int, wait_steps: int) -> None:
        """This note was played at this step, and the next comes so many steps later."""

    def save(self) -> Any:
        """Where it is, for `restore`."""

    def restore(self, saved: Any) -> None:
        """Pull as it did then."""


@runtime_checkable
class Labelled(Protocol):
    """A voice that can play as somebody."""

    def set_label(self, label: NDArray[np.float32]) -> None:
        """Play as somebody else from the next note on."""


class TokenVoice:
    """Steps the course's cell, which predicts a whole token at once, and keeps its state from chorus to
    chorus."""

    def __init__(self, cell: TokenCell, decoder: SeedDecoder, rng: np.random.Generator) -> None:
        self._cell, self._decoder, self._rng = cell, decoder, rng
        self._state = cell.initial_state()

    @property
    def tick(self) -> int:
        """Where the next token begins."""
        return self._decoder.tick

    def set_tempo(self, bpm: float) -> None:
        """Does nothing: these cells do not know the tempo."""

    def reseed(self, seed: Sequence[int]) -> None:
        """Draw as if it had been made with this seed, from the next token on; the decoder too."""
        self._rng.bit_generator.state = np.random.default_rng(seed).bit_generator.state

    def step(self, controls: Controls, landing: bool = False) -> Step:
        """Play one token on; `landing`: the last one, on a tone of the chord."""
        tick = self._decoder.tick
        logits, self._state = self._cell.step(self._decoder.inputs(), self._state)
        token = sample(
            logits,
            self._rng,
            temperature=controls.temperature,
            top_p=controls.top_p,
            mask=self._decoder.mask(),
        )
        note = self._decoder.feed(token)
        return Step(self._decoder.tokens[token], tick, self._decoder.tick, note)
