"""The players of one tune together: the soloist's voice and the band, stepped in order of time.

Input -> output:  how far to go (a tick)  ->  the notes that begin up to there, as they are performed

Order is what makes it deterministic: a bar of the band is played when the soloist has been stepped up to its
bar line, so the band knows how busy the bar before was, live and offline alike.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Protocol

import numpy as np

from improv.band.base import BandPlayer, BarContext
from improv.band.pulse import pulse_of
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.feel.performed import performed
from improv.feel.play import EARLIEST_TICK, Bar, Feeling
from improv.music.feel import FEELS
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.swing import auto_swing
from improv.originality.quote import Quote
from improv.performance.arc import controls_at, level_at
from improv.performance.arrangement import Arrangement
from improv.performance.played import SOLO, PlayedNote
from improv.performance.steering import Steer, steered
from improv.soloist.voice import Player

_ACCENT_CENTRE = 78
"""Velocity about which `accents` stretches: the grammar's own middle."""
_BUSY_NOTES_A_BEAT = 2.0
"""A bar of eighths is as busy as it gets for those who leave room."""
_MS_A_MINUTE = 60_000


@dataclass(frozen=True)
class Chair:
    """A player of the band and the channel (0-15) it is heard on."""

    player: BandPlayer
    channel: int


@dataclass(frozen=True, slots=True)
class _SoloBar:
    """What holds for the soloist in one bar."""

    start_tick: int
    end_tick: int
    ratio: float
    compound: bool
    controls: Controls


class Casting(Protocol):
    """Who the soloist plays as (improv.soloist.casting)."""

    def play_as(
        self, player: Mapping[str, float] | None, style: str | None
    ) -> tuple[dict[str, float] | None, str | None]:
        """Play as these from the next note on, None: as before; gives the names as they are known.

        Raises ImprovError, and changes nothing then.
        """


class _BarGenerators:
    """A generator for each bar of one player, cheaply: one stream, entered at a place of the bar's own.

    A new generator for every bar would take 20 µs, most of what the bar of a player takes.
    """

    _DRAWS_A_BAR = 2**40

    def __init__(self, seed: Sequence[int]) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed))
        self._start = self._bits.state
        self._generator = np.random.Generator(self._bits)

    def of(self, bar: int) -> np.random.Generator:
        """The generator at the beginning of a bar; it is moved on when it is asked for another bar."""
        self._bits.state = self._start
        self._bits.advance(bar * self._DRAWS_A_BAR)
        return self._generator


