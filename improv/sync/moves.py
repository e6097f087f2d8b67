"""What a clock that is followed asks of who plays to it.

    MIDI clock: pulse, start, stop, song position ─┐
                                                   ├─> Follower ──> Rolls, Halts, Seeks, Follows, Says
    Ableton Link: beat, tempo, playing ────────────┘

The performer obeys the moves. Who follows no clock needs no more of this room than is here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from improv.midi.events import ClockMessage
from improv.music.note import TICKS_PER_BEAT

PULSES_PER_BEAT = 24
PULSE_TICK = TICKS_PER_BEAT // PULSES_PER_BEAT
SIXTEENTH_TICK = TICKS_PER_BEAT // 4


@dataclass(frozen=True, slots=True)
class Rolls:
    """Playing begins, or goes on, from `tick`, which is now."""

    tick: int


@dataclass(frozen=True, slots=True)
class Halts:
    """Playing stops where it is."""


@dataclass(frozen=True, slots=True)
class Seeks:
    """Playing goes on at `tick`, when it goes on."""

    tick: int


@dataclass(frozen=True, slots=True)
class Follows:
    """`tick` is at `ns`, and a beat lasts `beat_ns`."""

    tick: int
    ns: int
    beat_ns: int


@dataclass(frozen=True, slots=True)
class Says:
    """A line for the user."""

    text: str
    problem: bool = False


Move = Rolls | Halts | Seeks | Follows | Says


def summed(moves: Sequence[Move]) -> list[Move]:
    """What is left to be done of moves of which none is obeyed yet: a later one overtakes those before.

    It halts if it was to halt at any time, is where it was put last, and rolls only if nothing has halted it
    since. All is said that was to be said.
    """
    halts = [at for at, move in enumerate(moves) if isinstance(move, Halts)]
    seeks = [at for at, move in enumerate(moves) if isinstance(move, Seeks)]
    after = 1 + max([*halts, *seeks], default=-1)
    left: list[Move] = [moves[at] for at in halts[-1:]]
    left += [move for move in moves[:after] if isinstance(move, Says)]
    left += [moves[at] for at in seeks[-1:]]
    left += [move for move in moves[after:] if isinstance(move, Follows)][-1:]
    left += [move for move in moves[after:] if isinstance(move, Rolls)][-1:]
    return left + [move for move in moves[after:] if isinstance(move, Says)]


class Follower(Protocol):
    """Something that says what time it is in the music."""

    kind: str
    """ "midi" or "link"."""

    def hear(self, message: ClockMessage) -> list[Move]:
        """What a message means."""

    def look(self, now_ns: int) -> list[Move]:
        """What the passing of time means."""

    def wake_ns(self) -> int | None:
        """When to look again if nothing is heard; None: no need."""

    @property
    def locked(self) -> bool:
        """Whether the other clock is heard."""

    def where(self) -> Follows | None:
        """Where the music is, if it plays."""

    def set_tempo(self, bpm: float) -> bool:
        """Make it the tempo of the other clock; False where that is not ours to say."""

    def close(self) -> None:
        """Let go of it."""
