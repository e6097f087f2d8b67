"""The performer: the loop that steps the ensemble a little ahead of time and hands its notes to the sender.

Input -> output:  Ensemble, TempoMap, what comes into the inbox  ->  Scheduler; what was sent to the listeners
Thread:           the main one; sleeps in clock.wait, woken by whatever is put into the inbox

Who says what time it is: the performance's own tempo map, or a follower that locks it to another clock.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from typing import Any, Protocol, runtime_checkable

from improv.clock import Clock, Mailbox
from improv.errors import ImprovError, SteeringError
from improv.live.scheduler import GUARD_NS, Scheduler
from improv.midi.bindings import Binding, Hands
from improv.midi.events import (
    Ask,
    ClockMessage,
    Heard,
    PortEvent,
    Reload,
    Report,
    Said,
    StandStill,
    Stop,
    Taken,
)
from improv.midi.messages import CONTINUE, PULSE, START, STOP, song_position
from improv.music.note import TICKS_PER_BEAT
from improv.partner.ears import Ears
from improv.partner.heard import HeardNote
from improv.partner.turns import Turn
from improv.performance.ensemble import Ensemble
from improv.performance.passes import Passes
from improv.performance.performance import Performance
from improv.performance.played import PlayedNote
from improv.performance.steering import Answer, Learn, Steer, Switch, Tap, Turned, asked_of
from improv.performance.stretch import pass_end
from improv.performance.tempo_steering import Taps, change_tempo
from improv.sync.moves import (
    PULSE_TICK,
    SIXTEENTH_TICK,
    Follower,
    Follows,
    Halts,
    Move,
    Rolls,
    Says,
    Seeks,
    summed,
)

HORIZON_TICK = TICKS_PER_BEAT
"""How far ahead tokens are stepped: about one beat, so that a change reaches the next unsounded note."""

RELOAD_LEAD_NS = 400_000_000
"""A reload holds from the first bar line so far away: meanwhile everybody is made again."""
_START_LEAD_NS = 5_000_000
"""How long before the first pulse the other side of --clock-out is told to start."""
_REST_NS = 300_000_000
"""A knob that was not turned for so long rests."""
_IDLE_NS = 500_000_000
"""How long it sleeps at the most: the outputs have things to do now and then, and whoever watches
is to see that it lives."""
_CLOCK_AGAIN_TICK = 4 * TICKS_PER_BEAT
"""How far ahead who follows our clock, and is there again, is told where it goes on."""
_HEARD_TEMPO_SHARE = 0.01
"""A followed tempo that has moved by more than this is told to the musicians, at the next bar line."""
_TOLD_TEMPO_BPM = 0.05
"""A followed tempo that has moved by less is not told to the listeners."""


@dataclass(frozen=True)
class End:
    """Why a stretch of music ended: "finished", "seek", "reload", "switch", or what a Stop said.

    `tick`: where it goes on; of the set for a seek, of the tune for a reload and a switch.
    """

    why: str
    tick: int = 0
    moves: tuple[Move, ...] = ()
    """What is to be obeyed there, as far as it is known already."""
    switch: Switch | None = None
    """What was chosen to be played."""


class Listener(Protocol):
    """Told what has really happened, in order: the terminal, the log, the recording, who counts."""

    def tune(self, performance: Performance) -> None:
        """A tune begins, or another stretch of it; ticks and bars count from its first beat."""

    def bar(self, bar: int) -> None:
        """Bar `bar` (0 is the first, counting on through the choruses) has begun."""

    def heard(self, report: Report, note: PlayedNote | None, tick: int) -> None:
        """The sender has sent (or dropped) a message meant for `tick`; `note` is its note, if any."""

    def tempo(self, tick: int, bpm: float) -> None:
        """From `tick` on it is played at `bpm`."""


@runtime_checkable
class TurnListener(Protocol):
    """A listener that is also told whose turn it is, before each bar."""

    def turn(self, turn: Turn | None, bar: int) -> None:
        """Bar `bar` is in this turn; None: there are no turns."""


class Performer:
    """Plays an ensemble through one stretch of music in time."""

    def __init__(
        self,
        ensemble: Ensemble,
        performance: Performance,
        scheduler: Scheduler,
        clock: Clock,
        inbox: Mailbox[Any],
        *,
        follower: Follower | None = None,
        clock_role: str | None = None,
        ears: Ears | None = None,
        partner: Callable[[HeardNote, int, int], None] = lambda note, planned_tick, open_tick: None,
        listeners: Sequence[Listener] = (),
        answer: Callable[[Answer], None] = lambda answer: None,
        attend: Callable[[Any], str | None] | None = None,
        reload: Callable[[], bool] = lambda: False,
        check: Callable[[Switch], None] = lambda switch: None,
        hands: Hands | None = None,
        keep: Callable[[tuple[Binding, ...]], None] = lambda bindings: None,
        beat: Callable[[Performer, int], None] = lambda performer, now_ns: None,
        status: Callable[[], str] = lambda: "",
        passes: Passes | None = None,
    ) -> None:
        """`clock_role`: of the output that our clock goes to; None: it is not sent.

        `ears` make notes of what the partner plays. `partner` is told each of them, up to which tick all was
        worked out by then, and from which tick on it could still be taken back.

        `answer` is told what became of each Steer, and given each Answer that is put into the inbox.

        `attend` is given what concerns processes and ports, and gives the line to be said; `reload` reads
        chart and configuration again and says whether there is something new to be played. `check` raises
        ImprovError for a Switch to what cannot be played. `keep` is given what `hands` have learned.
        `beat` is called whenever the loop wakes, which is every two seconds at the least; `status` answers an
        Ask. `passes` sets the tempo of each pass.
        """
        self.ensemble, self.performance = ensemble, performance
        self._chart, self._tempo = performance.arrangement.chart, performance.tempo
        self._scheduler, self._clock, self._inbox = scheduler, clock, inbox
        self.follower, self._clock_role = follower, clock_role
        self._beat, self._status, self._passes = beat, status, passes
        self._ears, self._partner = ears, partner
        self._listeners, self._answer, self._reload = listeners, answer, reload
        self._check, self._keep = check, keep
        self._hands = hands or Hands()
        self._turned: dict[tuple[str, ...], tuple[int, Answer]] = {}
        """When knobs were turned last, and what is to be said of it."""
        self.chosen: Switch | None = None
        """What is to be played instead, from `_chosen_tick` on."""
        self._chosen_tick = 0
        self.stopped = False
        """Whether somebody had it stop; it goes on with a Switch."""
        self._attend = attend or scheduler.out.attend
        self._end_tick = performance.arrangement.end_tick
        self._rolling = follower is None
        self._is_over = follower is not None and performance.is_over
        """There it waits until the clock that is followed goes elsewhere, in silence."""
        self._tick = performance.start_tick
        """How far time has come; it never goes back."""
        self._halted_tick = performance.start_tick
        """Where it was when it was halted last; before `start_tick` where that was still to come."""
        self._planned_tick = self._told_tick = performance.start_tick
        self._next_pulse_tick = -(-performance.start_tick // PULSE_TICK) * PULSE_TICK
        self._next_bar = self._chart.bar_of(performance.start_tick)
        self._was_told = False
        self._told_bpm = 0.0
        self._taps = Taps()

    def bars(self, why: str) -> int:
        """How many bars were played to their end, if it ended so."""
        start_bar = self._chart.bar_of(self.performance.start_tick)
        if why == "finished" and self._end_tick is not None:
            return self._chart.bar_of(self._end_tick - 1) + 1 - start_bar
        return self._chart.bar_of(self._tick) - start_bar

    def end_tick(self, why: str) -> int:
        """Where it ended, if it ended so: at its end, or where it was stopped."""
        if why == "finished" and self._end_tick is not None:
            return self._end_tick
        return max(self._tick, self.performance.start_tick)

    def reached_tick(self) -> int:
        """How far the music has really come: before `start_tick` where that is still to come."""
        return self._tempo.tick_at(self._clock.now_ns()) if self._rolling else self._halted_tick

    def play(self, moves: Sequence[Move] = ()) -> End:
        """Play until the arrangement ends, goes on elsewhere, or a Stop comes.

        `moves`: what the clock that is followed has said of this stretch already.

        Raises SenderError when there is no sender any more. Leaves silence to `Output.quit`.
        """
        for listener in self._listeners:
            listener.tune(self.performance)
        if self._rolling and self.performance.song_tick + self.performance.start_tick == 0:
            self._send_start()
        if moves:
            self._obey(moves, self._clock.now_ns())
        elif self.follower is not None and (where := self.follower.where()) is not None:
            # The stretch before has led here, in time.
            self._rolling = not self._is_over
            self._obey([where], self._clock.now_ns())
        if self._ears is not None:
            swing_ratio = self.ensemble.swing_at(self._tick)
            self._ears.begin(self._tempo, self.performance.start_tick, swing_ratio)
        self._plan_up_to(self._tick + HORIZON_TICK)
        while True:
            now_ns = self._clock.now_ns()
            end = None
            if self.follower is not None and self._inbox.empty():  # else what waits may say more
                end = self._obey(self.follower.look(now_ns), now_ns)
            if end is None and self._rolling:
                self._hear_partner(now_ns)
                end = self._go_on(now_ns)
            if end is not None:
                return end
            self._beat(self, now_ns)
            self._say_what_rests(now_ns)
            item = self._clock.wait(self._inbox, self._wake_ns(now_ns))
            if item is not None and (end := self._take(item)) is not None:
                return end

    def drain(self) -> None:
        """Pass on the reports that are still in the inbox, and what is to be said; after `Output.quit`."""
        while not self._inbox.empty():
            item = self._inbox.get_nowait()
            if isinstance(item, Report):
                self._hear(item)
            elif isinstance(item, Said):
                self._answer(Answer(item.text, problem=item.problem))

    def _go_on(self, now_ns: int) -> End | None:
        self._tick = max(self._tick, self._tempo.tick_at(now_ns))
        if self.chosen is not None and now_ns >= self._chosen_ns:
            self._leave(self._chosen_tick, now_ns)
            return End("switch", self._chosen_tick, switch=self.chosen)
        self._plan_up_to(self._tick + HORIZON_TICK)
        self._scheduler.commit(now_ns)
        if self._end_tick is not None and self._tick >= self._end_tick:
            self._tell_tempo(self._end_tick)
            return End("finished")
        self._announce_bars(self._tick, self._end_tick)
        return None

    def _wake_ns(self, now_ns: int) -> int:
        """When there is something to do without being told."""
        wakes = [now_ns + _IDLE_NS]
        if self.follower is not None and (wake_ns := self.follower.wake_ns()) is not None:
            wakes.append(wake_ns)
        if self._rolling:
            ticks = [self._chart.bar_tick(self._next_bar)]
            next_tick = self.ensemble.next_tick()
            if next_tick is not None:
                ticks.append(next_tick - HORIZON_TICK)
            if self._clock_role:
                ticks.append(self._next_pulse_tick - HORIZON_TICK // 2)
            if self._end_tick is not None:
                ticks.append(self._end_tick)
            if self._passes is not None and self._passes.tick is not None:
                ticks.append(self._passes.tick - HORIZON_TICK)
            wakes.append(self._tempo.ns_at(max(min(ticks), self._tick + 1)))
            if self.chosen is not None:
                wakes.append(self._chosen_ns)
            if self._ears is not None and (wake_ns := self._ears.wake_ns()) is not None:
                wakes.append(wake_ns)
            if (commit_ns := self._scheduler.wake_ns()) is not None:
                wakes.append(max(commit_ns, now_ns + 1))
        return min(wakes)

    # -- what is played

    def _plan_up_to(self, horizon_tick: int) -> None:
        passes = self._passes
        while passes is not None and passes.tick is not None and passes.tick <= horizon_tick:
            self._work_out(passes.tick - 1)
            text, done = passes.begin(self.ensemble)
            self._scheduler.moved(self._clock.now_ns())
            self._answer(Answer(text, steer=done, tick=self._tick, planned_tick=self._planned_tick))
        self._work_out(horizon_tick)

    def _work_out(self, horizon_tick: int) -> None:
        self._planned_tick = max(self._planned_tick, horizon_tick)
        for note in self.ensemble.advance(self._planned_tick):
            self._scheduler.add_note(note)
        for text in self.ensemble.said():
            self._answer(Answer(text))
        if self._clock_role:
            last_tick = self._planned_tick
            if self._end_tick is not None:
                last_tick = min(last_tick, self._end_tick - 1)
            while self._next_pulse_tick <= last_tick:
                self._scheduler.add_system(self._next_pulse_tick, bytes((PULSE,)))
                self._next_pulse_tick += PULSE_TICK

    def _send_start(self) -> None:
        """Tell who follows us that it begins, or from where it goes on."""
        if not self._clock_role:
            return
        ns = max(self._clock.now_ns(), self._tempo.ns_at(self._tick) - _START_LEAD_NS)
        song_tick = self.performance.song_tick + self._tick
        # Who was stopped on the way has counted our pulses and knows the place to a pulse, not a sixteenth.
        if song_tick and not self._was_told:
            self._scheduler.send_now(ns, song_position(song_tick // SIXTEENTH_TICK))
        self._scheduler.send_now(ns, bytes((CONTINUE if song_tick else START,)))
        self._was_told = True

    def _send_place(self) -> None:
        """Tell who follows us, and has lost count, where it will be in a moment, and to go on from there.

        Stop comes first, because who plays on need not listen to a song position.
        """
        if not self._rolling:
            return
        song_tick = self.performance.song_tick + self._tick + _CLOCK_AGAIN_TICK
        song_tick -= song_tick % SIXTEENTH_TICK
        tick = song_tick - self.performance.song_tick
        for data in (
            bytes((STOP,)),
            song_position(song_tick // SIXTEENTH_TICK),
            bytes((CONTINUE,)),
        ):
            self._scheduler.add_system(tick, data)

    # -- what comes in

    def _take(self, item: Any) -> End | None:
        if isinstance(item, Report):
            self._hear(item)
        elif isinstance(item, Stop):
            return End(item.why)
        elif isinstance(item, ClockMessage | tuple):
            return self._follow(item if isinstance(item, tuple) else (item,))
        elif isinstance(item, Steer):
            self._answer(self._steer(item))
        elif isinstance(item, Tap):
            bpm = self._taps.bpm(item.ns)
            if bpm is not None:
                self._answer(self._steer(Steer(controls={"tempo_bpm": bpm})))
            else:
                self._answer(Answer("tap: go on"))
        elif isinstance(item, Answer):
            self._answer(item)
        elif isinstance(item, Ask):
            self._answer(Answer(self._status()))
        elif isinstance(item, Said):
            self._answer(Answer(item.text, problem=item.problem))
        elif isinstance(item, Taken):
            if item.role == self._clock_role:
                self._send_place()
        elif isinstance(item, Turned):
            self._turn(item)
        elif isinstance(item, Switch):
            return self._choose(item)
        elif isinstance(item, Learn):
            self._answer(self._learn(item))
        elif isinstance(item, Heard):
            return self._handle(item)
        elif isinstance(item, Reload):
            return self._reloaded()
        elif isinstance(item, StandStill):
            self._stand_still(item)
        else:
            if text := self._attend(item):
                self._answer(Answer(text, problem=not (isinstance(item, PortEvent) and item.there)))
        return None

    def _handle(self, heard: Heard) -> End | None:
        """What the input says: hands at its knobs, or music."""
        said = self._hands.hear(heard.data, self.ensemble.value_of)
        if said is None:
            if self._ears is not None and self._rolling:
                self._ears.hear(heard.ns, heard.data)
            return None
        if said.problem:
            self._answer(Answer(said.problem, problem=True))
        elif said.learned is not None:
            self._answer(Answer(f"{said.learned.key} does {said.learned.line!r} from now on"))
            self._keep(self._hands.bindings)
        elif said.line:
            item = asked_of(said.line, heard.ns, files=False)
            if isinstance(item, Steer):
                item = Turned(item) if said.knob else item.pressed_again(self.ensemble.mixer)
            return self._take(item)
        return None

    def _turn(self, turned: Turned) -> None:
        answer = self._steer(turned.steer)
        self._turned[turned.knob] = self._clock.now_ns(), Answer(answer.text, answer.problem)
        if answer.steer is not None:
            self._answer(replace(answer, text=""))

    def _say_what_rests(self, now_ns: int) -> None:
        """What knobs have set that are not turned any more."""
        for knob, (ns, answer) in [*self._turned.items()]:
            if now_ns - ns >= _REST_NS:
                del self._turned[knob]
                self._answer(answer)

    def _learn(self, learn: Learn) -> Answer:
        if learn.forget:
            gone = self._hands.forget(learn.line)
            if not gone:
                return Answer(f"Nothing is bound to {learn.line!r}.", problem=True)
            self._keep(self._hands.bindings)
            return Answer(f"{', '.join(one.key for one in gone)}: forgotten")
        self._hands.learn(learn.line)
        if not learn.line:
            return Answer("learn off")
        return Answer(f"Move what is to do {learn.line!r}: a knob, a key, a pedal of the input.")

    def _follow(self, messages: Sequence[ClockMessage]) -> End | None:
        """Hear all that the other clock has said meanwhile, and do what of it is still to be done."""
        if self.follower is None:
            return None
        moves = [move for message in messages for move in self.follower.hear(message)]
        return self._obey(summed(moves), self._clock.now_ns())

    def _hear_partner(self, now_ns: int) -> None:
        """Hand on what the partner has played, and plan anew what that has changed.

        As with steering, the same notes at the same ticks give the same music.
        """
        heard = self._ears.heard(now_ns) if self._ears is not None else []
        for note in heard:
            self._tick = max(self._tick, self._tempo.tick_at(now_ns))
            self._plan_up_to(self._tick + HORIZON_TICK)
            open_tick = self._scheduler.open_tick(now_ns)
            if gone := self.ensemble.hear(note, open_tick):
                self._scheduler.withdraw(_one_of(gone), open_tick, now_ns)
            if self._passes is not None:
                self._passes.hear(note)
            self._partner(note, self._planned_tick, open_tick)
        if heard:
            self._plan_up_to(self._planned_tick)

    def _steer(self, steer: Steer) -> Answer:
        """Change what is not planned yet: nothing but the tick decides what that is.

        So the same steering at the same ticks gives the same notes.
        """
        now_ns = self._clock.now_ns()
        if self._rolling:
            self._tick = max(self._tick, self._tempo.tick_at(now_ns))
            self._plan_up_to(self._tick + HORIZON_TICK)
        steer = self.ensemble.from_here(steer)
        bpm = steer.controls.get("tempo_bpm")
        if steer.faster and self._passes is None:
            text = "Nothing gets faster here: expected a tempo of our own, and no echo."
            return Answer(text, problem=True)
        if bpm is not None and self.follower is not None and not steer.soloist:
            if self.follower.set_tempo(bpm):
                return Answer(f"tempo {bpm:g} for everybody in the session")
            return Answer("The tempo is that of the clock that is followed; change it there.", True)
        open_tick = self._scheduler.open_tick(now_ns, None if self._rolling else self._halted_tick)
        try:
            done = self.ensemble.steer(steer, open_tick)
        except ImprovError as error:
            return Answer(str(error), problem=True)
        answer = Answer(str(done), steer=done, tick=self._tick, planned_tick=self._planned_tick)
        if done.mutes or done.solo is not None:
            self._scheduler.withdraw(self.ensemble.is_silent, open_tick, now_ns)
            answer = replace(answer, open_tick=open_tick)
        if bpm is not None:
            soon_tick = self._tempo.tick_at(now_ns + GUARD_NS)
            change_tempo(self.performance, soon_tick, bpm, steer.over_bars)
            self._scheduler.moved(now_ns)
        if steer.faster and self._passes is not None:
            self._passes.set("" if steer.faster == "off" else steer.faster, self._planned_tick)
        for name, volume in done.volumes.items():
            self._scheduler.set_volume(self.ensemble.channels[name], volume, now_ns)
        return answer

    def _stand_still(self, item: StandStill) -> None:
        """Be silent while this process is stopped. Time goes on: so does the form."""
        before_ns = self._clock.now_ns()
        if self._rolling:
            self._scheduler.halt()
            if self._clock_role:
                self._scheduler.send_now(before_ns, bytes((STOP,)))
        item.stand()
        now_ns = self._clock.now_ns()
        self._answer(
            Answer(f"It stood still for {(now_ns - before_ns) / 1e9:.1f} s, and plays on.")
        )
        if self._rolling and self._clock_role:
            # Who follows us was stopped: no pulses of the time between, and then where it goes on.
            self._tick = max(self._tick, self._tempo.tick_at(now_ns))
            self._scheduler.forget_systems(self._tick)
            self._next_pulse_tick = max(
                self._next_pulse_tick, -(-self._tick // PULSE_TICK) * PULSE_TICK
            )
            self._send_place()

    def _reloaded(self) -> End | None:
        if not self._reload() or self.stopped:
            return None
        if not self._rolling:  # the place is the other clock's to say: the same in what is new
            return End("seek", self.performance.song_tick + self.reached_tick())
        now_ns = self._clock.now_ns()
        tick = self._chart.bar_tick(self._bar_to_come(now_ns))
        if self._end_tick is not None and tick >= self._end_tick:
            return None  # it is over before that
        self._leave(tick, now_ns)
        return End("reload", tick)

    def _bar_to_come(self, now_ns: int) -> int:
        """The next bar before which there is time to make everybody again."""
        lead_ns = RELOAD_LEAD_NS if self._rolling else 0
        tick = max(self._tick, self._tempo.tick_at(now_ns + lead_ns) if self._rolling else 0)
        bar = self._chart.bar_of(tick)
        return bar if self._chart.bar_tick(bar) == tick else bar + 1

    def _leave(self, tick: int, now_ns: int) -> None:
        """Play what comes before `tick`, and nothing from there on."""
        self._plan_up_to(tick)  # else it would be silent up to that bar line
        self._scheduler.commit(now_ns)
        self._scheduler.cut(tick, now_ns)
        self._announce_bars(tick - 1, self._end_tick)

    @property
    def _chosen_ns(self) -> int:
        """When to make ready for what was chosen."""
        return self._tempo.ns_at(self._chosen_tick) - RELOAD_LEAD_NS

    def _choose(self, switch: Switch) -> End | None:
        """Do what somebody has chosen to be played, at its time."""
        now_ns = self._clock.now_ns()
        try:
            if switch.what in ("stop", "start") and self.follower is not None:
                raise SteeringError("The clock that is followed says when it stops and starts.")
            if switch.what == "start" and not self.stopped:
                raise SteeringError("It plays already.")
            if switch == Switch("loop") and self.chosen is not None and self.chosen.what == "loop":
                self.chosen = None
                raise SteeringError("The loop that was to come is called off.")
            self._check(switch)
            if switch.what == "stop":
                self._stop(now_ns)
            elif switch.what == "panic":
                self._scheduler.halt()
            elif not self.stopped:
                self._chosen_tick = self._place_of(switch, now_ns)
                self.chosen = switch
        except ImprovError as error:
            self._answer(Answer(str(error), problem=True))
            return None
        self._answer(Answer(str(switch)))
        for text in switch.chart.warnings if switch.chart is not None else ():
            self._answer(Answer(text))
        if self.stopped and switch.what not in ("stop", "panic"):
            return End("switch", self._tick, switch=switch)
        return None

    def _stop(self, now_ns: int) -> None:
        """Be silent until something is chosen."""
        if self.stopped:
            raise SteeringError("It has stopped already; 'start' plays the tune from its top.")
        if self._ears is not None:
            self._ears.let_go(now_ns)
        self._halted_tick = self._tempo.tick_at(now_ns)
        self._tick = max(self._tick, self._halted_tick)
        self._rolling, self.stopped, self.chosen = False, True, None
        self._scheduler.halt()
        if self._clock_role:
            self._scheduler.send_now(now_ns, bytes((STOP,)))

    def _place_of(self, switch: Switch, now_ns: int) -> int:
        """Where what was chosen begins: with the next chorus, in the last one in place of the ending.

        Raises SteeringError where the tune ends sooner.
        """
        arrangement, bar = self.performance.arrangement, self._bar_to_come(now_ns)
        if switch.what == "loop" and not switch.at_once:
            tick = pass_end(arrangement, switch.loop, self._chart.bar_tick(bar))
            if tick is None:
                raise SteeringError("The tune ends before that.")
            return tick
        ends = (arrangement.tag_tick, arrangement.final_tick, arrangement.music_end_tick)
        last_tick = min((tick for tick in ends if tick is not None), default=None)
        while last_tick is None or self._chart.bar_tick(bar) < last_tick:
            chorus, inside = self._chart.chorus_and_bar(bar)
            if switch.at_once or (chorus >= 0 and inside == self._chart.first_bar):
                return self._chart.bar_tick(bar)
            bar += 1
        if self._chart.bar_tick(self._bar_to_come(now_ns)) > last_tick:
            raise SteeringError("The tune is about to end; choose when the next one has begun.")
        return last_tick

    def _obey(self, moves: Sequence[Move], now_ns: int) -> End | None:
        """Do what the follower says."""
        for at, move in enumerate(moves):
            if isinstance(move, Follows):
                self._tempo.lock(move.tick - self.performance.song_tick, move.ns, move.beat_ns)
                self._scheduler.moved(now_ns)
            elif isinstance(move, Rolls):
                if self._is_over:
                    continue
                self._rolling = True
                self._tell_tempo(self._tick)
                self._send_start()
            elif isinstance(move, Halts):
                if self._ears is not None:
                    self._ears.let_go(now_ns)
                if self._rolling:
                    self._halted_tick = self._tempo.tick_at(now_ns)
                    self._tick = max(self._tick, self._halted_tick)
                self._rolling = False
                self._scheduler.halt()
                if self._clock_role:
                    self._scheduler.send_now(now_ns, bytes((STOP,)))
            elif isinstance(move, Says):
                self._answer(Answer(move.text, problem=move.problem))
            elif isinstance(move, Seeks):
                return End("seek", move.tick, tuple(moves[at + 1 :]))
        return None

    # -- what is told

    def _announce_bars(self, now_tick: int, end_tick: int | None) -> None:
        while (tick := self._chart.bar_tick(self._next_bar)) <= now_tick and (
            end_tick is None or tick < end_tick
        ):
            self._tell_tempo(tick)
            turn = self.ensemble.turn_at(tick)
            for listener in self._listeners:
                if isinstance(listener, TurnListener):
                    listener.turn(turn, self._next_bar)
                listener.bar(self._next_bar)
            self._next_bar += 1
            self._tempo.forget(tick - HORIZON_TICK)

    def _tell_tempo(self, now_tick: int) -> None:
        """Tell the listeners what the tempo has been up to now, and the musicians what another clock's is."""
        if self.follower is None:
            changes = [
                row for row in self._tempo.changes_after(self._told_tick) if row[0] <= now_tick
            ]
        else:
            changes = [(now_tick, self._tempo.bpm_at(now_tick))]
        for tick, bpm in changes:
            wavers = self.follower is not None and abs(bpm - self._told_bpm) < _TOLD_TEMPO_BPM
            if not wavers:
                self._told_bpm = bpm
                for listener in self._listeners:
                    listener.tempo(tick, bpm)
        self._told_tick = max(self._told_tick, now_tick)
        if self.follower is not None:
            told_bpm = self.ensemble.tempo_bpm
            bpm = self._tempo.bpm_at(now_tick)
            if abs(bpm / told_bpm - 1) > _HEARD_TEMPO_SHARE:
                steer = Steer(controls={"tempo_bpm": round(bpm, 1)})
                self._plan_up_to(self._planned_tick)  # nothing is yet where it rolls at once
                try:
                    done = self.ensemble.steer(steer)
                except ImprovError:
                    return  # a tempo beyond what they know: they play as at the last one
                answer = Answer("", steer=done, tick=now_tick, planned_tick=self._planned_tick)
                self._answer(answer)

    def _hear(self, report: Report) -> None:
        note, tick = self._scheduler.hear(report)
        if note is not None and note.note_id >= self.performance.first_id:
            self._announce_bars(note.onset_tick, None)
        for listener in self._listeners:
            listener.heard(report, note, tick)


def _one_of(note_ids: Collection[int]) -> Callable[[PlayedNote], bool]:
    return lambda note: note.note_id in note_ids
