"""A performance from start to end: start the sender, load the cell, play, and leave in silence.

Input -> output:  Config  ->  Summary, and what the listeners and files got
Thread:           the main one

The sender is started first, so that its process comes up while NumPy and the cell are loaded here. Music is
played in stretches: a tune, what follows a seek of the clock that is followed, what follows a reload.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from improv import files
from improv.clock import Clock, Mailbox
from improv.config import Config, Tune
from improv.controls.table import ROWS
from improv.errors import SteeringError
from improv.health.health import Health
from improv.live.inbox import Inbox
from improv.midi.bindings import Binding, Hands
from improv.midi.events import CLOCK_IN, CLOCK_OUT, IN, OUT, Gone, PortEvent, Realtime, ReceiverGone
from improv.midi.outputs import Outputs
from improv.midi.ports import PortInfo, PortRequest
from improv.midi.sender_process import Output
from improv.midi.thru import Thru
from improv.partner.ears import Ears
from improv.performance.arrangement import arrange
from improv.performance.stretch import (
    Stretch,
    Typed,
    arranged,
    laid_out,
    next_tune,
    place_after,
    reloaded,
    sought,
)
from improv.sync.moves import Follower, Move
from improv.sync.sources import Clocks, open_clocks

if TYPE_CHECKING:
    from improv.cell.load import Model
    from improv.cell.step import TokenCell
    from improv.live.hearing import Hearing
    from improv.live.performer import End, Listener, Performer
    from improv.live.scheduler import Scheduler, Watcher
    from improv.music.take import Take
    from improv.partner.heard import HeardNote
    from improv.performance.ensemble import Ensemble
    from improv.performance.performance import Performance
    from improv.performance.steering import Answer, Steer, Switch

LEAD_NS = 30_000_000
"""From ready to the first beat: time for the first messages to reach the sender."""

_AGAIN_NS = 80_000_000
"""The same after a stop: the first notes are worked out meanwhile."""

FOLLOWING_AHEAD_NS = 120_000_000
"""How long before they are due notes are handed over where another clock may move them."""

RELOADED = ("tunes", "model", "soloists", "band", "mixer", "mode")
"""What a reload may change; what was typed holds on."""


@dataclass(frozen=True)
class Opening:
    """What is known before the first note, for the user to read."""

    model: Model
    port: PortInfo
    realtime: Realtime
    record: Path | None
    warnings: tuple[str, ...] = ()
    clock_in: PortInfo | None = None
    """Where the clock comes in that is followed."""
    partner_in: PortInfo | None = None
    """Where the partner is heard."""


@dataclass(frozen=True)
class Summary:
    """How it went. `why` it ended: "finished", or what asked it to stop (a signal's name)."""

    why: str
    steps: int
    bars: int
    counters: dict[str, int]
    take: Take | None = field(repr=False)
    """What was recorded; None where nothing was to be, or nothing was heard."""
    record: Path | None
    warnings: tuple[str, ...] = ()
    seconds: float = 0.0
    remark: str = ""
    """Where the recording is, if that is not where it was to be."""


@dataclass(frozen=True)
class Hooks:
    """What the user's side is told, and asked."""

    listeners: Sequence[Listener] = ()
    opened: Callable[[Opening], None] = lambda opening: None
    answer: Callable[[Answer], None] = lambda answer: None
    steered: Callable[[Steer], None] = lambda steer: None
    """Told whatever was changed, by whomever."""
    partner: Callable[[HeardNote], None] = lambda note: None
    """Given what the partner plays, as it is heard."""
    health: Callable[[Health], None] = lambda health: None
    """Given the session's health, four times a second."""
    watcher: Watcher | None = None
    """Told what is planned."""
    reload: Callable[[], Config] | None = None
    """Reads chart and configuration again; None: it cannot be done."""
    keep: Callable[[tuple[Binding, ...]], None] = lambda bindings: None
    """Given what knobs do, when that was learned or forgotten, to be kept."""
    make_cell: Callable[[Path], TokenCell] | None = None
    """Another engine for the cell of a model folder."""
    reloaded: Callable[[Config, Model], None] = lambda config, model: None
    """Told what is played since chart and configuration were read again."""


def play(
    config: Config,
    clock: Clock,
    inbox: Mailbox[Any] | None = None,
    *,
    out: Output | None = None,
    follower: Follower | None = None,
    ears: Ears | None = None,
    make_cell: Callable[[Path], TokenCell] | None = None,
    listeners: Sequence[Listener] = (),
    opened: Callable[[Opening], None] = lambda opening: None,
    answer: Callable[[Answer], None] = lambda answer: None,
    partner: Callable[[HeardNote], None] = lambda note: None,
    health: Callable[[Health], None] = lambda health: None,
    watcher: Watcher | None = None,
    reload: Callable[[], Config] | None = None,
    keep: Callable[[tuple[Binding, ...]], None] = lambda bindings: None,
    steered: Callable[[Steer], None] = lambda steer: None,
    reloaded: Callable[[Config, Model], None] = lambda config, model: None,
) -> Summary:
    """Play the tunes of `config` to their end or until a Stop is put into `inbox`.

    A Steer that is put there changes who plays and how, also in the tunes to come; `answer` is told.
    `out` replaces the sender process, `follower` the clock that `config` asks for, `ears` its input (tests).
    Every way out, an exception too, passes through `Output.quit`, which silences what sounds. Raises
    ImprovError of every kind.
    """
    inbox = inbox if inbox is not None else Inbox()
    for path in filter(None, (config.record, config.log)):
        files.check_writable(path)
    ours, thru = out is None, None
    if out is None:
        clock_out = None
        if config.clock_out not in (None, "same"):
            clock_out = PortRequest(config.clock_out, config.backend)
        if config.thru is not None:
            thru = Thru(config.thru)
        out = Outputs(PortRequest(config.port, config.backend), clock_out, inbox, clock, thru=thru)
    hooks = Hooks(
        listeners,
        opened,
        answer,
        steered,
        partner,
        health,
        watcher,
        reload,
        keep,
        make_cell,
        reloaded,
    )
    daemon = _Daemon(
        config, clock, inbox, out, follower, hooks, has_ports=ours, thru=thru, ears=ears
    )
    try:
        return daemon.run()
    finally:
        out.quit()
        daemon.close()


class _Daemon:
    """One performance."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        inbox: Mailbox[Any],
        out: Output,
        follower: Follower | None,
        hooks: Hooks,
        *,
        has_ports: bool,
        thru: Thru | None = None,
        ears: Ears | None = None,
    ) -> None:
        self._has_ports, self._thru = has_ports, thru
        self._ears = ears if ears is not None else Ears()
        self._hearing: Hearing | None = None
        self._config, self._clock, self._inbox, self._out = config, clock, inbox, out
        self._hooks, self._follower = hooks, follower
        self._clocks: Clocks | None = None
        # Not before the sender is started: they bring NumPy.
        from improv.performance.steering import Held
        from improv.session.writers import Writers

        self._writers = Writers()
        self._held = Held()
        self._hands = Hands(config.bindings)
        self._steps = self._bars = 0
        self._said_over = False
        self._next_id = 1
        self._read = config.tunes
        """The tunes as they were read; those of the config are as they are played."""
        self._typed: dict[int, Typed] = {}
        """By the number of the tune."""

    def run(self) -> Summary:
        """Play to the end."""
        # Imported here, after the sender was started: NumPy and HDF5 take a good part of the start.
        from improv.live.performer import HORIZON_TICK
        from improv.live.scheduler import NOTICED_NS, Scheduler
        from improv.live.vitals import Vitals
        from improv.performance.assemble import lineup_of

        config, clock = self._config, self._clock
        self._arrangements = arranged(config.tunes)
        self._load_model()
        stretch = Stretch()
        performance, ensemble = self._prepare(stretch)
        ensemble.work_out(HORIZON_TICK)  # rehearsing for the first time takes longer than the lead
        ready: tuple[Performance, Ensemble] | None = (performance, ensemble)
        port, realtime = self._out.opened(clock)
        if self._has_ports:
            chart = self._arrangements[0].chart
            self._clocks = open_clocks(config, chart, self._out, port, clock, self._inbox)
            self._follower = self._follower or self._clocks.follower
            if isinstance(self._out, Outputs) and self._clocks.receiver is not None:
                self._out.tell_moved(self._clocks.receiver.watch)
            if config.input is not None:
                self._hearing = self._listen(port)
                self._ears = self._hearing.ears
        self._vitals = Vitals(
            Health(port=port.name, clock=config.clock, realtime=realtime.granted),
            self._hooks.health,
            tunes=len(config.tunes),
        )
        said = self._writers.open(config, self._model, port, realtime.granted)
        record = self._writers.record
        clock_in = self._clocks.clock_in if self._clocks is not None else None
        partner_in = self._hearing.port if self._hearing is not None else None
        self._hooks.opened(Opening(self._model, port, realtime, record, said, clock_in, partner_in))

        scheduler = Scheduler(self._out, config.latency, watcher=self._hooks.watcher)
        if self._follower is not None:
            scheduler.ahead_ns, scheduler.noticed_ns = FOLLOWING_AHEAD_NS, NOTICED_NS
        begun_ns = clock.now_ns()
        stretch = stretch.at(begun_ns + LEAD_NS + config.latency.earliest_ns)
        why = ""
        performer: Performer | None = None
        try:
            following: Stretch | None = stretch
            moves: Sequence[Move] = ()
            while following is not None:
                stretch = following
                performer = self._performer(stretch, scheduler, ready)
                ready = None
                end = performer.play(moves)
                moves = end.moves
                following = self._after(stretch, performer, end)
                if following is not None:
                    is_left = end.why in ("reload", "switch")
                    ended_tick = end.tick if is_left else performer.end_tick(end.why)
                    for log in self._writers:
                        log.ended(ended_tick)
            why = end.why
        finally:
            counters = self._out.quit()
            take = None
            if performer is not None:
                performer.drain()
                end_tick = performer.end_tick(why)
                take = self._writers.close(end_tick, why, lineup_of(self._config))
        seconds = (clock.now_ns() - begun_ns) / 1e9
        return Summary(
            why,
            self._steps,
            self._bars,
            counters,
            take,
            self._writers.record if take else None,
            self._writers.failed,
            seconds,
            self._writers.remark,
        )

    def _listen(self, port: PortInfo) -> Hearing:
        from improv.live.hearing import Hearing  # who plays alone needs none

        clock_port = getattr(self._out, "clock_port", None)
        outputs = [each for each in (port, clock_port) if each is not None]
        return Hearing(self._config, outputs, self._clock, self._inbox, self._thru)

    # -- what is played

    def _load_model(self) -> None:
        from improv.cell.load import find_model, load_model

        self._model = load_model(find_model(self._config.model))
        make_cell = self._hooks.make_cell
        self._cell = make_cell(self._model.path) if make_cell is not None else None

    def _prepare(self, stretch: Stretch) -> tuple[Performance, Ensemble]:
        """A stretch in time, and everybody who plays it."""
        from improv.performance.assemble import make_ensemble

        config, tune = self._held.applied(self._config, self._config.tunes[stretch.number])
        performance = self._laid_out(stretch, tune)
        ensemble = make_ensemble(
            config, tune, performance, self._model, cell=self._cell, first_id=self._next_id
        )
        return performance, ensemble

    def _laid_out(self, stretch: Stretch, tune: Tune) -> Performance:
        from improv.performance.assemble import make_performance

        performance = make_performance(
            tune,
            self._arrangements[stretch.number],
            stretch.ns,
            stretch.number,
            start_tick=stretch.tick,
            song_tick=stretch.song_tick,
        )
        return replace(performance, first_id=self._next_id)

    def _performer(
        self,
        stretch: Stretch,
        scheduler: Scheduler,
        ready: tuple[Performance, Ensemble] | None,
    ) -> Performer:
        from improv.live.performer import Performer
        from improv.performance.assemble import lineup_of
        from improv.performance.passes import Passes
        from improv.performance.steering import Answer

        config, tune = self._held.applied(self._config, self._config.tunes[stretch.number])
        scheduler.choose_sounds(lineup_of(config), stretch.ns, config.mixer)
        performance, ensemble = ready or self._prepare(stretch)
        if ready is not None:  # made before it was known when it begins
            performance = self._laid_out(stretch, tune)
        if performance.is_over and self._follower is not None and not self._said_over:
            self._said_over = True
            self._answered(Answer(_where_it_is_over(performance), problem=True))
        followed = self._follower is not None
        scheduler.begin(performance.tempo, stretch.by_tick, followed=followed)
        return Performer(
            ensemble,
            performance,
            scheduler,
            self._clock,
            self._inbox,
            follower=self._follower,
            clock_role={None: None, "same": OUT}.get(self._config.clock_out, CLOCK_OUT),
            listeners=[self._vitals, *self._hooks.listeners, *self._writers],
            ears=self._ears,
            partner=self._heard_partner,
            answer=self._answered,
            attend=self._attend,
            reload=lambda: self._reload(stretch.number),
            check=lambda switch: self._check(stretch.number, switch),
            hands=self._hands,
            keep=self._hooks.keep,
            beat=lambda now, ns: self._vitals.beat(now, ns, len(scheduler)),
            status=lambda: str(self._vitals.health),
            passes=None
            if self._follower or tune.plan.echo_bars
            else Passes(performance, tune.plan.faster),
        )

    def _after(self, stretch: Stretch, performer: Performer, end: End) -> Stretch | None:
        """The stretch that follows one that has ended so; None where that was all."""
        ensemble = performer.ensemble
        self._steps, self._next_id = self._steps + ensemble.steps, ensemble.next_id
        before, tempo = performer.performance.arrangement, performer.performance.tempo
        bars = performer.bars(end.why)
        self._bars += bars
        if bars:
            self._said_over = False
        if end.why in ("seek", "reload") and performer.chosen is not None:
            self._inbox.put(performer.chosen)  # it holds in the stretch that follows
        if end.why not in ("finished", "reload", "switch"):
            reached_tick = performer.reached_tick()
            if reached_tick < performer.performance.start_tick:
                self._writers.tell(lambda log: log.clock("stop", reached_tick))
        if end.why == "finished":
            self._held = self._held.in_the_next_tune()
            return next_tune(stretch, self._arrangements, tempo.ns_at(before.end_tick or 0))
        if end.why == "seek":
            self._writers.tell(lambda log: log.clock("seek", end.tick))
            left_tick = performer.end_tick(end.why)
            return sought(self._arrangements, end.tick, self._clock.now_ns(), left_tick)
        if end.why == "reload":
            ns = tempo.ns_at(end.tick)
            return reloaded(stretch, before, self._arrangements, end.tick, ns)
        if end.switch is not None:
            return self._switched(stretch, performer, end.tick, end.switch)
        return None

    def _check(self, number: int, switch: Switch) -> None:
        """Raises ImprovError where this cannot be played in place of tune `number`, or after it."""
        tunes = len(self._config.tunes)
        if switch.what == "next" and number + 1 >= tunes:
            raise SteeringError("There is no next tune: this is the last.")
        if switch.number > tunes:
            raise SteeringError(f"There is no tune {switch.number} in a set of {tunes}.")
        if switch.chart is not None:
            tune = Typed(switch.chart).of(self._read[number])
            arrange(tune.chart, tune.plan)
        if switch.what == "loop":
            plan = self._config.tunes[number].plan
            if plan.echo_bars:
                raise SteeringError(
                    "An echo has its own way through the bars; begin it with --loop."
                )
            if not switch.loop and not plan.loop:
                raise SteeringError("No bars are looped; 'loop 9-16' does that.")
            tune = self._looped(number, switch.loop).of(self._read[number])
            arrange(tune.chart, tune.plan)

    def _looped(self, number: int, loop: str) -> Typed:
        return replace(self._typed.get(number, Typed()), loop=loop)

    def _change(self, number: int, typed: Typed) -> None:
        """Have a tune played as it was typed."""
        self._typed[number] = typed
        tunes = list(self._config.tunes)
        tunes[number] = typed.of(self._read[number])
        self._config = replace(self._config, tunes=tuple(tunes))

    def _switched(
        self, stretch: Stretch, performer: Performer, tick: int, switch: Switch
    ) -> Stretch:
        """The stretch that somebody has chosen; what was played ends at `tick`."""
        tempo, number = performer.performance.tempo, stretch.number
        ns = tempo.ns_at(tick)
        if performer.stopped:
            ns = self._clock.now_ns() + _AGAIN_NS + self._config.latency.earliest_ns
        if switch.what == "loop":
            return self._looping(stretch, performer, tick, ns, switch.loop)
        self._writers.tell(lambda log: log.switched(switch.what, tick))
        self._held = self._held.in_the_next_tune()
        if switch.what == "next":
            return Stretch(number + 1, 0, ns, stretch.song_tick + tick, -tick)
        if switch.what == "tune":
            number = switch.number - 1
        if switch.chart is not None:
            row = ROWS["tempo_bpm"]
            bpm = min(max(round(tempo.bpm_at(tick), 2), row.low), row.high)
            self._change(number, Typed(switch.chart, bpm if switch.keeps_tempo else None))
        # With another seed: the same tune once more is to be another solo.
        self._config = replace(self._config, seed=self._config.seed + 1)
        self._arrangements[number] = laid_out(self._config.tunes, number)
        self._writers.tell(lambda log: log.tune_changed(self._config, number))
        song_tick = 0 if performer.stopped else stretch.song_tick + tick
        return Stretch(number, 0, ns, song_tick, -tick)

    def _looping(
        self, stretch: Stretch, performer: Performer, tick: int, ns: int, loop: str
    ) -> Stretch:
        """The stretch with other bars of the tune over and over, or none."""
        number, before = stretch.number, performer.performance.arrangement
        self._change(number, self._looped(number, loop))
        self._arrangements[number] = laid_out(self._config.tunes, number)
        self._writers.tell(lambda log: log.tune_changed(self._config, number))
        place = place_after(before, self._config.tunes[number], tick)
        return reloaded(stretch, before, self._arrangements, tick, ns, place)

    def _reload(self, number: int) -> bool:
        """Read chart and configuration again; whether there is something new to be played."""
        from improv.performance.steering import Answer

        if self._hooks.reload is None:
            return False
        before = self._config, self._arrangements, self._model, self._cell, self._read
        try:
            fresh = self._hooks.reload()
            # The port, the files and the clock stay as they are: they are open.
            self._config = replace(
                self._config,
                **{name: getattr(fresh, name) for name in RELOADED},
            )
            self._read = fresh.tunes
            for at, typed in self._typed.items():
                if at < len(fresh.tunes):
                    self._change(at, typed)
            self._arrangements = arranged(self._config.tunes)
            if fresh.model != before[0].model:
                self._load_model()
            self._prepare(Stretch(min(number, len(fresh.tunes) - 1)))
            self._hands.bindings = fresh.bindings
        except Exception as error:  # whatever stands in a chart or a configuration ends no music
            self._config, self._arrangements, self._model, self._cell, self._read = before
            text = f"Nothing was read again, it plays on as before: {error}"
            self._answered(Answer(text, problem=True))
            return False
        self._writers.tell(lambda log: log.reloaded(self._config, self._model))
        config, _ = self._held.applied(self._config, self._config.tunes[0])
        self._hooks.reloaded(config, self._model)
        self._answered(
            Answer("Chart and configuration are read again; they hold from the next bar.")
        )
        return True

    # -- what comes in, and what is told

    def _answered(self, given: Answer) -> None:
        if (steer := given.steer) is not None:
            self._held = self._held.then(steer)
            ticks = given.tick, given.planned_tick, given.open_tick
            self._writers.tell(lambda log: log.steered(steer, *ticks))
            self._hooks.steered(steer)
        elif given.text:
            self._writers.tell(lambda log: log.said(given.text, given.problem))
        if given.text:
            self._hooks.answer(given)

    def _heard_partner(self, note: HeardNote, planned_tick: int, open_tick: int) -> None:
        self._writers.tell(lambda log: log.partner(note, planned_tick, open_tick))
        self._hooks.partner(note)

    def _attend(self, item: Any) -> str | None:
        """Deal with what happened to a process or a port; the line to be said."""
        if isinstance(item, PortEvent):
            self._vitals.port(item.role, item.there)
            self._writers.tell(lambda log: log.port(item.role, item.name, item.there))
            if item.role == IN and self._hearing is not None:
                return self._hearing.attend(item, self._clock.now_ns())
            if item.role == CLOCK_IN:
                return f"The clock input {item.name!r} is {'back' if item.there else 'gone'}."
        if isinstance(item, ReceiverGone):
            receiver = self._clocks.receiver if self._clocks is not None else None
            text = receiver.attend(item) if receiver is not None else None
            if text is None and self._hearing is not None:
                text = self._hearing.attend(item, self._clock.now_ns())
            return text
        text = self._out.attend(item)
        if text is not None and isinstance(item, Gone):
            self._vitals.restarted()
        return text

    def close(self) -> None:
        """Let go of what listens and of what is written."""
        if self._hearing is not None:
            self._hearing.close()
        if self._thru is not None:
            self._thru.close()
        if self._clocks is not None:
            self._clocks.close()
        self._writers.let_go()


def _where_it_is_over(performance: Performance) -> str:
    chart = performance.arrangement.chart
    bar = chart.bar_of(performance.start_tick) + 1
    return (
        f"The song position is bar {bar} of {chart.title!r}, which ends with bar {chart.bars}; waiting for a "
        "Start or an earlier place."
    )
