"""Make a soloist, its voice and its feel, from a model.

Model, Chart, SoloistConfig, seed  ->  Soloist
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, cast

import numpy as np

from improv.cell.load import Model
from improv.config import HIGH_PITCH, LOW_PITCH, SoloistConfig
from improv.feel.model import load_feel
from improv.feel.play import Feeling
from improv.grammar.base import Grammar
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.labels import Labels
from improv.music.chart import Chart
from improv.originality.guard import guard_for
from improv.soloist.casting import Casting, no_players, role_of
from improv.soloist.grammars import grammar_for
from improv.soloist.leaning import load_leanings
from improv.soloist.line_voice import LineVoice, Sampling
from improv.soloist.rehearsal import RehearsingVoice, load_judge
from improv.soloist.soloist import Soloist
from improv.soloist.voice import TokenVoice, Voice

if TYPE_CHECKING:
    from improv.course.grammar import SeedGrammar

_FEELING_DICE = 1959
"""Added to the seed for the feel; higher than any number of a musician in the band, which count from 1."""


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


def make_soloist(
    model: Model,
    chart: Chart,
    config: SoloistConfig,
    seed: tuple[int, ...],
    *,
    cell: Any | None = None,
    tempo_bpm: float | None = None,
    start_tick: int = 0,
    final_tick: int | None = None,
    end_tick: int | None = None,
    at_once: bool = False,
    phrased: Callable[[Callable[[Sequence[int], int], Voice]], Voice] | None = None,
) -> Soloist:
    """Who plays solos over `chart` from `start_tick` on, as `config` says.

    `cell`, `tempo_bpm`, `final_tick` and `at_once` are as `make_voice` has them; the last chord, struck at
    `final_tick`, is held to `end_tick`. `phrased` makes a voice out of many that are begun at a tick,
    each with more in its seed. Raises ModelError as `make_voice` does.
    """

    def begun(seed: tuple[int, ...], start_tick: int, at_once: bool) -> Voice:
        return make_voice(
            model,
            chart,
            seed,
            cell,
            start_tick,
            final_tick=final_tick,
            at_once=at_once,
            tempo_bpm=tempo_bpm,
            player=config.player,
            style=config.style,
            max_quote=config.max_quote,
            low_pitch=config.low_pitch,
            high_pitch=config.high_pitch,
        )

    voice = begun(seed, start_tick, at_once)
    if phrased is not None:
        voice = phrased(lambda more, tick: begun((*seed, *more), tick, True))
    feeling = make_feeling(model, seed)
    casting = Casting(model, chart, voice, feeling, config.player, config.style)
    return Soloist(
        config,
        voice,
        chart,
        feeling=feeling,
        casting=casting,
        final_tick=final_tick,
        end_tick=end_tick,
    )


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
    low_pitch: int = LOW_PITCH,
    high_pitch: int = HIGH_PITCH,
    **sampling: float,
) -> Voice:
    """A voice at `start_tick` of `chart`. `cell` replaces the NumPy cell of the model (another engine).

    `player` is a name or shares of several, `style` one of the cell's styles; `tempo_bpm` is the chart's
    unless given; no wait passes over `final_tick`; `at_once`: the first note does not wait; quotes are kept
    to `max_quote` notes; `low_pitch` and `high_pitch` bound a line, but not what other grammars play;
    `sampling` replaces settings of the model's own `Sampling`.
    Raises ModelError if this version's grammar is not the one the cell was trained on, or where the
    model has no such player or style, and ValueError for a sampling setting that does not exist.
    """
    grammar = grammar_of(model)
    rng = np.random.default_rng(seed)
    guard = guard_for(model.path, max_quote)
    if isinstance(grammar, LineGrammar):
        settings = model.card.extra.get("sampling", {})
        drawn = Sampling.of(settings if isinstance(settings, dict) else {}).with_values(sampling)
        options: dict[str, Any] = {
            "label": role_of(model, chart, player, style).label,
            "tempo_bpm": chart.tempo_bpm if tempo_bpm is None else tempo_bpm,
            "start_tick": start_tick,
            "final_tick": final_tick,
            "at_once": at_once,
            "sampling": drawn,
            "guard": guard,
            "leanings": load_leanings(model.path) if drawn.leaning else None,
            "low_pitch": low_pitch,
            "high_pitch": high_pitch,
        }
        judge = load_judge(model.path)
        cell = cell or model.pair_cell
        if judge is None:
            return LineVoice(cell, chart, rng, **options)
        return RehearsingVoice(cell, chart, rng, judge=judge, **options)
    if player or style:
        raise no_players(model)
    if sampling:
        raise ValueError(
            f"The model {str(model.path)!r} has no sampling setting {next(iter(sampling))!r}."
        )
    decoder = cast("SeedGrammar", grammar).decoder(chart, rng, start_tick=start_tick)
    return TokenVoice(cell or model.token_cell, decoder, rng)


def make_feeling(model: Model, seed: tuple[int, ...]) -> Feeling | None:
    """How the soloist plays what is written, if the model has learned that; it draws from a generator of its
    own.

    It is everybody's feel; `Casting` asks for a player's.
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
