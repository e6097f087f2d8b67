"""Reading a pair cell out of a `.keras` file made by hand, and every damage to its model folder.

The files Keras itself writes are read in tests/training.
"""

from __future__ import annotations

import numpy as np
import pytest
from pair_maker import (
    LABELS,
    STARTS,
    UNITS,
    arrays,
    pair_cell,
    pair_file,
    write_pair_model,
)

from improv.cell.load import load_model
from improv.cell.pair import PairCell
from improv.errors import ModelError
from improv.soloist.make import grammar_of


def refusal(folder, text=""):
    """The one sentence with which the folder is refused; it names the folder."""
    with pytest.raises(ModelError) as caught:
        grammar_of(load_model(folder))
    said = str(caught.value)
    assert str(folder) in said
    assert "\n" not in said
    assert text in said
    return said


def test_a_pair_is_loaded_with_its_sizes_and_steps_alike(tmp_path):
    """The same weights give the same answers, bit for bit."""
    model = load_model(write_pair_model(tmp_path / "m"))
    cell, made = model.pair_cell, pair_cell()
    assert cell.units == UNITS and cell.n_labels == LABELS.size
    assert grammar_of(model).name == "line"
    for each in (cell, made):
        assert isinstance(each, PairCell)
    who = np.zeros(LABELS.size)
    inputs = [0] * len(STARTS[0])
    one, _ = cell.first(inputs, cell.who(who), cell.initial_state())
    other, _ = made.first(inputs, made.who(who), made.initial_state())
    assert (one == other).all()
    for name, table in made.tables.items():
        assert (cell.tables[name] == table).all()


def test_a_pair_is_no_cell_of_whole_tokens(tmp_path):
    """Who asks for the other kind is told so."""
    model = load_model(write_pair_model(tmp_path / "m"))
    with pytest.raises(ModelError, match="says its tokens in parts"):
        _ = model.token_cell


@pytest.mark.parametrize("layer", sorted(arrays()))
def test_a_file_without_a_layer_is_refused(tmp_path, layer):
    """Each of them, said in its name where the heads show that it is a pair."""
    made = arrays()
    del made[layer]
    said = refusal(write_pair_model(tmp_path / "m", pair_file(made)))
    assert layer.endswith("_heads") or f"no layer {layer!r}" in said


@pytest.mark.parametrize("layer", sorted(arrays()))
def test_arrays_too_many_or_too_few_are_refused(tmp_path, layer):
    """A layer holds as many as Keras gives it."""
    for change in (lambda a: a[:-1], lambda a: [*a, a[0]]):
        made = arrays()
        made[layer] = change(made[layer])
        refusal(write_pair_model(tmp_path / "m", pair_file(made)), f"the layer {layer!r} holds")


@pytest.mark.parametrize("layer", sorted(arrays()))
@pytest.mark.parametrize("number", [np.nan, np.inf, -np.inf])
def test_weights_that_are_no_numbers_are_refused(tmp_path, layer, number):
    """One in one place is enough."""
    made = arrays()
    made[layer][-1].reshape(-1)[3] = number
    said = refusal(write_pair_model(tmp_path / "m", pair_file(made)), "not finite numbers")
    assert "train the model again" in said


@pytest.mark.parametrize("layer", sorted(arrays()))
@pytest.mark.parametrize("axis", [0, -1])
def test_arrays_of_a_wrong_shape_are_refused(tmp_path, layer, axis):
    """One row or column less, in the first array of each layer."""
    made = arrays()
    first = made[layer][0]
    made[layer][0] = first[:-1] if axis == 0 else first[..., :-1]
    refusal(write_pair_model(tmp_path / "m", pair_file(made)))


@pytest.mark.parametrize("layer", sorted(arrays()))
def test_an_array_of_no_dimensions_is_refused(tmp_path, layer):
    """A single number in the place of a table."""
    made = arrays()
    made[layer][0] = np.float32(1.0)
    refusal(write_pair_model(tmp_path / "m", pair_file(made)))


def test_weights_that_overflow_are_refused(tmp_path):
    """Found out by one step."""
    made = arrays()
    made["rhythm_heads"][0] = 3e38 * np.sign(made["rhythm_heads"][0])
    refusal(write_pair_model(tmp_path / "m", pair_file(made)), "overflow at the first step")


