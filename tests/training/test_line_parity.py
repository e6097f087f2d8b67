"""The pair cell beside Keras, and a line stepped note by note beside the network that scores windows."""

from __future__ import annotations

import json

import numpy as np
import pytest
from line_maker import drawn

from improv.cell.load import load_model
from improv.charts.library import load_chart
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.grammar.line.encode import encode
from improv.grammar.line.form import Form
from improv.grammar.line.inputs import MELODY, RHYTHM, first_inputs
from improv.grammar.line.labels import Labels
from improv.grammar.line.loudness import decibels
from improv.grammar.line.stepper import Stepper
from improv.grammar.line.table import LOUDNESSES
from improv.music.transcription import chart_of
from improv.soloist.make import make_voice
from improv.training.keras_cell import KerasCell, keras_cell_of
from improv.training.line.fit import FitSettings, Fitted, Score
from improv.training.line.keras_pair import KerasPair, load_network
from improv.training.line.network import Sizes, Window, answer, build_layers, build_model
from improv.training.line.table import build_table, melody_dense, rhythm_dense
from improv.training.line.train import Description, save_line

pytestmark = pytest.mark.train
pytest.importorskip("tensorflow", exc_type=ImportError)

STEPS = 1000
SIZES = Sizes(melody_units=40, rhythm_units=24, embedding=6)
LABELS = Labels(("Ann Arbor", "Bob Brook", "Somebody"), ("BEBOP",), ("SWING", "LATIN"))


@pytest.fixture(scope="module")
def layers():
    """Built by the trainer, with weights larger than fresh ones, so that gates open and close."""
    made = build_layers(SIZES, LABELS.size, seed=3)
    rng = np.random.default_rng(1)
    for layer in made.values():
        layer.set_weights(
            [w * 1.5 + 0.15 * rng.standard_normal(w.shape) for w in layer.get_weights()]
        )
    return made


@pytest.fixture(scope="module")
def folder(layers, tmp_path_factory):
    """Saved as the trainer saves it."""
    path = tmp_path_factory.mktemp("models") / "pair"
    best = Score(1, 4.0, 1.6, 2.2, 1.0, 1.0)
    description = Description("pair", {}, "CC0-1.0", "", {})
    settings = FitSettings(sizes=SIZES)
    save_line(path, Fitted(layers, (best,), best), LABELS, description, 0, settings)
    return path


def drawn_inputs():
    """(STEPS, blocks) values of both steps."""
    rng = np.random.default_rng(2)
    return [
        rng.integers(0, [n for _, n in table], (STEPS, len(table))) for table in (MELODY, RHYTHM)
    ]


def test_both_steps_equal_the_keras_layers_and_the_keras_engine(layers, folder):
    """Within 1e-5 at every one of 1,000 tokens, state carried all along."""
    shown = drawn_inputs()
    label = np.array([0.7, 0.3, 0.0, 1.0, 1.0, 0.0], np.float32)
    network = build_model(layers, LABELS.size)
    starts = [np.array(first_inputs(table)) for table in (MELODY, RHYTHM)]
    rest = [np.zeros((1, STEPS, 2 * n), np.float32) for n in (16, 12)]
    rest += [np.zeros((1, STEPS), np.int32)] * 2
    whole = network(
        [
            *(values[None] + start for values, start in zip(shown, starts, strict=True)),
            np.broadcast_to(label, (1, STEPS, LABELS.size)),
            *rest,
        ],
        training=False,
    )
    expected = [part.numpy()[0] for part in whole[:2]]
    model = load_model(folder)
    for cell in (model.pair_cell, KerasPair(model)):
        who, state = cell.who(label), cell.initial_state()
        for token in range(STEPS):
            first, state = cell.first(shown[0][token].tolist(), who, state)
            second, state = cell.second(shown[1][token].tolist(), who, state)
            np.testing.assert_allclose(first, expected[0][token], rtol=0, atol=1e-5)
            np.testing.assert_allclose(second, expected[1][token], rtol=0, atol=1e-5)
    assert all(np.ptp(part) > 1 for part in expected)  # the answers did move


