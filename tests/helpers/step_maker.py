"""Model folders whose tokens are drawn in one piece, out of random numbers and without Keras, for tests."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

from improv.cell.card import ModelCard, card_text
from improv.course.grammar import SeedGrammar
from improv.grammar.base import fingerprint_of

INPUTS, UNITS, OUTPUTS = 6, (3, 4), 5


def layer_config(kind: str, name: str, **changes: object) -> dict:
    settings: dict[str, object] = {"name": name, "use_bias": True}
    if kind == "LSTM":
        settings |= {"activation": "tanh", "recurrent_activation": "sigmoid", "go_backwards": False}
    if kind == "Dense":
        settings |= {"activation": "linear"}
    return {"class_name": kind, "config": settings | changes}


def layers_of(**changes: object) -> list[dict]:
    return [
        layer_config("InputLayer", "inputs"),
        layer_config("LSTM", "lower", **changes),
        layer_config("Dropout", "dropout"),
        layer_config("LSTM", "upper"),
        layer_config("Dense", "head"),
    ]


def arrays(seed: int = 0, n_inputs: int = INPUTS) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(seed)
    shapes = {
        "layers/lstm/cell/vars/0": (n_inputs, 12),
        "layers/lstm/cell/vars/1": (3, 12),
        "layers/lstm/cell/vars/2": (12,),
        "layers/lstm_1/cell/vars/0": (3, 16),
        "layers/lstm_1/cell/vars/1": (4, 16),
        "layers/lstm_1/cell/vars/2": (16,),
        "layers/dense/vars/0": (4, OUTPUTS),
        "layers/dense/vars/1": (OUTPUTS,),
    }
    return {name: rng.normal(size=shape).astype(np.float32) for name, shape in shapes.items()}


def keras_file(layers: list[dict] | None = None, weights: dict | None = None) -> bytes:
    hdf5 = io.BytesIO()
    with h5py.File(hdf5, "w") as file:
        for name, value in (weights or arrays()).items():
            file[name] = value
        for name, layer in (("lstm", "lower"), ("lstm_1", "upper"), ("dense", "head")):
            file.require_group(f"layers/{name}/vars").attrs["name"] = layer
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", json.dumps({"config": {"layers": layers or layers_of()}}))
        archive.writestr("model.weights.h5", hdf5.getvalue())
    return content.getvalue()


def write_step_model(folder: Path, content: bytes | None = None, **changes: object) -> Path:
    content = keras_file() if content is None else content
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cell.keras").write_bytes(content)
    fields: dict = {
        "name": folder.name,
        "grammar_name": "seed",
        "grammar_version": 1,
        "grammar_fingerprint": "f",
        "vocabulary": tuple("abcde"),
        "n_inputs": INPUTS,
        "units": UNITS,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
    }
    text = card_text(ModelCard(**(fields | changes)))
    (folder / "model.json").write_text(text, encoding="utf-8")
    return folder


COURSE_TOKENS = ("C,0.250", "C,0.500,<m2,P-4>", "S,0.333,<P1,d-5>", "A,0.250,<P4,m-2>", "R,0.500")


def write_course_model(folder: Path) -> Path:
    """A model that speaks the course's grammar and plays over any chart."""
    grammar = SeedGrammar(COURSE_TOKENS)
    return write_step_model(
        folder,
        keras_file(weights=arrays(n_inputs=grammar.n_inputs)),
        grammar_fingerprint=fingerprint_of(grammar),
        vocabulary=grammar.vocabulary,
        n_inputs=grammar.n_inputs,
    )
