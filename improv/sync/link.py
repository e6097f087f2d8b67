"""A peer of an Ableton Link session: where the beat of everybody in it is, on this program's clock.

Input -> output:  sync()  ->  LinkState: at `beat_ns` the session is at `beat`, at so many bpm
                  set_tempo  ->  every other peer
Thread:           the caller's; Link's own threads speak with the network and never run Python

The library comes with the extra [link] and is imported only here, when a session is joined: it contains
Ableton's Link, which is under the GPL.

Link keeps time on a clock of its own (on Linux the raw monotonic one, which no NTP daemon trims, so it drifts
against `perf_counter` by some parts in a million: tens of milliseconds in eight hours). The two are
read together at every look, and no look relies on an earlier one.
"""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from typing import Any

from improv.clock import Clock
from improv.errors import MissingError

LEAST_BPM, MOST_BPM = 20.0, 999.0
"""What Link allows; another tempo would be bent to the nearer of the two."""

_LOOKS = 5
"""The two clocks cannot be read at one instant: of so many tries the one that took least time counts."""


@dataclass(frozen=True, slots=True)
class LinkState:
    """The session at one instant."""

    beat_ns: int
    """When it was looked at, on the clock that was given."""
    beat: float
    """Where the session was then, in beats. Its remainder by the quantum is the same for all peers; the whole
    number is this peer's own, and jumps when another session is joined."""
    bpm: float
    playing: bool
    """Whether the transport ran then. True always where start and stop are not shared."""
    peers: int
    """How many others there are."""

    def ns_at(self, beat: float) -> int:
        """When the session is at `beat`, should its tempo stay."""
        return self.beat_ns + round((beat - self.beat) * 60e9 / self.bpm)


class LinkSession:
    """Takes part in the Link session of this network from now until `close`."""

    def __init__(self, bpm: float, quantum_beats: float, *, start_stop: bool, clock: Clock) -> None:
        """`bpm` holds until somebody else is met, who was there before.

        `quantum_beats`: what must coincide; a bar, usually. `start_stop`: share the transport too.
        Raises MissingError without the library.
        """
        link = _library()
        self._clock, self._quantum, self._start_stop = clock, float(quantum_beats), start_stop
        self._link = link.Link(_allowed(bpm))
        self._link_clock = self._link.clock()
        self._link.startStopSyncEnabled = start_stop
        self._link.enabled = True

    def sync(self) -> LinkState:
        """The session now."""
        ns, us = self._both_clocks()
        state = self._link.captureSessionState()
        # A turn of the transport that lies ahead is told from the moment it is decided.
        has_turned = state.timeForIsPlaying() <= us
        playing = not self._start_stop or state.isPlaying() == has_turned
        return LinkState(
            ns,
            state.beatAtTime(us, self._quantum),
            state.tempo(),
            playing,
            self._link.numPeers(),
        )

    def set_tempo(self, bpm: float) -> None:
        """Make it the tempo of everybody, from now on; bent to 20..999 bpm."""
        state = self._link.captureSessionState()
        state.setTempo(_allowed(bpm), self._link_clock.micros())
        self._link.commitSessionState(state)

    def close(self) -> None:
        """Leave the session. Safe to call twice."""
        self._link.enabled = False

    def _both_clocks(self) -> tuple[int, int]:
        """The same instant as (this program's nanoseconds, Link's microseconds)."""
        looks = []
        for _ in range(_LOOKS):
            before_ns = self._clock.now_ns()
            us = self._link_clock.micros()
            looks.append((self._clock.now_ns() - before_ns, before_ns, us))
        took_ns, before_ns, us = min(looks)
        # Link's figure has lost its fraction: half a microsecond on average.
        return before_ns + took_ns // 2 - 500, us


def _allowed(bpm: float) -> float:
    return min(MOST_BPM, max(LEAST_BPM, float(bpm)))


def _library() -> Any:
    try:
        library = importlib.import_module("link")
    except ImportError as error:
        raise _missing() from error
    if not hasattr(library, "Link"):  # another package of that name
        raise _missing()
    return library


def _missing() -> MissingError:
    return MissingError("Ableton Link needs LinkPython-extern: `pip install 'jazz-improv[link]'`.")