def test_other_settings_of_layers_are_refused(tmp_path):
    """Another activation is another cell."""
    content = pair_file(melody={"activation": "relu"})
    refusal(write_pair_model(tmp_path / "lstm", content), "activation='relu'")
    content = pair_file(rhythm_heads={"activation": "softmax"})
    refusal(write_pair_model(tmp_path / "dense", content), "activation='softmax'")


@pytest.mark.parametrize(
    "starts",
    [
        [],
        [STARTS[0]],
        [*STARTS, [0]],
        [STARTS[0], 7],
        [STARTS[0], []],
        [STARTS[0], [1, *STARTS[1][1:]]],
        [STARTS[0], STARTS[1][::-1]],
        [STARTS[0], [0, 0, *STARTS[1][2:]]],
        [STARTS[0], [0.0, *STARTS[1][1:]]],
        [STARTS[0], [True, *STARTS[1][1:]]],
        [STARTS[0], ["0", *STARTS[1][1:]]],
        "0",
        {"0": 1},
    ],
)
def test_block_starts_that_are_no_growing_numbers_are_refused(tmp_path, starts):
    """Two lists from 0 are expected."""
    folder = write_pair_model(tmp_path / "m", block_starts=starts)
    refusal(folder, "'block_starts'")


@pytest.mark.parametrize(
    "starts",
    [
        [STARTS[0], STARTS[1][:-1]],
        [STARTS[0], [*STARTS[1][:-1], STARTS[1][-1] + 1]],
        [STARTS[0], [*STARTS[1], STARTS[1][-1] + 1]],
        [STARTS[1], STARTS[0]],
        [STARTS[0], [*STARTS[1][:-1], 10**9]],
    ],
)
def test_block_starts_of_another_grammar_are_refused(tmp_path, starts):
    """They are lists of numbers, but not these."""
    refusal(write_pair_model(tmp_path / "m", block_starts=starts))


def test_a_card_without_block_starts_or_labels_is_refused(tmp_path):
    """Both are needed to play; each is named."""
    refusal(write_pair_model(tmp_path / "a", block_starts=None), "lacks the field 'block_starts'")
    refusal(write_pair_model(tmp_path / "b", labels={}), "expected lists of players")
    refusal(write_pair_model(tmp_path / "c", labels=[]), "expected lists of players")
    labels = {**LABELS.as_json(), "players": ["Ann Arbor"]}
    refusal(write_pair_model(tmp_path / "d", labels=labels), "its labels are 5, expected 6")


def test_other_sizes_than_the_grammars_are_refused(tmp_path):
    """Heads that fit the cell but not what is drawn from them; tables too."""
    made = arrays()
    made["melody_heads"] = [made["melody_heads"][0][:, :-1], made["melody_heads"][1][:-1]]
    said = refusal(write_pair_model(tmp_path / "heads", pair_file(made)), "its answers are (357,")
    assert "expected (358," in said
    made = arrays()
    made["loudness_after"][0] = made["loudness_after"][0][:-1]
    refusal(write_pair_model(tmp_path / "tables", pair_file(made)), "its tables are")


@pytest.mark.parametrize(
    ("changes", "text"),
    [
        ({"units": (24, 17)}, "24, 16) units, but their model.json says (24, 17)"),
        ({"n_inputs": 5}, "inputs, but their model.json says 5"),
        ({"weights_sha256": "0" * 64}, "the sha256 differs"),
        ({"grammar_fingerprint": "0" * 64}, "its fingerprint differs"),
        ({"grammar_version": 2}, "version 2 of grammar 'line'"),
        ({"vocabulary": ("degree",)}, "damaged vocabulary"),
    ],
)
def test_a_card_of_another_cell_is_refused(tmp_path, changes, text):
    """Copied from somewhere else."""
    refusal(write_pair_model(tmp_path / "m", **changes), text)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, share):
    """Wherever it was cut."""
    content = pair_file()
    content = content[: int(share * len(content))]
    refusal(write_pair_model(tmp_path / "m", content), "truncated")
