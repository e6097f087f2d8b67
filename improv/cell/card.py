"""The model card, `model.json`: what a model file says about itself, read strictly.

Input -> output:  model.json  <->  ModelCard
"""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any

from improv import files
from improv.errors import ModelError

CARD_NAME = "model.json"
FORMAT = 1
"""Version of the card's own form; a reader refuses any other."""

MOST_CARD_BYTES = 8 << 20


@dataclass(frozen=True)
class ModelCard:
    """Everything about a trained cell but its weights.

    The grammar is named with version and fingerprint, so that a cell never plays through a token
    table it was not trained on. `corpus`, `training` and `scores` are for people and reports;
    `extra` holds what a grammar needs besides its vocabulary.
    """

    name: str
    grammar_name: str
    grammar_version: int
    grammar_fingerprint: str
    vocabulary: tuple[str, ...]
    n_inputs: int
    units: tuple[int, ...]
    weights_sha256: str
    corpus: dict[str, Any] = field(default_factory=dict)
    training: dict[str, Any] = field(default_factory=dict)
    scores: dict[str, Any] = field(default_factory=dict)
    licence: str = ""
    attribution: str = ""
    extra: dict[str, Any] = field(default_factory=dict)


_KINDS: dict[str, str] = {"str": "text", "int": "a whole number", "dict[str, Any]": "an object"}


def _checked(name: str, kind: str, value: Any, where: str) -> Any:
    """Give the value in its Python form, or raise ModelError naming the field."""
    if kind == "str" and isinstance(value, str):
        return value
    if kind == "int" and type(value) is int and value > 0:
        return value
    if kind == "dict[str, Any]" and isinstance(value, dict):
        return value
    if kind.startswith("tuple") and isinstance(value, list) and value:
        if kind.startswith("tuple[str"):
            if all(isinstance(item, str) for item in value):
                return tuple(value)
        elif all(type(item) is int and item > 0 for item in value):
            return tuple(value)
    expected = _KINDS.get(kind)
    if expected is None:
        expected = "a list of texts" if kind.startswith("tuple[str") else "a list of whole numbers"
    if "number" in expected:
        expected += " above 0"
    raise ModelError(f"The field {name!r} of {where!r} is wrong: expected {expected}.")


def read_card(path: Path) -> ModelCard:
    """Read the card `path` (a model.json); raise ModelError if it is missing or damaged."""
    where = str(path)
    expected = "expected a model folder, with cell.keras and model.json"
    document = files.json_of(path, MOST_CARD_BYTES, ModelError, expected=expected)
    if not isinstance(document, dict):
        raise ModelError(f"The model card {where!r} is not a JSON object, as was expected.")
    version = document.pop("format", None)
    if type(version) is not int or version != FORMAT:
        raise ModelError(
            f"The model card {where!r} has format {version!r}, but this program reads format"
            f" {FORMAT}."
        )
    kinds = {item.name: str(item.type) for item in fields(ModelCard)}
    missing = [name for name in kinds if name not in document]
    if missing:
        raise ModelError(f"The model card {where!r} lacks the field {missing[0]!r}.")
    unknown = sorted(name for name in document if name not in kinds)
    if unknown:
        raise ModelError(
            f"The model card {where!r} has the unknown field {unknown[0]!r}; expected only"
            f" {', '.join(kinds)}."
        )
    return ModelCard(
        **{name: _checked(name, kind, document[name], where) for name, kind in kinds.items()}
    )


def card_text(card: ModelCard) -> str:
    """The card as the JSON text of model.json; the same card gives the same bytes."""
    return json.dumps({"format": FORMAT, **asdict(card)}, indent=1, ensure_ascii=False) + "\n"
