"""Small pair cells with random weights, and the model folders that hold them, made without Keras."""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from pathlib import Path

import h5py
import numpy as np

from improv.cell.card import ModelCard, card_text
from improv.cell.load_pair import TABLES
from improv.cell.pair import PairCell, StageWeights
from improv.grammar.base import fingerprint_of
from improv.grammar.line.grammar import LineGrammar
from improv.grammar.line.heads import MELODY_HEADS, RHYTHM_HEADS, width
from improv.grammar.line.inputs import MELODY, MELODY_EXPERTS, RHYTHM, RHYTHM_EXPERTS, first_inputs
from improv.grammar.line.labels import Labels
from improv.grammar.line.table import LENGTHS, LOUDNESSES, WAITS

UNITS = (24, 16)
WIDTH = 4
LABELS = Labels(("Ann Arbor", "Bob Brook"), ("BEBOP", "COOL"), ("SWING", "LATIN"))
STARTS = (list(first_inputs(MELODY)), list(first_inputs(RHYTHM)))
Arrays = dict[str, list[np.ndarray]]
"""Layer name -> its arrays, as Keras orders them."""

_KINDS = {"melody": "LSTM", "rhythm": "LSTM", "length_by_wait": "Embedding"}
_KINDS |= {"loudness_after": "Embedding"}
_KINDS |= {"melody_embedding": "Embedding", "rhythm_embedding": "Embedding"}


def arrays(
    seed: int = 0,
    size: float = 0.5,
    units: tuple[int, int] = UNITS,
    wide: int = WIDTH,
    labels: int = LABELS.size,
) -> Arrays:
    """Weights of a small cell, of spread `size`."""
    rng = np.random.default_rng(seed)
    first, second = units
    below = {"melody": len(MELODY) * wide, "rhythm": first + len(RHYTHM) * wide}
    shapes: dict[str, list[tuple[int, ...]]] = {
        "melody_embedding": [(sum(n for _, n in MELODY), wide)],
        "rhythm_embedding": [(sum(n for _, n in RHYTHM), wide)],
        "who": [(labels, wide)],
        "melody": [(below["melody"] + wide, 4 * first), (first, 4 * first), (4 * first,)],
        "rhythm": [(below["rhythm"] + wide, 4 * second), (second, 4 * second), (4 * second,)],
        "melody_heads": [(first, width(MELODY_HEADS)), (width(MELODY_HEADS),)],
        "rhythm_heads": [(second, width(RHYTHM_HEADS)), (width(RHYTHM_HEADS),)],
        "melody_sureness": [(2 * MELODY_EXPERTS, MELODY_EXPERTS)],
        "rhythm_sureness": [(2 * RHYTHM_EXPERTS, RHYTHM_EXPERTS)],
        "length_by_wait": [(WAITS, len(LENGTHS))],
        "loudness_after": [(LOUDNESSES + 1, LOUDNESSES)],
    }
    return {
        name: [(size * rng.standard_normal(shape)).astype(np.float32) for shape in layer]
        for name, layer in shapes.items()
    }


def pair_cell(
    seed: int = 0,
    size: float = 0.5,
    units: tuple[int, int] = UNITS,
    wide: int = WIDTH,
    labels: int = LABELS.size,
) -> PairCell:
    """The cell of these weights."""
    made = arrays(seed, size, units, wide, labels)

    def stage(name: str, blocks: int) -> StageWeights:
        return StageWeights(
            made[f"{name}_embedding"][0], blocks, *made[name], *made[f"{name}_heads"]
        )

    return PairCell(
        stage("melody", len(MELODY)),
        stage("rhythm", len(RHYTHM)),
        made["who"][0],
        {name: made[name][0] for name in TABLES},
        STARTS,
    )


def layer_config(name: str, **changes: object) -> dict:
    """A layer in config.json, as far as it is read."""
    kind = _KINDS.get(name, "Dense")
    settings: dict[str, object] = {"name": name}
    if kind == "LSTM":
        settings |= {"activation": "tanh", "recurrent_activation": "sigmoid", "use_bias": True}
        settings |= {"go_backwards": False}
    if kind == "Dense":
        settings |= {"activation": "linear", "use_bias": name.endswith("_heads")}
    return {"class_name": kind, "config": settings | changes}


def pair_file(made: Arrays | None = None, **changes: dict[str, object]) -> bytes:
    """As Keras saves it; `changes` are other settings of the layers of these names."""
    made = made if made is not None else arrays()
    hdf5 = io.BytesIO()
    with h5py.File(hdf5, "w") as file:
        for number, (name, layer) in enumerate(made.items()):
            group = file.require_group(f"layers/layer_{number}")
            group.require_group("vars").attrs["name"] = name
            where = "cell/vars" if _KINDS.get(name) == "LSTM" else "vars"
            for index, value in enumerate(layer):
                group[f"{where}/{index}"] = value
    config = {"config": {"layers": [layer_config(n, **changes.get(n, {})) for n in made]}}
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("model.weights.h5", hdf5.getvalue())
    return content.getvalue()


def write_pair_model(folder: Path, content: bytes | None = None, **changes: object) -> Path:
    """A model folder; `changes` are other fields of its card, those of `extra` by their own names."""
    content = content if content is not None else pair_file()
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "cell.keras").write_bytes(content)
    grammar = LineGrammar()
    extra: dict = {"labels": LABELS.as_json(), "block_starts": grammar.block_starts()}
    extra |= {"sampling": {}}
    extra |= {name: changes.pop(name) for name in tuple(changes) if name in extra}
    fields: dict = {
        "name": folder.name,
        "grammar_name": grammar.name,
        "grammar_version": grammar.version,
        "grammar_fingerprint": fingerprint_of(grammar),
        "vocabulary": grammar.vocabulary,
        "n_inputs": grammar.n_inputs,
        "units": UNITS,
        "weights_sha256": hashlib.sha256(content).hexdigest(),
        "extra": extra,
    }
    text = card_text(ModelCard(**(fields | changes)))
    (folder / "model.json").write_text(text, encoding="utf-8")
    return folder