class Ensemble:
    """Steps voice and band through an arrangement.

    `feeling` is how the soloist plays what is written, as far as the control `human` asks for it; without one
    the soloist plays on the band's swing. `casting` changes who the soloist plays as.
    """

    def __init__(
        self,
        arrangement: Arrangement,
        voice: Player,
        controls: Controls,
        *,
        channel: int = 0,
        band: Sequence[Chair] = (),
        count_in: Sequence[Note] = (),
        drum_channel: int = 9,
        arc: str = "steady",
        choruses: int = 0,
        seed: tuple[int, ...] = (0,),
        first_id: int = 1,
        feeling: Feeling | None = None,
        casting: Casting | None = None,
        start_tick: int = 0,
        swing_is_auto: bool = False,
    ) -> None:
        """Nothing before `start_tick` is played. `swing_is_auto`: it follows the tempo when that changes."""
        self._start_tick, self._swing_is_auto = start_tick, swing_is_auto
        self._arrangement, self._chart = arrangement, arrangement.chart
        self._voice, self._controls, self._channel = voice, controls, channel
        self._band, self._arc, self._choruses = tuple(band), arc, choruses
        self._dice = [_BarGenerators((*seed, number + 1)) for number in range(len(band))]
        self._solo_bar: _SoloBar | None = None
        self._feel = FEELS[self._chart.feel]
        self._feeling, self._casting = feeling, casting
        self._swing_before, self._swing_bar = controls.swing, 0
        self._solo_end_tick, self._catching_up = 0, False
        self._next_id = first_id
        rest_tick = arrangement.rest_tick
        self._music_end_tick = arrangement.end_tick if rest_tick is None else rest_tick
        self._pending: list[tuple[int, int, PlayedNote]] = []
        self._next_bar = max(arrangement.count_in_bars, self._chart.bar_of(start_tick))
        self._solo_onsets: list[int] = []
        self.steps = 0
        self._has_begun = False
        for note in count_in:
            self._keep(note.onset_tick, note.end_tick, note, drum_channel, "count-in")

    @property
    def next_id(self) -> int:
        """The number the next note will have."""
        return self._next_id

    @property
    def tempo_bpm(self) -> float:
        """The tempo that everybody goes by."""
        return self._controls.tempo_bpm

    def next_tick(self) -> int | None:
        """The earliest tick at which something waits to be played or worked out; None: no more."""
        ticks = [tick for tick in (self._solo_tick(), self._bar_tick()) if tick is not None]
        ticks = [max(0, tick - self._early_tick()) for tick in ticks]
        if self._pending:
            ticks.append(self._pending[0][0])
        return min(ticks, default=None)

    def advance(self, horizon_tick: int) -> list[PlayedNote]:
        """Every note that begins up to `horizon_tick` and was not given yet, by onset."""
        written_tick = horizon_tick + self._early_tick()
        while True:
            solo_tick, bar_tick = self._solo_tick(), self._bar_tick()
            if bar_tick is not None and (solo_tick is None or bar_tick <= solo_tick):
                if bar_tick > written_tick:
                    break
                self._play_bar(bar_tick)
            elif solo_tick is not None and solo_tick <= written_tick:
                self._step_voice()
            else:
                break
        notes = []
        while self._pending and self._pending[0][0] <= horizon_tick:
            notes.append(heapq.heappop(self._pending)[2])
        return notes

    def steer(self, steer: Steer) -> Steer:
        """Change who the soloist plays as, and controls; gives it back with the names as they are known.

        It holds from the soloist's next note and the band's next bar on, those that have not been stepped;
        swing for everybody from that bar on, so that off-beats stay together. Raises ImprovError, one
        sentence, and changes nothing then.
        """
        tempo_bpm = steer.controls.get("tempo_bpm") or self._controls.tempo_bpm
        ratio = auto_swing(self._feel, tempo_bpm)
        controls = steered(self._controls, steer.controls, ratio)
        is_auto = self._swing_is_auto
        if "swing" in steer.controls:
            is_auto = steer.controls["swing"] is None
        if is_auto:
            controls = controls.with_values(swing=ratio)
        if steer.player is not None or steer.style is not None:
            if self._casting is None:
                raise SteeringError("This soloist cannot play as somebody else.")
            player, style = self._casting.play_as(steer.player, steer.style)
            steer = replace(steer, player=player, style=style)
        if controls.tempo_bpm != self._controls.tempo_bpm:
            self._voice.set_tempo(controls.tempo_bpm)
        if controls.swing != self._controls.swing:
            bar = self._first_open_bar()
            self._swing_before = self._swing_in(bar - 1)
            self._swing_bar = bar
        self._controls, self._solo_bar, self._catching_up = controls, None, True
        self._swing_is_auto = is_auto
        return steer

    @property
    def early_tick(self) -> int:
        """How far beyond the horizon of `advance` the players look."""
        return self._early_tick()

    def reseed(self, seed: Sequence[int], *, band: bool = False) -> None:
        """From what is not worked out yet on the soloist draws with another seed, and the band if asked."""
        self._voice.reseed(seed)
        if band:
            seats = range(1, len(self._band) + 1)
            self._dice = [_BarGenerators((*seed, seat)) for seat in seats]

    def _first_open_bar(self) -> int:
        """The first bar of which nothing is played yet."""
        if self._band:
            return self._next_bar
        tick = self._voice.tick
        return self._chart.bar_of(tick - 1) + 1 if tick else 0

    def _solo_tick(self) -> int | None:
        end = self._arrangement.solo_end_tick
        return self._voice.tick if end is None or self._voice.tick < end else None

    def _bar_tick(self) -> int | None:
        if not self._band:
            return None
        end, tick = self._music_end_tick, self._chart.bar_tick(self._next_bar)
        return tick if end is None or tick < end else None

    def _controls_at(self, tick: int) -> Controls:
        return controls_at(
            self._controls, level_at(self._arc, self._arrangement, tick, self._choruses)
        )

    def _early_tick(self) -> int:
        """How far before its place a note may be played: so far beyond the horizon one must look."""
        return EARLIEST_TICK if self._feeling is not None and self._controls.human else 0

    def _compound(self, bar: int) -> bool:
        meter = self._chart.meter_of(bar)
        return pulse_of(meter, meter.ticks_per_bar).compound

    def _ratio_in(self, bar: int) -> float:
        """The swing of a bar; where beats are no quarters, as in 6/8, eighths are not swung."""
        return 1.0 if self._compound(bar) else self._swing_in(bar)

    def _swing_in(self, bar: int) -> float:
        return self._controls.swing if bar >= self._swing_bar else self._swing_before

    def _solo_bar_at(self, tick: int) -> _SoloBar:
        """The bar that the soloist is in; density goes with the arc from bar to bar, not within one."""
        now = self._solo_bar
        if now is None or not now.start_tick <= tick < now.end_tick:
            bar = self._chart.bar_of(tick)
            start_tick, end_tick = self._chart.bar_tick(bar), self._chart.bar_tick(bar + 1)
            now = _SoloBar(
                start_tick,
                end_tick,
                self._ratio_in(bar),
                self._compound(bar),
                self._controls_at(start_tick),
            )
            self._solo_bar = now
        return now

    def _step_voice(self) -> None:
        final_tick = self._arrangement.final_tick
        tick, bar = self._voice.tick, self._solo_bar_at(self._voice.tick)
        landing = final_tick is not None and tick >= final_tick
        if not self._has_begun:  # the first note of all belongs to the chord
            landing = self._chart.chord_at(tick) is not None
        step = self._voice.step(bar.controls, landing)
        self.steps += 1
        if step.note is None:
            return
        self._has_begun = True
        note = step.note
        if self._band:
            self._solo_onsets.append(note.onset_tick)
        onset_tick, end_tick, loud = self._felt(note, step.next_tick, bar)
        if final_tick is not None and note.end_tick > final_tick and self._fits_the_end(note):
            end_tick = self._music_end_tick or end_tick  # the last note is held with the band
            note = replace(note, duration_tick=end_tick - note.onset_tick)
        late_tick = round(
            self._controls.lay_back_ms * self._controls.tempo_bpm * TICKS_PER_BEAT / _MS_A_MINUTE
        )
        onset_tick, end_tick = max(0, onset_tick + late_tick), end_tick + late_tick
        if self._catching_up:
            onset_tick, end_tick = self._caught_up(onset_tick, end_tick)
        self._solo_end_tick = end_tick
        velocity = _ACCENT_CENTRE + round(self._controls.accents * (loud - _ACCENT_CENTRE))
        self._keep(
            onset_tick,
            end_tick,
            Note(note.onset_tick, note.duration_tick, note.pitch, max(1, min(127, velocity))),
            self._channel,
            SOLO,
            step.text,
            step.quote,
        )

    def _caught_up(self, onset_tick: int, end_tick: int) -> tuple[int, int]:
        """Who is suddenly earlier waits for the end of the note before: one at a time, and in order."""
        if onset_tick >= self._solo_end_tick:
            self._catching_up = False
            return onset_tick, end_tick
        return self._solo_end_tick, max(end_tick, self._solo_end_tick + 1)

    def _felt(self, note: Note, next_tick: int, bar: _SoloBar) -> tuple[int, int, int]:
        """(onset_tick, end_tick, velocity) of the soloist's note."""
        controls = self._controls
        if self._feeling is None:
            return *performed(note, bar.ratio, bar.start_tick), note.velocity
        place = Bar(
            bar.start_tick,
            bar.end_tick,
            swing=bar.ratio,
            auto_swing=1.0 if bar.compound else auto_swing(self._feel, controls.tempo_bpm),
            tempo_bpm=controls.tempo_bpm,
            feel=self._chart.feel,
            compound=bar.compound,
        )
        felt = self._feeling.play(note, next_tick, place, controls.human)
        if not controls.human:  # it has followed the line all the same, to go on from here
            return *performed(note, bar.ratio, bar.start_tick), note.velocity
        return felt

    def _fits_the_end(self, note: Note) -> bool:
        chord = self._chart.chord_at(self._arrangement.final_tick or 0)
        return chord is None or note.pitch % 12 in chord.tone_pcs

    def _play_bar(self, bar_tick: int) -> None:
        bar = self._next_bar
        self._next_bar += 1
        kind, controls = self._arrangement.kind_of(bar), self._controls_at(bar_tick)
        ratio = self._ratio_in(bar)
        busy = self._busy(bar_tick)
        new_section, fill = self._arrangement.begins(bar), self._arrangement.begins(bar + 1)
        for dice, chair in zip(self._dice, self._band, strict=True):
            context = BarContext(
                chart=self._chart,
                bar=bar,
                feel=self._feel,
                tempo_bpm=controls.tempo_bpm,
                intensity=controls.intensity,
                busy=busy,
                kind=kind,
                new_section=new_section,
                fill=fill,
                rng=dice.of(bar),
            )
            for note in chair.player.bar(context):
                onset_tick, end_tick = performed(note, ratio, bar_tick)
                self._keep(onset_tick, end_tick, note, chair.channel, chair.player.name)

    def _busy(self, bar_tick: int) -> float:
        """How dense the soloist was in the bar before, 0 to 1."""
        if bar_tick <= self._arrangement.solo_tick:
            return 0.0
        before = self._chart.bar_tick(self._next_bar - 2)
        self._solo_onsets = self._solo_onsets[bisect_left(self._solo_onsets, before) :]
        played = bisect_left(self._solo_onsets, bar_tick)
        beats = (bar_tick - before) / TICKS_PER_BEAT
        return min(1.0, played / (beats * _BUSY_NOTES_A_BEAT))

    def _keep(
        self,
        onset_tick: int,
        end_tick: int,
        note: Note,
        channel: int,
        player: str,
        token: str = "",
        quote: Quote | None = None,
    ) -> None:
        end = self._music_end_tick
        if onset_tick < self._start_tick:  # early, or of a bar that is begun in its middle
            if note.onset_tick < self._start_tick:
                return
            onset_tick = self._start_tick
        if end is not None:
            if onset_tick >= end:
                return
            end_tick = min(end_tick, end)
        played = PlayedNote(
            self._next_id,
            onset_tick,
            max(end_tick, onset_tick + 1),
            note.pitch,
            note.velocity,
            channel,
            player,
            token,
            note if player == SOLO else None,
            quote,
        )
        self._next_id += 1
        heapq.heappush(self._pending, (onset_tick, played.note_id, played))
