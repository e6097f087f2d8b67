"""Read a trained cell straight out of its Keras file (a zip of JSON and HDF5); no TensorFlow.

Input -> output:  models/<name>/{cell.keras, model.json}  ->  Model (card + cell)

The file is data only: `config.json` says which layers there are, `model.weights.h5` holds their
numbers, and no code in it is ever run. Every damage is one ModelError that names the file.
"""

from __future__ import annotations

import difflib
import hashlib
import io
import json
import lzma
import math
import re
import shlex
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from improv import resources
from improv.cell.card import CARD_NAME, ModelCard, read_card
from improv.cell.load_pair import is_pair, numbered, pair_from_groups
from improv.cell.pair import PairCell
from improv.errors import ModelError
from improv.files import content_of

if TYPE_CHECKING:
    from improv.cell.step import LstmCell

WEIGHTS_NAME = "cell.keras"
_MOST_BYTES = 64 << 20
"""Of a model, packed or unpacked: ten times the cell that is shipped."""
_MOST_CONFIG_BYTES = 1 << 22
_MOST_DEEP, _MOST_PARTS = 8, 1000
_DAMAGED = (
    *(OSError, KeyError, RuntimeError, ValueError, AttributeError, TypeError, IndexError),
    MemoryError,
)
_NO_ZIP = (
    *(zipfile.BadZipFile, EOFError, OSError, ValueError, NotImplementedError, RecursionError),
    *(zlib.error, lzma.LZMAError),
)
_IGNORED_LAYERS = ("InputLayer", "Dropout")
_LSTM_SETTINGS: dict[str, object] = {
    "activation": "tanh",
    "recurrent_activation": "sigmoid",
    "use_bias": True,
    "go_backwards": False,
}
_DENSE_SETTINGS: dict[str, object] = {"activation": "linear", "use_bias": True}
_PAIR_SETTINGS: dict[str, dict[str, object]] = {
    "LSTM": _LSTM_SETTINGS,
    "Dense": {"activation": "linear"},
}


@dataclass(frozen=True)
class Model:
    """A trained cell with its card and the folder it came from."""

    card: ModelCard
    cell: LstmCell | PairCell
    path: Path

    @property
    def token_cell(self) -> LstmCell:
        """The course's kind of cell, whose tokens are drawn in one piece; ModelError for any other."""
        if isinstance(self.cell, PairCell):
            raise ModelError(
                f"The model {str(self.path)!r} says its tokens in parts, but one that says them in one "
                "piece was expected."
            )
        return self.cell

    @property
    def pair_cell(self) -> PairCell:
        """The cell of the grammar "line", whose tokens are drawn in parts; ModelError for any other."""
        if not isinstance(self.cell, PairCell):
            raise ModelError(
                f"The model {str(self.path)!r} has a cell for whole tokens, but one for tokens in parts was "
                "expected."
            )
        return self.cell


def list_models() -> list[Path]:
    """The folders of the shipped models, by name."""
    folder = resources.models_dir()
    if not folder.is_dir():
        return []
    return sorted(entry for entry in folder.iterdir() if (entry / CARD_NAME).is_file())


def find_model(name_or_dir: str) -> Path:
    """Give the folder of a shipped model by its name, or the folder itself.

    A plain name means a shipped model first and a folder here second; write `./name` for the
    folder. Raises ModelError for an unknown name, listing the known ones.
    """
    plain = re.fullmatch(r"[\w-]+", name_or_dir) is not None
    known = {path.name: path for path in list_models()}
    if plain and name_or_dir in known:
        return known[name_or_dir]
    try:
        folder = Path(name_or_dir).expanduser()
        if name_or_dir and folder.is_dir():
            return folder
    except (OSError, RuntimeError, ValueError):
        pass  # a name too long, a user unknown: no folder has it
    if not plain and name_or_dir:
        raise ModelError(
            f"There is no model folder {name_or_dir!r}; expected one that holds {WEIGHTS_NAME} and"
            f" {CARD_NAME}."
        )
    names = ", ".join(known) or "none"
    near = difflib.get_close_matches(name_or_dir, known, n=1)
    hint = f"did you mean {near[0]!r}? Known" if near else "known"
    raise ModelError(
        f"There is no model {name_or_dir!r} ({hint}: {names}), and no folder of that name either;"
        " `jazz-improv models` lists those that come with the program."
    )


def name_of(folder: Path) -> str:
    """What `find_model` finds this folder by, as the shell is given it."""
    is_shipped = folder.parent == resources.models_dir()
    return folder.name if is_shipped else shlex.quote(str(folder))


