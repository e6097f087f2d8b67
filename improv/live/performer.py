"""The performer: the loop that steps the ensemble a little ahead of time and hands its notes to the sender.

Input -> output:  Ensemble, TempoMap  ->  Output.plan(...), and what was sent to the listeners
Called by:        live.daemon
Thread:           the main one; sleeps in clock.wait, woken by reports and by a request to stop
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from improv.controls.table import Controls
from improv.errors import ImprovError, SenderError
from improv.live.arrangement import Arrangement
from improv.live.clock import Clock
from improv.live.ensemble import Ensemble, PlayedNote
from improv.live.out import Gone, Inbox, Output, Report
from improv.live.steering import Answer, Steer
from improv.music.note import TICKS_PER_BEAT
from improv.music.tempo import TempoMap

HORIZON_TICK = TICKS_PER_BEAT
"""How far ahead tokens are stepped: about one beat, so that a change reaches the next unsounded note."""


@dataclass(frozen=True, slots=True)
class Stop:
    """Put into the inbox (by a signal handler, say) to end the performance now. `why` is for the log."""

    why: str


@dataclass(frozen=True)
class Performance:
    """One tune being played: what listeners need to make sense of ticks and bars."""

    arrangement: Arrangement
    tempo: TempoMap
    controls: Controls
    number: int = 0
    """Which tune of the set, from 0."""


class Listener(Protocol):
    """Told what has really happened, in order: the terminal, the log, the recording."""

    def tune(self, performance: Performance) -> None:
        """A tune begins; ticks and bars count from its first beat."""

    def bar(self, bar: int) -> None:
        """Bar `bar` (0 is the first, counting on through the choruses) has begun."""

    def heard(self, report: Report, note: PlayedNote | None) -> None:
        """The sender has sent (or dropped) a message; `note` is the note it belongs to, if any."""


class Performer:
    """Plays an ensemble through one tune in time."""

    def __init__(
        self,
        ensemble: Ensemble,
        performance: Performance,
        out: Output,
        clock: Clock,
        inbox: Inbox[Any],
        *,
        listeners: Sequence[Listener] = (),
        answer: Callable[[Answer], None] = lambda answer: None,
    ) -> None:
        """`answer` is told what became of each Steer, and given each Answer that is put into the inbox."""
        self._ensemble, self._performance = ensemble, performance
        self._chart, self._tempo = performance.arrangement.chart, performance.tempo
        self._out, self._clock, self._inbox = out, clock, inbox
        self._listeners, self._answer = listeners, answer
        self._notes: dict[int, PlayedNote] = {}
        self._next_bar = 0

    def play(self) -> str:
        """Play until the arrangement ends or until a Stop comes; give the reason for the end.

        Raises SenderError when the sender process is gone. Leaves silence to `Output.quit`.
        """
        end_tick = self._performance.arrangement.end_tick
        for listener in self._listeners:
            listener.tune(self._performance)
        while True:
            now_tick = self._tempo.tick_at(self._clock.now_ns())
            self._plan_up_to(now_tick + HORIZON_TICK)
            if end_tick is not None and now_tick >= end_tick:
                return "finished"
            self._announce_bars(now_tick, end_tick)
            item = self._clock.wait(
                self._inbox, self._tempo.ns_at(self._wake_tick(now_tick, end_tick))
            )
            if isinstance(item, Stop):
                return item.why
            if isinstance(item, Gone):
                raise SenderError("The sender process ended by itself.")
            if isinstance(item, Report):
                self._hear(item)
            elif isinstance(item, Steer):
                self._answer(self._steer(item))
            elif isinstance(item, Answer):
                self._answer(item)

    def drain(self) -> None:
        """Pass on the reports that are still in the inbox; called after `Output.quit`."""
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, Report):
                self._hear(item)

    def _wake_tick(self, now_tick: int, end_tick: int | None) -> int:
        """The next tick at which there is something to do without being told."""
        wakes = [self._chart.bar_tick(self._next_bar)]
        next_tick = self._ensemble.next_tick()
        if next_tick is not None:
            wakes.append(next_tick - HORIZON_TICK)
        if end_tick is not None:
            wakes.append(end_tick)
        return max(min(wakes), now_tick + 1)

    def _plan_up_to(self, horizon_tick: int) -> None:
        for note in self._ensemble.advance(horizon_tick):
            self._notes[note.note_id] = note
            on = bytes((0x90 | note.channel, note.pitch, note.velocity))
            off = bytes((0x80 | note.channel, note.pitch, 64))
            self._out.plan(note.note_id, self._tempo.ns_at(note.onset_tick), on)
            self._out.plan(note.note_id, self._tempo.ns_at(note.end_tick), off)
        self._out.flush()

    def _steer(self, steer: Steer) -> Answer:
        """Change what is not planned yet: nothing but the tick decides what that is.

        So the same steering at the same ticks gives the same notes.
        """
        tick = self._tempo.tick_at(self._clock.now_ns())
        self._plan_up_to(tick + HORIZON_TICK)
        try:
            done = self._ensemble.steer(steer)
        except ImprovError as error:
            return Answer(str(error), problem=True)
        return Answer(str(done), steer=done, tick=tick)

    def _announce_bars(self, now_tick: int, end_tick: int | None) -> None:
        while (tick := self._chart.bar_tick(self._next_bar)) <= now_tick and (
            end_tick is None or tick < end_tick
        ):
            for listener in self._listeners:
                listener.bar(self._next_bar)
            self._next_bar += 1

    def _hear(self, report: Report) -> None:
        note = self._notes.get(report.note_id)
        if note is not None:
            self._announce_bars(note.onset_tick, None)
            if report.dropped or report.data[0] & 0xF0 == 0x80:
                del self._notes[report.note_id]
        for listener in self._listeners:
            listener.heard(report, note)
