"""Put the players of a tune together from a model, a chart and the band's seats.

Input -> output:  Model, Tune, seats, seed  ->  Performance and Ensemble
Called by:        live.daemon, and the commands `generate` and `trace`
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import numpy as np

from improv.band.count_in import count_in
from improv.band.roster import make_player
from improv.cell.load import Model
from improv.config import Config, Tune
from improv.feel.model import load_feel
from improv.feel.play import Feeling
from improv.grammar.base import Grammar, TokenGrammar
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.labels import Labels
from improv.grammar.registry import grammar_for
from improv.live.arrangement import Arrangement
from improv.live.casting import Casting, no_players, role_of
from improv.live.ensemble import SOLO, Chair, Ensemble
from improv.live.line_voice import LineVoice, Sampling
from improv.live.performer import Performance
from improv.live.studio import Players
from improv.live.voice import Player, Voice
from improv.music.chart import Chart
from improv.music.note import TICKS_PER_BEAT, Note
from improv.music.tempo import SLOWEST_BPM, TempoMap
from improv.originality.guard import guard_for

HELD_AT_LEAST_S = 2.4
"""A bar at 100 bpm; what a fast band holds its last chord for."""
_FEELING_DICE = 1959
"""Beyond any seat of the band, whose dice are numbered from 1."""


def grammar_of(model: Model) -> Grammar:
    """The grammar the cell was trained on; ModelError if this version's is another one."""
    card = model.card
    grammar = grammar_for(
        card.grammar_name,
        card.grammar_version,
        card.vocabulary,
        card.grammar_fingerprint,
        str(model.path),
    )
    if isinstance(grammar, LineGrammar):
        where = repr(str(model.path))
        labels = Labels.from_json(card.extra.get("labels", {}), where)
        starts = card.extra.get("block_starts")
        grammar.check_cell(model.pair_cell, starts, labels.size, where)
    return grammar


def make_voice(
    model: Model,
    chart: Chart,
    seed: tuple[int, ...],
    cell: Any | None = None,
    start_tick: int = 0,
    *,
    final_tick: int | None = None,
    at_once: bool = False,
    tempo_bpm: float | None = None,
    player: str | Mapping[str, float] = "",
    style: str = "",
    max_quote: int | None = None,
    **sampling: float,
) -> Player:
    """A voice at `start_tick` of `chart`. `cell` replaces the NumPy cell of the model (another engine).

    `player` is a name or shares of several, `style` one of the cell's styles; `tempo_bpm` is the chart's
    unless given; no wait passes over `final_tick`; `at_once`: the first note does not wait; quotes are kept
    to `max_quote` notes; `sampling` are settings of `live.line_voice.Sampling` that replace the model's own.
    Raises ModelError if this version's grammar is not the one the cell was trained on, or where the
    model has no such player or style, and ValueError for a sampling setting that does not exist.
    """
    grammar = grammar_of(model)
    rng = np.random.default_rng(seed)
    guard = guard_for(model.path, max_quote)
    if isinstance(grammar, LineGrammar):
        settings = model.card.extra.get("sampling", {})
        drawn = Sampling.of(settings if isinstance(settings, dict) else {}).with_values(sampling)
        return LineVoice(
            cell or model.pair_cell,
            chart,
            rng,
            label=role_of(model, chart, player, style).label,
            tempo_bpm=chart.tempo_bpm if tempo_bpm is None else tempo_bpm,
            start_tick=start_tick,
            final_tick=final_tick,
            at_once=at_once,
            sampling=drawn,
            guard=guard,
        )
    if player or style:
        raise no_players(model)
    if sampling:
        raise ValueError(
            f"The model {str(model.path)!r} has no sampling setting {next(iter(sampling))!r}."
        )
    decoder = cast(TokenGrammar, grammar).decoder(chart, rng, start_tick=start_tick)
    return Voice(cell or model.token_cell, decoder, grammar.vocabulary, rng)


def players_of(config: Config) -> Players:
    """(name, channel, program) of the soloist and the band, in the order of the tracks."""
    band = ((seat.instrument, seat.channel, seat.program) for seat in config.band)
    return ((SOLO, config.channel, config.program), *band)


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
    """Everybody in their chairs. Raises ModelError for a grammar that is not this version's."""
    arrangement, number = performance.arrangement, performance.number
    start_tick = performance.start_tick
    voice = make_voice(
        model,
        arrangement.chart,
        (config.seed, number),
        cell,
        max(arrangement.solo_tick, start_tick),
        final_tick=arrangement.final_tick,
        at_once=not config.band,  # on stage, silence at the start reads as a fault
        tempo_bpm=performance.controls.tempo_bpm,
        player=config.player,
        style=config.style,
        max_quote=config.max_quote,
    )
    feeling = make_feeling(model, (config.seed, number))
    return Ensemble(
        arrangement,
        voice,
        performance.controls,
        channel=config.channel,
        band=[Chair(make_player(seat.instrument), seat.channel) for seat in config.band],
        count_in=_count_in(arrangement),
        drum_channel=config.drum_channel,
        arc=tune.arc,
        choruses=tune.plan.choruses,
        seed=(config.seed, number),
        first_id=first_id,
        feeling=feeling,
        casting=Casting(model, arrangement.chart, voice, feeling, config.player, config.style),
        start_tick=start_tick,
        swing_is_auto="swing" not in tune.controls,
    )


def make_feeling(model: Model, seed: tuple[int, ...]) -> Feeling | None:
    """How the soloist plays what is written, if the model has learned that; its dice are its own.

    Everybody's feel: a player's is the casting's to ask for.
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
    )


def _count_in(arrangement: Arrangement) -> list[Note]:
    if not arrangement.count_in_bars:
        return []

    return count_in(arrangement.chart.meter, arrangement.count_in_bars)
