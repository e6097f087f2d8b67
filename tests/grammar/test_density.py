"""The density control: more notes above 0, fewer below, nothing at 0."""

from __future__ import annotations

import numpy as np
import pytest

from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.controls.table import Controls
from improv.grammar.changes import ChangesGrammar
from improv.soloist.make import make_voice


def notes_a_bar(density: float) -> float:
    model, chart = load_model(find_model("etudes")), load_chart("rhythm")
    voice = make_voice(model, chart, (3,))
    controls = Controls().with_values(density=density)
    played = 0
    while voice.tick < 4 * chart.length_tick:
        played += voice.step(controls).note is not None
    return played / (4 * chart.bars)


def test_the_built_in_cell_plays_more_the_higher_it_is():
    counts = [notes_a_bar(density) for density in (-1.0, -0.5, 0.0, 0.5, 1.0)]
    assert counts == sorted(counts)
    assert counts[0] < 0.6 * counts[2], "half as much at the bottom"
    assert counts[4] > 1.15 * counts[2]


def test_density_0_changes_nothing():
    grammar = ChangesGrammar.whole()
    decoder = grammar.decoder(load_chart("blues"), np.random.default_rng(0))
    assert decoder.bias(0.0) is None


@pytest.mark.parametrize("density", [-1.0, 0.4, 1.0])
def test_short_notes_gain_what_long_ones_and_rests_lose(density):
    grammar = ChangesGrammar.whole()
    decoder = grammar.decoder(load_chart("blues"), np.random.default_rng(0))
    bias = dict(zip(grammar.vocabulary, decoder.bias(density) / density, strict=True))
    assert bias["1^:3"] > bias["1^:6"] > bias["1^:12"] > bias["r:12"]
    assert bias["1^:6"] == pytest.approx(0.0)
