"""Save a trained cell as a model folder: cell.keras, model.json and README.md, whole or not at all.

Input -> output:  Keras model + ModelCard  ->  models/<name>/

Keras puts the time, and the addresses objects had in memory, into a `.keras` file. They are
rewritten here, so that the same weights give the same bytes, and with them the same sha256.
"""

from __future__ import annotations

import hashlib
import io
import json
import tempfile
import warnings
import zipfile
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from improv import files
from improv.cell.card import CARD_NAME, ModelCard, card_text
from improv.cell.load import WEIGHTS_NAME
from improv.cell.readme import readme_text

_ZIP_TIME = (1980, 1, 1, 0, 0, 0)  # the earliest a zip can say


def keras_bytes(model: Any) -> bytes:
    """The model as the bytes of a `.keras` file; the same model gives the same bytes."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / WEIGHTS_NAME
        with warnings.catch_warnings():
            # Keras' own call of an old form of NumPy's __array__; nothing of ours to mend.
            warnings.filterwarnings("ignore", "__array__ implementation", DeprecationWarning)
            model.save(path)
        with zipfile.ZipFile(path) as archive:
            members = {name: archive.read(name) for name in archive.namelist()}
    metadata = json.loads(members["metadata.json"])
    metadata["date_saved"] = "1980-01-01@00:00:00"
    members["metadata.json"] = json.dumps(metadata).encode()
    config = _renumbered(json.loads(members["config.json"]), {})
    members["config.json"] = json.dumps(config).encode()
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(members):
            archive.writestr(zipfile.ZipInfo(name, _ZIP_TIME), members[name])
    return content.getvalue()


def _renumbered(node: Any, seen: dict[int, int]) -> Any:
    """Replace each `shared_object_id`, a memory address, by its order of appearance."""
    if isinstance(node, list):
        return [_renumbered(item, seen) for item in node]
    if not isinstance(node, dict):
        return node
    result = {key: _renumbered(value, seen) for key, value in node.items()}
    if isinstance(result.get("shared_object_id"), int):
        address = result["shared_object_id"]
        result["shared_object_id"] = seen.setdefault(address, len(seen) + 1)
    return result


Finish = Callable[[Path, ModelCard], ModelCard]
"""(the folder in the making, its card) -> the card with what was found out; it may put files there."""


def save_model(
    folder: Path, model: Any, card: ModelCard, finish: Finish | None = None
) -> ModelCard:
    """Write the model folder, replacing one of that name; give the card with the weights' sha256.

    `finish` is handed the folder before it takes its name: it holds the weights and the card, so the model
    can be loaded and measured, and more can be put beside them. Raises OutputFileError where it cannot be
    written; nothing half-written is left.
    """
    content = keras_bytes(model)
    card = replace(card, weights_sha256=hashlib.sha256(content).hexdigest())
    with files.replacing_folder(Path(folder)) as temporary:
        (temporary / WEIGHTS_NAME).write_bytes(content)
        if finish is not None:
            (temporary / CARD_NAME).write_text(card_text(card), encoding="utf-8")
            card = finish(temporary, card)
        (temporary / CARD_NAME).write_text(card_text(card), encoding="utf-8")
        (temporary / "README.md").write_text(readme_text(card), encoding="utf-8")
    return card
