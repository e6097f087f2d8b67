"""Everybody who plays one tune: the soloists and the band, stepped in order of time.

Input -> output:  how far to go (a tick)  ->  the notes that begin up to there, as they are performed

Order is what makes it deterministic: of the soloists the one that is furthest behind is stepped, of several
the first in the list, and a bar of the band is played when they all have been stepped up to its bar line. So
the band knows how busy the bar before was, live and offline alike. Chords wait until the soloists have been
stepped beyond their onset, and make way for what is held there.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from improv.band.backgrounds import Backgrounds
from improv.band.base import BandMusician, BarContext
from improv.band.comping import RINGS
from improv.band.instruments import INSTRUMENTS
from improv.band.pulse import pulse_of
from improv.band.sounding import LONG_TICK, USUAL, Sounding, at_home, rub
from improv.controls.mixer import Mixer
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.feel.performed import performed
from improv.feel.play import Bar
from improv.midi.bindings import Target
from improv.music.feel import FEELS
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.swing import auto_swing
from improv.partner.dialogue import Dialogue
from improv.partner.echo import EchoVoice, turn_of
from improv.partner.harmony import colour_of
from improv.partner.heard import HeardNote
from improv.partner.turns import Mode, Turn, parse_mode
from improv.performance.arc import controls_at, level_at
from improv.performance.arrangement import Arrangement
from improv.performance.played import PlayedNote
from improv.performance.steering import Steer, check_alone, check_musicians, steered
from improv.soloist.line_voice import PHRASE_NOTES
from improv.soloist.soloist import Soloist, SoloNote, seed_of

_DIALOGUE_DICE = 1962
"""Added to the seed for what is taken up of a call; apart from those of the band, of feel and of soloists."""
_BACKGROUND_DICE = 1963
_HELD_TICK = 16 * TICKS_PER_BEAT
"""For which a note of the partner is taken to sound that is not over yet, by who plays behind it."""
_OPEN_TICK = 16 * TICKS_PER_BEAT
"""Notes that were given are known so long: who is heard again plays those that are still to come."""


@dataclass(frozen=True, slots=True, order=True)
class _Chord:
    """A chord of the band, straight, that waits until it is known what the soloists hold at its onset."""

    onset_tick: int
    place: int
    """Of its musician in the band."""
    notes: tuple[Note, ...]
    bar_tick: int
    ratio: float


class _BarGenerators:
    """A generator for each bar of one musician: one stream, entered at a different place for each bar.

    To make a new generator for every bar would take 20 µs, more than the rest of a musician's bar.
    """

    _DRAWS_A_BAR = 2**40

    def __init__(self, seed: Sequence[int]) -> None:
        self._bits = np.random.PCG64(np.random.SeedSequence(seed))
        self._start = self._bits.state
        self._generator = np.random.Generator(self._bits)

    def of(self, bar: int) -> np.random.Generator:
        """The generator, placed at the beginning of a bar; the next call places the same one elsewhere."""
        self._bits.state = self._start
        self._bits.advance(bar * self._DRAWS_A_BAR)
        return self._generator


class Ensemble:
    """Steps soloists and band through an arrangement."""

    def __init__(
        self,
        arrangement: Arrangement,
        soloists: Sequence[Soloist],
        controls: Controls,
        *,
        band: Sequence[tuple[BandMusician, int]] = (),
        count_in: Sequence[Note] = (),
        drum_channel: int = 9,
        arc: str = "steady",
        choruses: int = 0,
        seed: tuple[int, ...] = (0,),
        first_id: int = 1,
        start_tick: int = 0,
        swing_is_auto: bool = False,
        mixer: Mixer | None = None,
        mode: Mode | None = None,
        echo: EchoVoice | None = None,
    ) -> None:
        """`band`: who plays, and on which channel (0-15). `echo`: a soloist's voice whose phrases the
        partner plays back.

        `mode`: how soloists and a partner share the time; None: they play whatever the partner does.
        Nothing before `start_tick` is played. `swing_is_auto`: it follows the tempo when that changes.
        """
        self._start_tick, self._swing_is_auto = start_tick, swing_is_auto
        self._echo = echo
        self._arrangement, self._chart = arrangement, arrangement.chart
        self._soloists, self._controls = tuple(soloists), controls
        self._band, self._arc, self._choruses = tuple(band), arc, choruses
        self._dice = [_BarGenerators((*seed, number + 1)) for number in range(len(band))]
        self._section = [
            (Backgrounds(one.config.name, place), one.config.channel)
            for place, one in enumerate(self._soloists)
        ]
        """The soloists again, as they play behind the partner."""
        self._section_dice = _BarGenerators((*seed, _BACKGROUND_DICE))
        self._behind: dict[int, PlayedNote] = {}
        """What they play there, by its number."""
        self._held: tuple[Note, ...] = ()
        """What the partner holds, as far as it is known."""
        self._reached_tick = start_tick
        self._feel = FEELS[self._chart.feel]
        self._swing_before, self._swing_bar = controls.swing, 0
        self._next_id = first_id
        self._channels = {one.config.name: one.config.channel for one in self._soloists}
        self._channels.update((musician.name, channel) for musician, channel in self._band)
        self._silent: set[str] = set()
        self._mix(mixer or Mixer())
        self._music_end_tick = arrangement.music_end_tick
        self._pending: list[tuple[int, int, PlayedNote]] = []
        self._given: list[PlayedNote] = []
        """The last that were given, or would have been were they not silent."""
        self._next_bar = max(arrangement.count_in_bars, self._chart.bar_of(start_tick))
        self._sounding = Sounding()
        self._chords: list[_Chord] = []
        self._seed = tuple(seed)
        self._dialogue: Dialogue | None = None
        self._recent: dict[int, deque[Note]] = {}
        """What each soloist has just played."""
        if mode is not None and mode != Mode():
            self._dialogue = self._begin_dialogue(mode)
        for note in count_in:
            self._keep(note.onset_tick, note.end_tick, note, drum_channel, "count-in")

    def _begin_dialogue(self, mode: Mode, from_bar: int = 0) -> Dialogue:
        seed = (*self._seed, _DIALOGUE_DICE)
        return Dialogue(self._soloists, self._arrangement, mode, seed, from_bar=from_bar)

    def turn_at(self, tick: int) -> Turn | None:
        """Whose turn it is there; None: there are no turns, the soloists play."""
        if self._echo is not None:
            return turn_of(self._chart, self._chart.bar_of(tick))
        if self._dialogue is None or self._dialogue.turns.mode.kind == "solo":
            return None
        return self._dialogue.turn_at(tick)

    @property
    def next_id(self) -> int:
        """The number the next note will have."""
        return self._next_id

    @property
    def steps(self) -> int:
        """How many tokens were stepped."""
        return sum(soloist.steps for soloist in self._soloists)

    @property
    def tempo_bpm(self) -> float:
        """The tempo that everybody goes by."""
        return self._controls.tempo_bpm

    @property
    def mixer(self) -> Mixer:
        """How loud everybody is, and who is heard."""
        return self._mixer

    @property
    def channels(self) -> Mapping[str, int]:
        """The channel (0-15) of each musician, by name; soloists first."""
        return self._channels

    def value_of(self, target: Target) -> float | None:
        """What holds of what a knob turns; None where nothing does."""
        if not target.control:
            return self._mixer.volumes.get(target.whom)
        return float(getattr(self._controls_of(target.whom), target.control))

    def _controls_of(self, whom: str) -> Controls:
        """Those that hold for a soloist, by name; everybody's for whoever is none."""
        controls = self._controls
        for one in self._soloists:
            if one.config.name == whom:
                controls = one.controls(controls)
        return controls

    def from_here(self, steer: Steer) -> Steer:
        """The steer with values for controls that it moves up or down from what holds now."""
        return steer.from_here(self._controls_of(steer.soloist))

    def is_silent(self, note: PlayedNote) -> bool:
        """Whether it is of a musician who is not to be heard; the count-in always is."""
        return note.player in self._silent

    def _mix(self, mixer: Mixer, open_tick: int | None = None) -> None:
        was_silent, self._mixer = self._silent, mixer
        self._silent = {name for name in self._channels if not mixer.is_heard(name)}
        if open_tick is None:
            return
        for note in [each for each in self._given if each.onset_tick >= open_tick]:
            if note.player in was_silent - self._silent:
                self._given.remove(note)
                heapq.heappush(self._pending, (note.onset_tick, note.note_id, note))

    def next_tick(self) -> int | None:
        """The earliest tick at which something is to be played or worked out; None: nothing is left."""
        soloist, bar_tick = self._next_soloist(), self._bar_tick()
        ticks = [self._tick_of(soloist) or 0] if soloist is not None else []
        ticks += [bar_tick] if bar_tick is not None else []
        ticks += [self._chords[0].onset_tick] if self._chords else []
        ticks = [max(0, tick - self.early_tick) for tick in ticks]
        if self._pending:
            ticks.append(self._pending[0][0])
        return min(ticks, default=None)

    def advance(self, horizon_tick: int) -> list[PlayedNote]:
        """Every note up to `horizon_tick` that was not given before, by onset."""
        self.work_out(horizon_tick)
        notes = []
        while self._pending and self._pending[0][0] <= horizon_tick:
            notes.append(heapq.heappop(self._pending)[2])
        if notes:
            open_tick = horizon_tick - _OPEN_TICK
            self._given = [each for each in self._given if each.onset_tick >= open_tick] + notes
        return self._heard(notes)

    def work_out(self, horizon_tick: int) -> None:
        """Work out every note up to `horizon_tick`, to be given later."""
        written_tick = horizon_tick + self.early_tick
        self._reached_tick = max(self._reached_tick, written_tick)
        while self._work_out_next(written_tick):
            pass

    def step(self) -> list[PlayedNote]:
        """Work out what comes next, a token of a soloist or a bar of the band, and give its notes by onset.

        For callers that take notes as soon as they are worked out, however late they begin.
        """
        self._work_out_next(None)
        notes, self._pending = [row[2] for row in sorted(self._pending)], []
        return self._heard(notes)

    def _heard(self, notes: list[PlayedNote]) -> list[PlayedNote]:
        return [note for note in notes if not self.is_silent(note)]

    def _work_out_next(self, up_to_tick: int | None) -> bool:
        """Work out what comes next; False where nothing does, or not up to this tick."""
        soloist, bar_tick = self._next_soloist(), self._bar_tick()
        tick = 0 if soloist is None else self._tick_of(soloist) or 0
        if self._chords and (soloist is None or self._chords[0].onset_tick < tick):
            if up_to_tick is not None and self._chords[0].onset_tick > up_to_tick:
                return False
            self._play_chord(heapq.heappop(self._chords), None if soloist is None else tick)
            return True
        if bar_tick is not None and (soloist is None or bar_tick <= tick):
            if up_to_tick is not None and bar_tick > up_to_tick:
                return False
            self._play_bar(bar_tick)
            return True
        if soloist is None or (up_to_tick is not None and tick > up_to_tick):
            return False
        self._step(soloist, tick)
        return True

    def steer(self, steer: Steer, open_tick: int | None = None) -> Steer:
        """Change who soloists play as, and controls; returns the steer with the names as the cell spells
        them.

        It holds from the first notes of soloists and the first bar of the band that are not worked out yet;
        swing for everybody from that bar on, so that off-beats stay together. The mixer holds from
        `open_tick` on: notes that were given and are silent now (`is_silent`) are for the caller to take
        back, and who is heard again gives what was silent so far. None: it holds from the next note on
        that was not given. Raises ImprovError, one sentence, and changes nothing then.
        """
        soloists = self._soloists
        if steer.mode and self._echo is not None:
            raise SteeringError("An echo takes turns of its own; expected no other mode.")
        if steer.mixed:
            steer = check_musicians(steer, [*self._channels])
        if steer.soloist:
            soloists = tuple(one for one in soloists if one.config.name == steer.soloist)
            check_alone(steer, [one.config.name for one in self._soloists])
        tempo_bpm = steer.controls.get("tempo_bpm") or self._controls.tempo_bpm
        ratio = auto_swing(self._feel, tempo_bpm)
        controls = steered(self._controls, steer.controls, ratio)
        is_auto = self._swing_is_auto
        if "swing" in steer.controls:
            is_auto = steer.controls["swing"] is None
        if is_auto:
            controls = controls.with_values(swing=ratio)
        if steer.player is not None or steer.style is not None:
            steer = self._cast(soloists, steer)
        if steer.mode:
            mode, bar = parse_mode(steer.mode), self._first_open_bar()
            if self._dialogue is None:
                self._dialogue = self._begin_dialogue(mode, bar)
            else:
                self._dialogue.set_mode(mode, bar)
            if not self._band:
                bar = max(bar, self._chart.bar_of(self._reached_tick) + 1)
                self._next_bar = max(self._next_bar, bar)
        if steer.reward:
            self._dialogue = self._dialogue or self._begin_dialogue(Mode())
            for soloist in soloists:
                if steer.reward == "good":
                    self._dialogue.praise(soloist)
                else:
                    self._dialogue.again(soloist, self._recent.get(id(soloist), ()))
        for soloist in soloists:
            soloist.steer(steer.controls, alone=bool(steer.soloist))
        if steer.soloist:
            return steer
        self._mix(self._mixer.then(steer.volumes, steer.mutes, steer.solo), open_tick)
        if controls.tempo_bpm != self._controls.tempo_bpm:
            for soloist in soloists:
                soloist.set_tempo(controls.tempo_bpm)
        if controls.swing != self._controls.swing:
            bar = self._first_open_bar()
            self._swing_before = self._swing_in(bar - 1)
            self._swing_bar = bar
        self._controls, self._swing_is_auto = controls, is_auto
        return steer

    def said(self) -> list[str]:
        """What the partner is to be told of what was heard, since this was asked last."""
        return self._echo.said() if self._echo is not None else []

    def hear(self, note: HeardNote, open_tick: int | None = None) -> tuple[int, ...]:
        """Hear what the partner plays: soloists who wait go on with it, and the band leaves room for it in
        what is not worked out yet.

        What begins at `open_tick` or later can still be taken back (None: all that begins after the note).
        A reply that has not begun by then is played anew. Returns the numbers of the notes, of those that
        were given already, that are not to be played: of what is played behind the partner also notes that
        sound by then, which are to end there.
        """
        if self._echo is not None:
            self._echo.hear(note)
        onset_tick, sounds_on = note.onset_tick, note.end_tick is None
        length_tick = max(1, (note.end_tick or 0) - onset_tick)
        heard = Note(onset_tick, length_tick, note.pitch, note.velocity)
        if self._band or self._plays_behind:
            self._sounding.hear_partner(heard, sounds_on=sounds_on, replaces=note.replaces)
        if note.is_comping:
            colour = colour_of(note, self._chart, self._controls.listen)
            for soloist in self._soloists:
                if (voice := soloist.line_voice) is not None:
                    voice.colour = colour
        if self._dialogue is None:
            return ()
        open_tick = note.onset_tick if open_tick is None else open_tick
        gone = set(self._dialogue.hear(note, open_tick, self._controls))
        gone |= self._rubbing(note, heard, open_tick)
        if not gone:
            return ()
        self._sounding.forget(gone)
        kept = [row for row in self._pending if row[1] not in gone]
        given = gone - {row[1] for row in self._pending}
        self._given = [each for each in self._given if each.note_id not in gone]
        self._pending = kept
        heapq.heapify(self._pending)
        return tuple(sorted(given))

    @property
    def _plays_behind(self) -> bool:
        return self._dialogue is not None and self._dialogue.turns.mode.riffs

    def _rubbing(self, note: HeardNote, heard: Note, open_tick: int) -> set[int]:
        """What behind the partner would rub against a note, unless that is known to be short."""
        self._behind = {n: one for n, one in self._behind.items() if one.end_tick > open_tick}
        self._held = ()
        if note.end_tick is None:
            heard = replace(heard, duration_tick=_HELD_TICK)
            self._held = tuple(replace(heard, pitch=pitch) for pitch in (note.pitch, *note.under))
        if heard.duration_tick < LONG_TICK:
            return set()
        struck = [replace(heard, pitch=pitch) for pitch in (note.pitch, *note.under)]
        gone = {
            number
            for number, one in self._behind.items()
            for sounds in (Note(one.onset_tick, one.end_tick - one.onset_tick, one.pitch, 1),)
            if any(rub(each, sounds) for each in struck)
        }
        for number in gone:
            del self._behind[number]
        return gone

    @staticmethod
    def _cast(soloists: Sequence[Soloist], steer: Steer) -> Steer:
        """Have all of them play as somebody else, or none if one of them cannot."""
        roles = [soloist.role(steer.player, steer.style) for soloist in soloists]
        if not roles:
            raise SteeringError("There is no soloist who could play as somebody else.")
        for soloist, role in zip(soloists, roles, strict=True):
            soloist.play_as(role)
        return replace(
            steer,
            player=None if steer.player is None else roles[0].players,
            style=None if steer.style is None else roles[0].style,
        )

    @property
    def early_tick(self) -> int:
        """How far before its written place a note may be played; notes must be worked out so much earlier."""
        return max((one.early_tick(self._controls) for one in self._soloists), default=0)

    def reseed(self, seed: Sequence[int], *, band: bool = False) -> None:
        """Have soloists draw with another seed in what is not worked out yet, and the band too if asked."""
        for place, soloist in enumerate(self._soloists):
            soloist.reseed(seed_of(seed, place))
        if band:
            self._dice = [_BarGenerators((*seed, at + 1)) for at in range(len(self._band))]

    def _first_open_bar(self) -> int:
        """The first bar of which nothing is played yet."""
        if self._band:
            return self._next_bar
        tick = max((soloist.tick for soloist in self._soloists), default=0)
        return self._chart.bar_of(tick - 1) + 1 if tick else 0

    def _next_soloist(self) -> Soloist | None:
        """The soloist who is furthest behind, of several the first in the list; None: all have reached the
        end."""
        end_tick, found, first_tick = self._arrangement.solo_end_tick, None, None
        for soloist in self._soloists:
            tick = self._tick_of(soloist)
            if tick is not None and (first_tick is None or tick < first_tick):
                found, first_tick = soloist, tick
        return found if first_tick is None or end_tick is None or first_tick < end_tick else None

    def _tick_of(self, soloist: Soloist) -> int | None:
        """Where it plays next; None: nowhere as long as it hears nothing."""
        if self._dialogue is None:
            return soloist.tick
        return self._dialogue.tick_of(soloist, soloist.controls(self._controls))

    def _bar_tick(self) -> int | None:
        if not self._band and not self._plays_behind:
            return None
        end, tick = self._music_end_tick, self._chart.bar_tick(self._next_bar)
        return tick if end is None or tick < end else None

    def _controls_at(self, tick: int, controls: Controls) -> Controls:
        return controls_at(controls, level_at(self._arc, self._arrangement, tick, self._choruses))

    def _compound(self, bar: int) -> bool:
        meter = self._chart.meter_of(bar)
        return pulse_of(meter, meter.ticks_per_bar).compound

    def swing_at(self, tick: int) -> float:
        """At which ratio the band swings there."""
        return self._ratio_in(self._chart.bar_of(tick))

    def _ratio_in(self, bar: int) -> float:
        """The swing of a bar; where beats are not quarters, as in 6/8, eighths are not swung."""
        return 1.0 if self._compound(bar) else self._swing_in(bar)

    def _swing_in(self, bar: int) -> float:
        return self._controls.swing if bar >= self._swing_bar else self._swing_before

    def _step(self, soloist: Soloist, tick: int) -> None:
        dialogue = self._dialogue
        if dialogue is not None:
            own = self._controls_at(tick, soloist.controls(self._controls))
            if dialogue.comes_in(soloist, own):
                return
        if not soloist.is_in_bar:
            self._tell_bar(soloist)
        played = soloist.step()
        if played is None:
            return
        if self._echo is not None and soloist is self._soloists[0]:
            self._echo.performed(played.onset_tick)
        written_tick = played.written.onset_tick
        self._recent.setdefault(id(soloist), deque(maxlen=PHRASE_NOTES)).append(played.written)
        note_id = self._next_id
        if dialogue is None or dialogue.is_heard(written_tick):
            if self._band:
                sounds_tick = played.end_tick - played.onset_tick
                note = replace(
                    played.written, onset_tick=played.onset_tick, duration_tick=sounds_tick
                )
                self._sounding.hear(written_tick, note, note_id)
            self._keep(
                played.onset_tick,
                played.end_tick,
                played.written,
                soloist.config.channel,
                soloist.config.name,
                played,
            )
        if dialogue is not None:
            given = range(note_id, self._next_id)
            dialogue.played(soloist, given, played.onset_tick, written_tick)

    def _tell_bar(self, soloist: Soloist) -> None:
        """Tell it what holds in its bar; the arc changes density from bar to bar, not within one."""
        bar = self._chart.bar_of(soloist.tick)
        start_tick, compound = self._chart.bar_tick(bar), self._compound(bar)
        tempo_bpm = self._controls.tempo_bpm
        place = Bar(
            start_tick,
            self._chart.bar_tick(bar + 1),
            swing=self._ratio_in(bar),
            auto_swing=1.0 if compound else auto_swing(self._feel, tempo_bpm),
            tempo_bpm=tempo_bpm,
            feel=self._chart.feel,
            compound=compound,
        )
        soloist.enter(place, self._controls_at(start_tick, soloist.controls(self._controls)))

    def _play_bar(self, bar_tick: int) -> None:
        bar = self._next_bar
        self._next_bar += 1
        kind = self._arrangement.kind_of(bar)
        controls = self._controls_at(bar_tick, self._controls)
        ratio = self._ratio_in(bar)
        busy, loud = self._sounded(bar_tick)
        new_section, fill = self._begins(bar), self._begins(bar + 1)
        section = self._section if self._plays_behind else []
        for place, (musician, channel) in enumerate((*self._band, *section)):
            is_behind = place >= len(self._band)
            if is_behind:
                busy, loud = self._sounded(bar_tick, 0.5)
            instrument = INSTRUMENTS.get(musician.name)
            context = BarContext(
                chart=self._chart,
                bar=bar,
                feel=self._feel,
                controls=controls,
                busy=busy,
                kind=kind,
                new_section=new_section,
                fill=fill,
                rng=(self._section_dice if is_behind else self._dice[place]).of(bar),
                loud=loud,
            )
            notes = musician.bar(context)
            if is_behind or (instrument is not None and instrument.chords):
                for tick, struck in groupby(notes, key=lambda note: note.onset_tick):
                    chord = _Chord(tick, place, tuple(struck), bar_tick, ratio)
                    heapq.heappush(self._chords, chord)
                continue
            for note in notes:
                onset_tick, end_tick = performed(note, ratio, bar_tick)
                self._keep(onset_tick, end_tick, note, channel, musician.name)

    def _begins(self, bar: int) -> bool:
        """Whether something begins with a bar: of the form, or another's turn."""
        turns = self._dialogue.turns if self._dialogue is not None else None
        return self._arrangement.begins(bar) or (turns is not None and turns.begins(bar))

    def _sounded(self, bar_tick: int, listen: float | None = None) -> tuple[float, float]:
        """(busy, loud): what the soloists were like in the bar before, 0 to 1, and the partner as far as it
        is heard."""
        if bar_tick <= self._arrangement.solo_tick:
            return 0.0, USUAL
        before_tick = self._chart.bar_tick(self._next_bar - 2)
        listen = self._controls.listen if listen is None else listen
        return self._sounding.bar(before_tick, bar_tick, listen)

    def _play_chord(self, chord: _Chord, known_tick: int | None) -> None:
        """Give a chord, now that nothing new of the soloists begins before `known_tick` (None: at all)."""
        musician, channel = (*self._band, *self._section)[chord.place]
        notes: Sequence[Note] = chord.notes
        if known_tick is not None:
            end_tick = max(note.end_tick for note in notes)
            there = {self._chart.chord_at(tick) for tick in (chord.onset_tick, end_tick)}
            may_come = {pc for each in there if each for pc in at_home(each)}
            rings = self._feel.name in RINGS
            notes = self._sounding.held_until(notes, known_tick, may_come, rings=rings)
        spans = [performed(note, chord.ratio, chord.bar_tick) for note in notes]
        sounding = [
            replace(note, onset_tick=onset_tick, duration_tick=end_tick - onset_tick)
            for note, (onset_tick, end_tick) in zip(notes, spans, strict=True)
        ]
        first_id, is_behind = self._next_id, chord.place >= len(self._band)
        for note in self._sounding.beside(sounding):
            if not (is_behind and any(rub(note, held) for held in self._held)):
                self._keep(note.onset_tick, note.end_tick, note, channel, musician.name)
        if is_behind:
            given = (row[2] for row in self._pending if row[1] >= first_id)
            self._behind.update((note.note_id, note) for note in given)

    def _keep(
        self,
        onset_tick: int,
        end_tick: int,
        note: Note,
        channel: int,
        player: str,
        solo: SoloNote | None = None,
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
            solo.token if solo is not None else "",
            note if solo is not None else None,
            solo.quote if solo is not None else None,
            solo.plan if solo is not None else None,
        )
        self._next_id += 1
        heapq.heappush(self._pending, (onset_tick, played.note_id, played))
