"""Following an Ableton Link session: its tempo, its bar line, and if wished its start and stop."""

from __future__ import annotations

import math

from improv.midi.events import ClockMessage
from improv.music.note import TICKS_PER_BEAT
from improv.sync.link import LinkSession, LinkState
from improv.sync.moves import Follows, Halts, Move, Rolls, Says, Seeks

LOOK_NS = 20_000_000
"""How often the session is looked at; between two looks its tempo is taken to stay."""
_JUMP_BEATS = 0.1
"""A session whose beat is so far from where it was going is another session, one just joined."""


class LinkFollower:
    """Plays with the peers of a session: the form begins, and goes on after a stop, with a bar of theirs."""

    kind = "link"

    def __init__(
        self,
        session: LinkSession,
        bar_beats: float,
        *,
        transport: bool = False,
        stops_when_lost: bool = False,
    ) -> None:
        """`transport`: start and stop with the others; else it plays from the next bar line on."""
        self._session, self._bar_beats, self._transport = session, bar_beats, transport
        self._stops_when_lost = stops_when_lost
        self._offset_beats = 0.0  # of the session's beat against the song's
        self._rolling = False
        self._tick = 0
        self._state: LinkState | None = None
        self._peers = 0

    @property
    def locked(self) -> bool:
        """Whether there is anybody else."""
        return self._peers > 0

    def hear(self, message: ClockMessage) -> list[Move]:
        """Nothing is said by MIDI here."""
        return []

    def wake_ns(self) -> int | None:
        """When to look again."""
        return None if self._state is None else self._state.beat_ns + LOOK_NS

    def where(self) -> Follows | None:
        """Where the music is, if it plays."""
        if self._state is None or not self._rolling:
            return None
        return self._follows(self._state, self._tick)

    def set_tempo(self, bpm: float) -> bool:
        """Make it everybody's tempo."""
        self._session.set_tempo(bpm)
        return True

    def look(self, now_ns: int) -> list[Move]:
        """See where the session is."""
        if self._state is not None and now_ns < self._state.beat_ns + LOOK_NS:
            return []
        before, now = self._state, self._session.sync()
        self._state = now
        moves = self._company(now)
        if self._rolling and before is not None:
            # Between two looks the tempo may have changed: anything between the two is a way to here.
            minutes = (now.beat_ns - before.beat_ns) / 60e9
            least, most = sorted((before.bpm * minutes, now.bpm * minutes))
            if not least - _JUMP_BEATS < now.beat - before.beat < most + _JUMP_BEATS:
                return [*moves, *self._halt(), *self._roll(now)]
        if not now.playing and self._transport:
            return [*moves, *self._halt()] if self._rolling else moves
        if self._rolling:
            beat = now.beat - self._offset_beats
            self._tick = max(self._tick, math.floor(beat * TICKS_PER_BEAT))
            return [*moves, self._follows(now, self._tick)]
        began = self._transport and before is not None and not before.playing
        if began and self._tick:
            self._tick = 0  # a session has no song position: a start is that of the form
            return [*moves, Seeks(0)]
        return [*moves, *self._roll(now)]

    def _company(self, now: LinkState) -> list[Move]:
        was, self._peers = self._peers, now.peers
        if was == now.peers:
            return []
        if not now.peers:
            moves: list[Move] = [Says("Nobody else is in the Link session any more.", problem=True)]
            return [*moves, *self._halt()] if self._stops_when_lost else moves
        others = "1 other" if now.peers == 1 else f"{now.peers} others"
        return [Says(f"Link: {others} in the session, {now.bpm:.1f} bpm.")]

    def _halt(self) -> list[Move]:
        self._rolling = False
        return [Halts()]

    def _roll(self, now: LinkState) -> list[Move]:
        """Go on with the next bar line of the session, at the next one of the form."""
        bar_tick = round(self._bar_beats * TICKS_PER_BEAT)
        self._tick = -(-self._tick // bar_tick) * bar_tick
        start = math.ceil(now.beat / self._bar_beats) * self._bar_beats
        self._offset_beats = start - self._tick / TICKS_PER_BEAT
        self._rolling = True
        return [self._follows(now, self._tick), Rolls(self._tick)]

    def _follows(self, now: LinkState, tick: int) -> Follows:
        ns = now.ns_at(tick / TICKS_PER_BEAT + self._offset_beats)
        return Follows(tick, ns, round(60e9 / now.bpm))

    def close(self) -> None:
        """Leave the session."""
        self._session.close()
