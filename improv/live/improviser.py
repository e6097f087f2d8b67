"""Put the players of a tune together from a model, a chart and the band's seats.

Input -> output:  Model, Tune, seats, seed  ->  Performance and Ensemble
Called by:        live.daemon, and the commands `generate` and `trace`
"""

from __future__ import annotations

import numpy as np

from improv.band.count_in import count_in
from improv.band.roster import make_player
from improv.cell.load import Model
from improv.config import Config, Tune
from improv.feel.model import load_feel
from improv.feel.play import Feeling
from improv.grammar.base import Grammar
from improv.grammar.registry import grammar_for
from improv.live.arrangement import Arrangement
from improv.live.ensemble import SOLO, Chair, Ensemble
from improv.live.performer import Performance
from improv.live.studio import Players
from improv.live.voice import Cell, Voice
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.tempo import SLOWEST_BPM, TempoMap

HELD_AT_LEAST_S = 2.4
"""A bar at 100 bpm; what a fast band holds its last chord for."""
_FEELING_DICE = 1959
"""Beyond any seat of the band, whose dice are numbered from 1."""


def grammar_of(model: Model) -> Grammar:
    """The grammar the cell was trained on; ModelError if this version's is another one."""
    card = model.card
    return grammar_for(
        card.grammar_name,
        card.grammar_version,
        card.vocabulary,
        card.grammar_fingerprint,
        str(model.path),
    )


def make_voice(
    model: Model, chart: Chart, seed: tuple[int, ...], cell: Cell | None = None, start_tick: int = 0
) -> Voice:
    """A voice at `start_tick` of `chart`. `cell` replaces the NumPy cell of the model (another engine).

    Raises ModelError if this version's grammar is not the one the cell was trained on.
    """
    grammar = grammar_of(model)
    rng = np.random.default_rng(seed)
    decoder = grammar.decoder(chart, rng, start_tick=start_tick)
    return Voice(cell or model.cell, decoder, grammar.vocabulary, rng)


def players_of(config: Config) -> Players:
    """(name, channel, program) of the soloist and the band, in the order of the tracks."""
    band = ((seat.instrument, seat.channel, seat.program) for seat in config.band)
    return ((SOLO, config.channel, config.program), *band)


def make_performance(
    tune: Tune, arrangement: Arrangement, start_ns: int = 0, number: int = 0
) -> Performance:
    """The tune in time: tick 0 at `start_ns`, the ritard of its ending at its place.

    A last chord that would be over sooner is held for HELD_AT_LEAST_S.
    """
    controls = tune.controls_at_start()
    tempo = TempoMap(controls.tempo_bpm, start_ns)
    for tick, share in arrangement.ritard:
        bpm = controls.tempo_bpm * share
        if tick == arrangement.final_tick:
            held_tick = arrangement.chart.meter_of(arrangement.chart.bar_of(tick)).ticks_per_bar
            bpm = min(bpm, held_tick / TICKS_PER_BEAT * 60 / HELD_AT_LEAST_S)
        tempo.change(tick, max(SLOWEST_BPM, round(bpm, 3)))
    return Performance(arrangement, tempo, controls, number)


def make_ensemble(
    config: Config,
    tune: Tune,
    performance: Performance,
    model: Model,
    *,
    cell: Cell | None = None,
    first_id: int = 1,
) -> Ensemble:
    """Everybody in their chairs. Raises ModelError for a grammar that is not this version's."""

    arrangement, number = performance.arrangement, performance.number
    return Ensemble(
        arrangement,
        make_voice(model, arrangement.chart, (config.seed, number), cell, arrangement.solo_tick),
        performance.controls,
        channel=config.channel,
        band=[Chair(make_player(seat.instrument), seat.channel) for seat in config.band],
        count_in=_count_in(arrangement),
        drum_channel=config.drum_channel,
        arc=tune.arc,
        choruses=tune.plan.choruses,
        seed=(config.seed, number),
        first_id=first_id,
        feeling=make_feeling(model, (config.seed, number)),
    )


def make_feeling(model: Model, seed: tuple[int, ...], player: str = "") -> Feeling | None:
    """How the soloist plays what is written, if the model has learned that; its dice are its own.

    Raises ModelError for a feel or a grammar that cannot be read.
    """
    feel = load_feel(model.path)
    if feel is None:
        return None
    grammar = grammar_of(model)
    return Feeling(
        feel,
        np.random.default_rng((*seed, _FEELING_DICE)),
        says_length=getattr(grammar, "says_length", False),
        says_loudness=getattr(grammar, "says_loudness", False),
        player=player,
    )


def _count_in(arrangement: Arrangement) -> list[Note]:
    if not arrangement.count_in_bars:
        return []

    return count_in(arrangement.chart.meter, arrangement.count_in_bars)
