"""Reading a cell out of a `.keras` file made by hand here, and every damage to a model folder.

The files Keras itself writes are read in tests/training.
"""

from __future__ import annotations

import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np
import pytest
from bombs import MOST_MB, refused_mb
from step_maker import (
    INPUTS,
    OUTPUTS,
    UNITS,
    arrays,
    keras_file,
    layer_config,
    layers_of,
    write_step_model,
)

from improv import resources
from improv.cell.load import find_model, list_models, load_model
from improv.errors import ModelError


def refusal(folder: Path) -> str:
    with pytest.raises(ModelError) as caught:
        load_model(folder)
    text = str(caught.value)
    assert str(folder) in text
    assert "\n" not in text
    return text


def test_a_model_is_loaded_with_its_sizes(tmp_path):
    """Two layers and a head, in order; Dropout is of no concern."""
    model = load_model(write_step_model(tmp_path / "m"))
    assert (model.cell.n_inputs, model.cell.units, model.cell.n_outputs) == (INPUTS, UNITS, OUTPUTS)
    assert model.card.name == "m" and model.path == tmp_path / "m"


def test_layers_are_found_by_order_where_groups_carry_no_names(tmp_path):
    """And by name where they do: the answer is the same."""
    named = load_model(write_step_model(tmp_path / "named")).cell
    content = keras_file(
        [
            {**layer, "config": {**layer["config"], "name": f"x{n}"}}
            for n, layer in enumerate(layers_of())
        ]
    )
    by_order = load_model(write_step_model(tmp_path / "order", content)).cell
    logits, _ = named.step([1], named.initial_state())
    assert (logits == by_order.step([1], by_order.initial_state())[0]).all()


def test_a_missing_folder_card_or_weights_is_named(tmp_path):
    """Each with its own path."""
    assert "no model folder" in refusal(tmp_path / "none")
    folder = write_step_model(tmp_path / "m")
    (folder / "cell.keras").unlink()
    assert "cell.keras" in refusal(folder)
    (folder / "model.json").unlink()
    assert "model.json" in refusal(folder)


@pytest.mark.parametrize("share", [0.0, 0.1, 0.5, 0.9, 0.999])
def test_a_truncated_file_is_refused(tmp_path, share):
    """Wherever it was cut."""
    content = keras_file()
    assert "truncated" in refusal(
        write_step_model(tmp_path / "m", content[: int(share * len(content))])
    )


def test_a_file_that_is_no_zip_or_no_model_is_refused(tmp_path):
    """Bytes of anything; a zip of something else; a zip with a damaged HDF5 or JSON inside."""
    assert "not a whole Keras model" in refusal(write_step_model(tmp_path / "a", b"not a zip" * 99))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("letter.txt", "dear reader")
    assert "not a Keras model" in refusal(write_step_model(tmp_path / "b", content.getvalue()))
    for config, weights in (("{}", b""), ("{", b"x"), (json.dumps({"config": {"layers": 3}}), b"")):
        content = io.BytesIO()
        with zipfile.ZipFile(content, "w") as archive:
            archive.writestr("config.json", config)
            archive.writestr("model.weights.h5", weights)
        refusal(write_step_model(tmp_path / "c", content.getvalue()))
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": layers_of()}}))
        archive.writestr("model.weights.h5", b"not HDF5")
    assert "damaged" in refusal(write_step_model(tmp_path / "d", content.getvalue()))


def test_other_weights_than_the_cards_are_refused(tmp_path):
    """The card's sha256 decides."""
    folder = write_step_model(tmp_path / "m")
    (folder / "cell.keras").write_bytes(keras_file(weights=arrays(seed=1)))
    assert "sha256" in refusal(folder)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"n_inputs": 7}, "6 inputs.*says 7"),
        ({"units": (3,)}, r"\(3, 4\) units"),
        ({"vocabulary": ("a", "b")}, "5 outputs.*says 2"),
    ],
)
def test_sizes_that_do_not_fit_the_card_are_refused(tmp_path, changes, message):
    """Inputs, units and vocabulary."""
    folder = write_step_model(tmp_path / "m", **changes)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_arrays_that_do_not_fit_each_other_are_refused(tmp_path):
    """Wrong shapes, an array too few, and values that are not numbers."""
    bad = arrays()
    bad["layers/lstm_1/cell/vars/1"] = np.zeros((4, 12), np.float32)
    assert "do not fit" in refusal(write_step_model(tmp_path / "a", keras_file(weights=bad)))
    short = arrays()
    del short["layers/lstm/cell/vars/2"]
    assert "holds 2 arrays, expected 3" in refusal(
        write_step_model(tmp_path / "b", keras_file(weights=short))
    )
    broken = arrays()
    broken["layers/dense/vars/0"][1, 1] = np.nan
    assert "not finite" in refusal(write_step_model(tmp_path / "c", keras_file(weights=broken)))


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        (layers_of(activation="relu"), "activation='relu'"),
        (layers_of(recurrent_activation="hard_sigmoid"), "recurrent_activation"),
        (layers_of(use_bias=False), "use_bias"),
        (layers_of(go_backwards=True), "go_backwards"),
        ([*layers_of()[:4], layer_config("Dense", "head", activation="softmax")], "softmax"),
        ([layer_config("GRU", "g"), *layers_of()], r"'g' \(GRU\)"),
        ([*layers_of(), layer_config("Lambda", "code")], r"'code' \(Lambda\)"),
        ([*layers_of(), layer_config("Dense", "two")], r"'two' \(Dense\)"),
        (layers_of()[:4], "lacks LSTM layers followed by one Dense"),
    ],
)
def test_other_layers_and_settings_are_refused(tmp_path, layers, message):
    """What the NumPy step does not do is never guessed at."""
    folder = write_step_model(tmp_path / "m", keras_file(layers))
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_a_model_is_found_by_name_or_folder(tmp_path, monkeypatch):
    """A plain name is a shipped model first; `./name` is a folder."""
    monkeypatch.setattr(resources, "models_dir", lambda: tmp_path / "models")
    assert list_models() == []
    shipped = write_step_model(tmp_path / "models" / "etudes")
    write_step_model(tmp_path / "models" / "blue")
    mine = write_step_model(tmp_path / "etudes")
    monkeypatch.chdir(tmp_path)
    assert [path.name for path in list_models()] == ["blue", "etudes"]
    assert find_model("etudes") == shipped
    assert find_model("./etudes").resolve() == mine
    assert find_model(str(mine)) == mine


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("etude", "did you mean 'etudes'"),
        ("zzz", "known: blue, etudes"),
        ("zzz", "`jazz-improv models` lists"),
        ("", "known"),
        ("./etude", "no model folder"),
        ("/none/such", "no model folder"),
    ],
)
def test_an_unknown_model_names_the_known_ones(tmp_path, monkeypatch, name, message):
    """And the nearest, where one is near."""
    monkeypatch.setattr(resources, "models_dir", lambda: tmp_path / "models")
    write_step_model(tmp_path / "models" / "etudes")
    write_step_model(tmp_path / "models" / "blue")
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ModelError, match=message):
        find_model(name)