def load_model(folder: Path) -> Model:
    """Load the model in `folder`; raise ModelError if any of it is missing, damaged or unfit."""
    folder = Path(folder)
    if not folder.is_dir():
        raise ModelError(f"There is no model folder {str(folder)!r}.")
    card = read_card(folder / CARD_NAME)
    path = folder / WEIGHTS_NAME
    content = content_of(path, _MOST_BYTES, ModelError)
    cell = read_cell(content, str(path), _block_starts(card, folder))
    if hashlib.sha256(content).hexdigest() != card.weights_sha256:
        raise ModelError(
            f"The weights {str(path)!r} are not the ones their {CARD_NAME} describes (the sha256"
            " differs); copy both files again from one model."
        )
    if not cell.is_finite():
        raise ModelError(
            f"The weights {str(path)!r} overflow at the first step; train the model again."
        )
    found: tuple[object, ...] = (np.sum(cell.n_inputs), cell.units)
    expected: tuple[object, ...] = (card.n_inputs, card.units)
    if not isinstance(cell, PairCell):
        found, expected = (*found, cell.n_outputs), (*expected, len(card.vocabulary))
    for what, here, there in zip(
        ("inputs", "units", "outputs (its vocabulary)"), found, expected, strict=False
    ):
        if here != there:
            raise ModelError(
                f"The weights {str(path)!r} have {here} {what}, but their {CARD_NAME} says {there}."
            )
    return Model(card, cell, folder)


def _block_starts(card: ModelCard, folder: Path) -> tuple[list[int], list[int]] | None:
    """Where the blocks of inputs of a pair cell begin, as its card says; None where it says nothing."""
    starts = card.extra.get("block_starts")
    if starts is None:
        return None
    lists = (
        isinstance(starts, list) and len(starts) == 2 and all(isinstance(s, list) for s in starts)
    )
    if not lists or not all(
        s and all(type(n) is int for n in s) and s[0] == 0 and sorted(set(s)) == s for s in starts
    ):
        raise ModelError(
            f"The field 'block_starts' of {str(folder / CARD_NAME)!r} is wrong: expected two lists of "
            "growing whole numbers from 0."
        )
    return starts[0], starts[1]


def read_cell(
    content: bytes, where: str, block_starts: tuple[list[int], list[int]] | None = None
) -> LstmCell | PairCell:
    """Build the cell from the bytes of a `.keras` file; `where` names it in messages.

    `block_starts`: where the blocks of inputs of each stage begin, for a pair cell.
    """
    config, weights = _unzip(content, where)
    pair = is_pair(config)
    if pair:
        _check_pair(config, block_starts, where)
    lstm_names, dense_name = ([], "") if pair else _layer_names(config, where)
    import h5py  # 50 ms: only who loads a model pays

    if not pair:
        from improv.cell.step import LstmCell, LstmWeights

    try:
        with h5py.File(io.BytesIO(weights), "r") as file:
            _check_weights(file, where)
            groups = file["layers"]
            if pair and block_starts is not None:
                return pair_from_groups(groups, block_starts, where)
            layers = [
                LstmWeights(*numbered(_group(groups, "lstm", n, name)["cell/vars"], 3, name, where))
                for n, name in enumerate(lstm_names)
            ]
            kernel, bias = numbered(
                _group(groups, "dense", 0, dense_name)["vars"], 2, dense_name, where
            )
    except _DAMAGED as error:
        raise ModelError(
            f"The weights inside {where!r} cannot be read ({error}); the file is damaged."
        ) from error
    try:
        return LstmCell(layers, (kernel, bias))
    except (ValueError, IndexError) as error:
        raise ModelError(f"The weights inside {where!r} do not fit each other: {error}") from error


def _unzip(content: bytes, where: str) -> tuple[Any, bytes]:
    """Give the configuration and the HDF5 bytes of a `.keras` file."""
    if content.count(b"PK\x01\x02") > _MOST_PARTS:
        raise ModelError(
            f"The file {where!r} is a zip of over {_MOST_PARTS:,} files, and no model."
        )
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            config = _member(archive, "config.json", _MOST_CONFIG_BYTES, where)
            return json.loads(config), _member(archive, "model.weights.h5", _MOST_BYTES, where)
    except KeyError as error:
        raise ModelError(
            f"The file {where!r} is a zip but not a Keras model: {error.args[0]}"
        ) from error
    except _NO_ZIP as error:
        raise ModelError(
            f"The file {where!r} is not a whole Keras model ({error}); it may be truncated, so"
            " train or copy the model again."
        ) from error
    except (RuntimeError, zipfile.LargeZipFile) as error:  # an encrypted member
        raise ModelError(f"The file {where!r} cannot be opened: {error}.") from error


