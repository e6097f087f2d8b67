"""Make everybody who plays a tune, from a model, a chart and the config.

Input -> output:  Config, Tune, Performance, Model  ->  Performance and Ensemble
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from improv.band.count_in import count_in
from improv.band.roster import make_musician
from improv.cell.load import Model
from improv.config import Config, Tune
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.take import Track
from improv.music.tempo import SLOWEST_BPM, TempoMap
from improv.partner.echo import EchoVoice
from improv.partner.turns import parse_mode
from improv.performance.arrangement import Arrangement
from improv.performance.ensemble import Ensemble
from improv.performance.performance import Performance
from improv.soloist.make import make_soloist
from improv.soloist.soloist import seed_of
from improv.soloist.voice import Voice

if TYPE_CHECKING:
    from improv.performance.takes import Lineup

HELD_AT_LEAST_S = 2.4
"""The shortest time for which the last chord is held: a bar at 100 bpm."""


def lineup_of(config: Config) -> Lineup:
    """An empty track for each soloist and each musician of the band, in order."""
    soloists = (Track(each.name, each.channel, each.program, (), ()) for each in config.soloists)
    band = (Track(each.instrument, each.channel, each.program, ()) for each in config.band)
    return (*soloists, *band)


def make_performance(
    tune: Tune,
    arrangement: Arrangement,
    start_ns: int = 0,
    number: int = 0,
    *,
    start_tick: int = 0,
    song_tick: int = 0,
) -> Performance:
    """The tune in time: `start_tick` at `start_ns`, the ritard of its ending at its place.

    `song_tick` is where its tick 0 lies in a set.

    A last chord that would be over sooner is held for HELD_AT_LEAST_S.
    """
    controls = tune.controls_at_start()
    tempo = TempoMap(controls.tempo_bpm, start_ns, start_tick)
    for tick, share in arrangement.ritard:
        if tick < start_tick:
            continue
        bpm = controls.tempo_bpm * share
        if tick == arrangement.final_tick:
            held_tick = arrangement.chart.meter_of(arrangement.chart.bar_of(tick)).ticks_per_bar
            bpm = min(bpm, held_tick / TICKS_PER_BEAT * 60 / HELD_AT_LEAST_S)
        tempo.change(tick, max(SLOWEST_BPM, round(bpm, 3)))
    return Performance(arrangement, tempo, controls, number, start_tick, song_tick)


def make_ensemble(
    config: Config,
    tune: Tune,
    performance: Performance,
    model: Model,
    *,
    cell: Any | None = None,
    first_id: int = 1,
) -> Ensemble:
    """Everybody who plays it. Raises ModelError for a grammar that is not this version's."""
    arrangement = performance.arrangement
    seed = config.seed, performance.number
    echo: EchoVoice | None = None

    def echoing(make: Callable[[Sequence[int], int], Voice]) -> Voice:
        nonlocal echo
        start_tick = max(arrangement.solo_tick, performance.start_tick)
        echo = EchoVoice(arrangement.chart, make, start_tick)
        return echo

    soloists = [
        make_soloist(
            model,
            arrangement.chart,
            each,
            seed_of(seed, place),
            cell=cell,
            tempo_bpm=performance.controls.tempo_bpm,
            start_tick=max(arrangement.solo_tick, performance.start_tick),
            final_tick=arrangement.final_tick,
            end_tick=arrangement.music_end_tick,
            at_once=not config.band and not place,  # on stage, silence at the start seems a fault
            phrased=echoing if tune.plan.echo_bars and not place else None,
        )
        for place, each in enumerate(config.soloists)
    ]
    return Ensemble(
        arrangement,
        soloists,
        performance.controls,
        band=[(make_musician(each.instrument), each.channel) for each in config.band],
        count_in=_count_in(arrangement),
        drum_channel=config.drum_channel,
        arc=tune.arc,
        choruses=tune.plan.choruses,
        seed=seed,
        first_id=first_id,
        start_tick=performance.start_tick,
        swing_is_auto="swing" not in tune.controls,
        mixer=config.mixer,
        mode=None if echo is not None else parse_mode(config.mode),
        echo=echo,
    )


def _count_in(arrangement: Arrangement) -> list[Note]:
    if not arrangement.count_in_bars:
        return []

    return count_in(arrangement.chart.meter, arrangement.count_in_bars)
