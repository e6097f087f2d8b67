"""A session played once more in time: the notes that its log holds, at the ticks and tempos it holds.

Input -> output:  Session (session.reader)  ->  Output.plan(...), through the performer

The performer is the one that plays always; its ensemble is a script.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import count
from typing import Any, cast

from improv.clock import Clock, Mailbox
from improv.controls.mixer import Mixer
from improv.errors import SteeringError
from improv.live.daemon import LEAD_NS
from improv.live.performer import Listener, Performer
from improv.live.scheduler import Scheduler, volume_message
from improv.midi.sender_process import Output
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM, TempoMap
from improv.performance.assemble import lineup_of
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer
from improv.performance.takes import Lineup
from improv.session.reader import Part, Session, partner_notes
from improv.session.restore import configs_of, performances_of

_PARTNERS = 1 << 40
"""From here on the partner's notes are numbered, beyond all others."""


class Script:
    """Notes that are known, given as an Ensemble gives its own."""

    def __init__(self, notes: Sequence[PlayedNote], tempo_bpm: float) -> None:
        self._notes = sorted(notes, key=lambda note: (note.onset_tick, note.note_id))
        self._at = 0
        self.steps = 0
        self.tempo_bpm = tempo_bpm

    @property
    def next_id(self) -> int:
        """The number a next note would have."""
        return 1 + max((note.note_id for note in self._notes), default=0)

    def next_tick(self) -> int | None:
        """Where the next note begins; None: no more."""
        return self._notes[self._at].onset_tick if self._at < len(self._notes) else None

    def advance(self, horizon_tick: int) -> list[PlayedNote]:
        """Every note that begins up to `horizon_tick` and was not given yet."""
        begin = self._at
        while (tick := self.next_tick()) is not None and tick <= horizon_tick:
            self._at += 1
        return self._notes[begin : self._at]

    def turn_at(self, tick: int) -> None:
        """Nobody's: whose it was is not known any more."""

    def said(self) -> list[str]:
        """Nothing: what was said then was of who played along."""
        return []

    def from_here(self, steer: Steer) -> Steer:
        """As it is, for `steer`."""
        return steer

    def steer(self, steer: Steer, open_tick: int | None = None) -> Steer:
        """Raises SteeringError: what was played is what was played."""
        raise SteeringError("What is played again cannot be changed.")


def play_once_more(
    session: Session,
    out: Output,
    clock: Clock,
    inbox: Mailbox[Any],
    *,
    listeners: Sequence[Listener] = (),
    **hooks: Any,
) -> str:
    """Play what was heard, part after part, until its end or a Stop; give the reason for the end.

    `out` is open already; silence is left to `Output.quit`. `hooks` (answer, attend) are the performer's.
    Raises InputFileError for a log that is damaged, SenderError when there is no sender any more.
    """
    begun_ns = clock.now_ns() + LEAD_NS
    scheduler, why, by_tick = Scheduler(out), "finished", 0
    configs = configs_of(session)
    performer: Performer | None = None
    numbers = count(_PARTNERS)
    for part, laid_out in zip(session.parts, performances_of(session), strict=True):
        end_tick = part.length_end_tick
        if end_tick <= part.start_tick:
            continue
        performance = _in_time(laid_out, part, begun_ns)
        scheduler.begin(performance.tempo, part.start_tick + by_tick)
        lineup = lineup_of(configs[part.config])
        scheduler.choose_sounds(lineup, begun_ns, configs[part.config].mixer)
        channels = {track.name: track.channel for track in lineup}
        for steered in part.steers:
            for name, volume in steered.steer.volumes.items():
                if name in channels and steered.tick >= part.start_tick:
                    data = volume_message(channels[name], volume)
                    scheduler.add_system(steered.tick, data)
        partner = (
            replace(note, note_id=next(numbers), written=None)
            for note in partner_notes(part, session.partner_channel)
        )
        script = Script([*part.notes, *partner], part.tempos[0][1])
        performer = Performer(
            cast(Ensemble, script),
            performance,
            scheduler,
            clock,
            inbox,
            listeners=listeners,
            **hooks,
        )
        why = performer.play().why
        if why != "finished":
            break
        begun_ns, by_tick = performance.tempo.ns_at(end_tick), -end_tick
    return why


def play_notes(
    notes: Sequence[PlayedNote],
    performance: Performance,
    lineup: Lineup,
    out: Output,
    clock: Clock,
    inbox: Mailbox[Any],
    **hooks: Any,
) -> str:
    """Play notes that are known at the tempo of their performance, to its end or a Stop; give the reason.

    As `play_once_more`.
    """
    begun_ns = clock.now_ns() + LEAD_NS
    tempo = TempoMap(performance.controls.tempo_bpm, begun_ns)
    scheduler = Scheduler(out)
    scheduler.choose_sounds(lineup, begun_ns, Mixer())
    scheduler.begin(tempo)
    script = Script(notes, performance.controls.tempo_bpm)
    in_time = replace(performance, tempo=tempo)
    return Performer(cast(Ensemble, script), in_time, scheduler, clock, inbox, **hooks).play().why


def _in_time(performance: Performance, part: Part, start_ns: int) -> Performance:
    """The part as it was laid out, its first tick at `start_ns`, at the tempos it was played at."""
    (_, first_bpm), *later = part.tempos
    tempo = TempoMap(_playable(first_bpm), start_ns, part.start_tick)
    for tick, bpm in later:
        tempo.change(tick, _playable(bpm))
    arrangement = replace(
        performance.arrangement, end_tick=part.length_end_tick, rest_tick=None, final_tick=None
    )
    return replace(performance, tempo=tempo, arrangement=arrangement)


def _playable(bpm: float) -> float:
    """Another clock may have gone beyond what a tempo may be."""
    return max(SLOWEST_BPM, min(FASTEST_BPM, bpm))
