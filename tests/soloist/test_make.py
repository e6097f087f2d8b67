"""A soloist made from a model, a chart, its config and a seed."""

from __future__ import annotations

from dataclasses import replace

import pytest
from feel_maker import made_feel
from tiny_line import tiny_line

from improv.charts.text import parse_chart
from improv.config import SoloistConfig
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.feel.model import save_feel
from improv.feel.play import EARLIEST_TICK, Bar
from improv.soloist.line_voice import LineVoice
from improv.soloist.make import grammar_of, make_feeling, make_soloist, make_voice

BAR = 1920
CHART = parse_chart("| Dm7 | G7 | Cmaj7 | % |")


@pytest.fixture
def model(tmp_path):
    return tiny_line(tmp_path)


def line(soloist, n=40):
    """(onset, end, pitch, velocity, token) of the notes among the next n tokens."""
    soloist.enter(Bar(0, 1 << 30, 1.0, 1.0, 140.0), soloist.controls(Controls()))
    notes = [note for note in (soloist.step() for _ in range(n)) if note is not None]
    return [(n.onset_tick, n.end_tick, n.written.pitch, n.written.velocity, n.token) for n in notes]


def test_the_same_seed_and_config_play_the_same(model):
    def made(seed=(1, 0), **config):
        return line(make_soloist(model, CHART, SoloistConfig(**config), seed))

    assert made() == made()
    assert made() == made(name="solo2", channel=5, program=None), (
        "what is sent is not what is played"
    )
    others = [made((2, 0)), made((1, 1)), made(player="parker"), made(style="hardbop")]
    assert made() not in others
    assert len({tuple(each) for each in others}) == len(others)


def test_it_keeps_to_its_range(model):
    config = SoloistConfig(low_pitch=60, high_pitch=66)
    pitches = {note[2] for note in line(make_soloist(model, CHART, config, (1,)))}
    assert pitches <= {*range(60, 67)}
    assert len(pitches) > 3


def test_it_begins_where_it_is_told_and_at_once_if_asked(model):
    config = SoloistConfig()
    soloist = make_soloist(model, CHART, config, (1,), start_tick=2 * BAR, at_once=True)
    assert soloist.tick == 2 * BAR
    assert line(soloist)[0][0] == 2 * BAR
    assert line(make_soloist(model, CHART, config, (1,), start_tick=2 * BAR))[0][0] >= 2 * BAR


@pytest.mark.parametrize("seed", range(5))
def test_its_last_note_is_struck_with_the_last_chord_and_held(model, seed):
    soloist = make_soloist(
        model, CHART, SoloistConfig(), (seed,), final_tick=2 * BAR, end_tick=4 * BAR
    )
    last = next(note for note in line(soloist, 80) if note[0] >= 2 * BAR)
    assert last[:2] == (2 * BAR, 4 * BAR)
    assert last[2] % 12 in CHART.chord_at(2 * BAR).tone_pcs


def test_it_feels_as_the_model_has_learned(tmp_path):
    model = tiny_line(tmp_path)
    assert make_feeling(model, (1,)) is None
    assert make_soloist(model, CHART, SoloistConfig(), (1,)).early_tick(Controls()) == 0
    save_feel(tmp_path / "feel.json", made_feel(late=60))
    assert make_feeling(model, (1,)) is not None
    assert make_soloist(model, CHART, SoloistConfig(), (1,)).early_tick(Controls()) == EARLIEST_TICK


def test_another_engine_may_step_the_same_weights(model):
    class Counted:
        def __init__(self):
            self.asked = 0

        def __getattr__(self, name):
            self.asked += name == "first"
            return getattr(model.pair_cell, name)

    cell = Counted()
    made = make_soloist(model, CHART, SoloistConfig(), (1,), cell=cell)
    assert line(made) == line(make_soloist(model, CHART, SoloistConfig(), (1,)))
    assert cell.asked > 20


def test_settings_of_the_sampling_are_given_by_name(model):
    assert isinstance(make_voice(model, CHART, (1,), pitch_temperature=0.5), LineVoice)
    with pytest.raises(ValueError, match="no sampling setting 'volume'"):
        make_voice(model, CHART, (1,), volume=1.0)


def test_who_is_not_known_is_refused(model):
    with pytest.raises(ModelError, match="'Kenny G'"):
        make_soloist(model, CHART, SoloistConfig(player="Kenny G"), (1,))


def test_a_cell_whose_inputs_are_not_the_grammars_is_refused(model):
    assert grammar_of(model).name == "line"
    card = replace(model.card, extra={**model.card.extra, "block_starts": [[0], [0]]})
    with pytest.raises(ModelError):
        grammar_of(replace(model, card=card))
