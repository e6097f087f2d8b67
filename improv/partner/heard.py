"""What the partner has played, as it would be written: what `Ensemble.hear` is given.

A note is given as soon as it is sure to be meant (it has lasted 30 ms), `end_tick` None, and once more with
its end. The second `replaces` the first; so does the note that a grace note led to.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HeardNote:
    """A note of a line, or a chord. Ticks are those of the tune."""

    onset_tick: int
    """As written: on the grid of twelve a beat, straight; later than that of the one before of its kind."""
    end_tick: int | None
    """None: it still sounds."""
    pitch: int
    """The highest of what was struck at once."""
    velocity: int
    played_tick: int
    """Where it was really played: with its swing and its lateness, the latency of the input taken off."""
    under: tuple[int, ...] = ()
    """What was struck with it, lowest pitch first."""
    replaces: bool = False
    """It stands for the one that was given last of its kind (line or comping), and is not another one."""

    @property
    def is_comping(self) -> bool:
        """Whether it is a chord, not a note of a line: three pitches or more at once."""
        return len(self.under) >= 2