# -- files that claim to be huge, or to be elsewhere


def hdf5(make) -> bytes:
    """The bytes of an HDF5 file in which `make` has put the last array."""
    content = io.BytesIO()
    with h5py.File(content, "w") as file:
        for name, value in list(arrays().items())[:-1]:
            file[name] = value
        for name, layer in (("lstm", "lower"), ("lstm_1", "upper"), ("dense", "head")):
            file.require_group(f"layers/{name}/vars").attrs["name"] = layer
        make(file)
    return content.getvalue()


def zipped(weights: bytes, **more: bytes) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": layers_of()}}))
        archive.writestr("model.weights.h5", weights)
        for name, value in more.items():
            archive.writestr(name, value)
    return content.getvalue()


LAST = "layers/dense/vars/1"
HDF5_BOMBS = {
    "huge": lambda file: file.create_dataset(LAST, (1 << 40,), "f4"),
    "huge, in pieces": lambda file: file.create_dataset(
        LAST, (1 << 20, 1 << 20), "f4", chunks=(1 << 10, 1 << 10), compression="gzip"
    ),
    "two of 40 MB": lambda file: [
        file.create_dataset(f"layers/{n}/0", (10_000_000,), "f4", chunks=(1000,)) for n in "ab"
    ],
    "outside": lambda file: file.create_dataset(LAST, (5,), "f4", external=[("/dev/zero", 0, 20)]),
    "a link outside": lambda file: file.__setitem__(LAST, h5py.ExternalLink("/dev/zero", "/x")),
    "a link to nothing": lambda file: file.__setitem__(LAST, h5py.SoftLink("/nowhere")),
    "a link to itself": lambda file: file["layers"].__setitem__("again", file["layers"]),
    "texts": lambda file: file.create_dataset(LAST, (5,), h5py.string_dtype()),
    "many": lambda file: [file.create_group(f"layers/more{n}") for n in range(2000)],
}


@pytest.mark.parametrize("kind", HDF5_BOMBS)
def test_weights_that_claim_to_be_huge_or_elsewhere_are_refused(tmp_path, kind):
    folder = write_step_model(tmp_path / "x", zipped(hdf5(HDF5_BOMBS[kind])))
    assert "weights inside" in refusal(folder)


@pytest.mark.parametrize("member", ["config.json", "model.weights.h5"])
def test_a_zip_that_unpacks_to_gigabytes_is_refused_in_little_memory(tmp_path, member):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name in ("config.json", "model.weights.h5"):
            if name != member:
                archive.writestr(name, json.dumps({"config": {"layers": layers_of()}}))
                continue
            with archive.open(name, "w", force_zip64=True) as file:
                for _ in range(600):
                    file.write(bytes(1 << 20))
    folder = write_step_model(tmp_path / "x", content.getvalue())
    assert "unpacks to over" in refusal(folder)
    assert refused_mb(f"load_model(Path({str(folder)!r}))", "ModelError") < MOST_MB


def test_a_zip_of_very_many_files_and_files_of_gigabytes_are_refused(tmp_path):
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(1500):
            archive.writestr(str(number), b"")
    assert "1,000 files" in refusal(write_step_model(tmp_path / "x", content.getvalue()))
    folder = write_step_model(tmp_path / "y")
    for name in ("cell.keras", "model.json"):
        with (folder / name).open("r+b") as file:
            file.truncate(10 << 30)  # it takes no room on the disk
        assert "MB" in refusal(folder)