def test_the_keras_engine_has_the_same_manners(folder):
    """Sizes, tables, types, what is refused; and it is what `--engine keras` steps."""
    model = load_model(folder)
    pair, cell = keras_cell_of(folder), model.pair_cell
    assert isinstance(pair, KerasPair)
    for name in ("units", "n_labels", "n_inputs", "n_outputs"):
        assert getattr(pair, name) == getattr(cell, name)
    for name, table in cell.tables.items():
        assert (pair.tables[name] == table).all()
    first, state = pair.first([0] * len(MELODY), pair.who(np.zeros(6)), pair.initial_state())
    assert first.dtype == state.first_h.dtype == np.float32
    assert [h.shape for h in pair.hidden(state)] == [(40,), (24,)]
    with pytest.raises(ValueError, match=r"shape \(5,\), expected \(6,\)"):
        pair.who(np.zeros(5))
    with pytest.raises(ModelError, match="no model folder"):
        KerasCell(folder / "none")


def test_keras_itself_reads_the_file(folder):
    """With nothing of ours: no code and no custom object is needed."""
    from improv.keras_backend import tensorflow_and_keras

    _, keras = tensorflow_and_keras()
    plain = keras.saving.load_model(folder / "cell.keras", compile=False, safe_mode=True)
    names = [layer.name for layer in plain.layers]
    assert names == [layer.name for layer in load_network(folder).layers]
    card = json.loads((folder / "model.json").read_text())
    assert card["units"] == [40, 24]


def test_the_engines_improvise_the_same_line(folder):
    """The same seed, the same notes, 300 of them."""
    model, chart = load_model(folder), load_chart("blues")
    lines = []
    for cell in (None, keras_cell_of(folder)):
        voice = make_voice(model, chart, (5,), cell, player="Ann Arbor")
        lines.append([voice.step(Controls()) for _ in range(300)])
    assert lines[0] == lines[1]
    assert len({step.note.pitch for step in lines[0][1:]}) > 10


def test_scores_step_by_step_equal_those_of_the_window(layers, folder):
    """What is trained is what plays: all four parts of 150 tokens within 1e-4, memory and all."""
    solo = drawn(150, seed=4, performer="Ann Arbor")
    line = encode(solo)
    n = len(line.tokens)
    table = build_table([line], [LABELS.blocks(solo)])
    label = table.labels[0].sum(0)
    rows = np.arange(n, dtype=np.int32)
    loudness = np.where(table.loudness < 0, LOUDNESSES, table.loudness)
    window = Window(
        melody=table.melody[None],
        rhythm=table.rhythm[None],
        views=table.views[None],
        bars=table.bars[None],
        waits=table.waits[None],
        loudness_before=np.concatenate([[LOUDNESSES], loudness[:-1]])[None],
        shift=np.zeros(1, np.int32),
        who=label[None],
        melody_memory=melody_dense(table, rows),
        rhythm_memory=rhythm_dense(table, rows),
        melody_sureness=table.melody_memory.sureness,
        rhythm_sureness=table.rhythm_memory.sureness,
    )
    zeros = [(np.zeros((1, u), np.float32),) * 2 for u in (40, 24)]
    *scores, _ = answer(layers, window, zeros)
    pitch, wait, length, loud = (part.numpy() for part in scores)

    chart, shift = chart_of(solo)
    cell = load_model(folder).pair_cell
    stepper = Stepper(cell, Form(chart), solo.tempo_bpm, label, line.start_step)
    for index, token in enumerate(line.tokens):
        note = solo.notes[index - 1] if index else None
        if note is None:
            waits = stepper.begin()
        else:
            assert stepper.line.step == note.onset_step + shift
            near(stepper.pitch_scores(), pitch[index])
            stepper.say_pitch(note.pitch)
            waits = stepper.wait_scores()
            waits[0] = wait[index][0]  # a wait of 0 is never drawn after a note
        near(waits, wait[index])
        stepper.say_wait(token.wait_steps)
        if note is not None and index < n - 1:
            near(stepper.length_scores(), length[index])
            near(stepper.loudness_scores(), loud[index])
        known = None if line.loudness[index] < 0 else token.loudness
        stepper.end_heard(token.length_steps, None if note is None else note.loudness_db, known)
    assert np.isfinite(decibels(0))


def near(one, other):
    """Scores count up to a constant."""
    np.testing.assert_allclose(one - one.mean(), other - other.mean(), rtol=0, atol=1e-4)