def _member(archive: zipfile.ZipFile, name: str, most_bytes: int, where: str) -> bytes:
    """A file of a zip, which may claim to be larger than any model."""
    with archive.open(name) as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        raise ModelError(
            f"The file {where!r} cannot be read: {name!r} in it unpacks to over {most_bytes >> 20} MB."
        )
    return content


def _check_weights(file: Any, where: str) -> None:
    """Refuse what makes HDF5 look into other files, or make more of its arrays than the file holds.

    Every array is read from this file alone; all together they are not larger than a model may be.
    """
    import h5py

    left, parts = _MOST_BYTES, 0
    groups = [(file, 0)]
    while groups:
        group, deep = groups.pop()
        for name in group:
            parts += 1
            if parts > _MOST_PARTS:
                raise ValueError(f"it has over {_MOST_PARTS:,} groups and arrays")
            link = group.get(name, getlink=True)
            if not isinstance(link, h5py.HardLink) or deep > _MOST_DEEP:
                raise ValueError(f"{name!r} in it is no array or group of its own")
            found = group[name]
            if isinstance(found, h5py.Group):
                groups.append((found, deep + 1))
                continue
            if not isinstance(found, h5py.Dataset) or found.external or found.is_virtual:
                raise ValueError(f"{name!r} in it lies in another file")
            if found.dtype.kind not in "fiub":
                raise ValueError(f"{name!r} in it is no array of numbers")
            left -= math.prod(found.shape or (1,)) * max(found.dtype.itemsize, 4)
            if left < 0:
                raise ModelError(
                    f"The weights inside {where!r} say that they have over {_MOST_BYTES >> 20} MB of numbers."
                )


def _layer_names(config: Any, where: str) -> tuple[list[str], str]:
    """Give the names of the LSTM layers, first to last, and of the head; refuse anything else."""
    try:
        layers = [
            (str(layer["class_name"]), layer["config"]) for layer in config["config"]["layers"]
        ]
        names = [(kind, str(settings["name"]), settings) for kind, settings in layers]
    except (KeyError, TypeError) as error:
        raise ModelError(f"The configuration inside {where!r} does not list its layers.") from error
    lstm_names: list[str] = []
    dense_names: list[str] = []
    for kind, name, settings in names:
        if kind in _IGNORED_LAYERS:
            continue
        if kind == "LSTM" and not dense_names:
            _check_settings(kind, name, settings, _LSTM_SETTINGS, where)
            lstm_names.append(name)
        elif kind == "Dense" and lstm_names and not dense_names:
            _check_settings(kind, name, settings, _DENSE_SETTINGS, where)
            dense_names.append(name)
        else:
            raise ModelError(
                f"The layer {name!r} ({kind}) in {where!r} is not supported here: expected LSTM"
                " layers, then one Dense layer."
            )
    if not dense_names:
        raise ModelError(f"The model {where!r} lacks LSTM layers followed by one Dense layer.")
    return lstm_names, dense_names[0]


def _check_pair(config: Any, block_starts: tuple[list[int], list[int]] | None, where: str) -> None:
    if block_starts is None:
        raise ModelError(
            f"The model {where!r} says its tokens in parts, but its {CARD_NAME} lacks the field "
            "'block_starts' among 'extra'."
        )
    for layer in config["config"]["layers"]:
        kind, settings = layer.get("class_name"), layer["config"]
        if kind in _PAIR_SETTINGS:
            _check_settings(kind, settings["name"], settings, _PAIR_SETTINGS[kind], where)


def _check_settings(
    kind: str, name: str, settings: dict[str, Any], expected: dict[str, object], where: str
) -> None:
    for key, value in expected.items():
        if settings.get(key) != value:
            raise ModelError(
                f"The layer {name!r} ({kind}) in {where!r} has {key}={settings.get(key)!r}, which"
                f" is not supported: expected {value!r}."
            )


def _group(groups: Any, kind: str, number: int, name: str) -> Any:
    """The HDF5 group of the n-th layer of a kind.

    Keras 3 names groups by kind and order (`lstm`, `lstm_1`, ...) whatever the layer's own name is;
    where a group carries the layer's name, that decides.
    """
    for group in groups.values():
        if group["vars"].attrs.get("name") == name:
            return group
    return groups[kind if number == 0 else f"{kind}_{number}"]
