"""What is said of a corpus on the card of a model trained on it: a JSON file.

    {"name": "...", "licence": "...", "attribution": "...", "corpus": "...",
     "sampling": {"pitch_top_p": 0.95}}

All of it may be left out. Texts are put into the card as they are.
"""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

from improv import files
from improv.errors import InputFileError

_MOST_BYTES = 1 << 20


@dataclass(frozen=True)
class CardFile:
    """Texts are empty where nothing is said; `corpus` describes the solos in words."""

    name: str = ""
    licence: str = ""
    attribution: str = ""
    corpus: str = ""
    sampling: dict[str, float] = field(default_factory=dict)


def read_card_file(path: Path) -> CardFile:
    """Raises InputFileError, in one sentence, for a file that is missing or is something else."""
    where = repr(str(path))
    found: Any = files.json_of(path, _MOST_BYTES)
    names = [each.name for each in fields(CardFile)]
    if not isinstance(found, dict):
        raise InputFileError(f"Cannot use {where}: expected a JSON object with {', '.join(names)}.")
    for name, value in found.items():
        if name not in names:
            raise InputFileError(
                f"Cannot use {where}: it has {name!r}, but only {', '.join(names)} were expected."
            )
        if name == "sampling":
            good = isinstance(value, dict) and all(
                type(number) in (int, float) for number in value.values()
            )
        else:
            good = isinstance(value, str)
        if not good:
            kind = "an object of numbers" if name == "sampling" else "a text"
            raise InputFileError(f"Cannot use {where}: {name!r} is wrong, {kind} was expected.")
    return CardFile(**found)
