"""The checkpoint of a training run: written now and then, so that a stopped run can continue.

Input -> output:  Saved  <->  one file
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from improv import files
from improv.grammar.line.table import LENGTHS
from improv.training.line.table import LineTable


@dataclass(frozen=True)
class Saved:
    """Everything that the rest of a run depends on, besides its settings and its data."""

    step: int
    history: list[dict[str, Any]]
    best: list[NDArray[np.float32]]
    arrays: list[NDArray[Any]]
    lanes: dict[str, Any]


MOST_ABOUT_BYTES = 16 * 1024 * 1024
"""What a checkpoint may have beside its arrays: the scores of a thousand evaluations have a megabyte."""
_DAMAGED = (
    *(OSError, ValueError, KeyError, TypeError, EOFError, MemoryError, RecursionError),
    *(NotImplementedError, SyntaxError, zipfile.BadZipFile, zlib.error),
)


def identity(
    table: LineTable,
    settings: dict[str, Any],
    seed: int,
    train: Sequence[int],
    begin: Sequence[NDArray[np.float32]] | None,
) -> str:
    """What a checkpoint must agree with for a run to continue from it."""
    content = hashlib.sha256()
    content.update(json.dumps([settings, seed, list(train), len(LENGTHS)]).encode())
    for array in (table.melody, table.rhythm, table.pitches, table.waits, *(begin or ())):
        content.update(np.ascontiguousarray(array).tobytes())
    return content.hexdigest()


def write(path: Path, saved: Saved, what: str) -> None:
    """Write it to `path`, whole or not at all. Raises OutputFileError."""
    about = {
        "what": what,
        "step": saved.step,
        "history": saved.history,
        "lanes": saved.lanes,
        "best": len(saved.best),
    }
    content = io.BytesIO()
    arrays: dict[str, Any] = {f"a{i}": a for i, a in enumerate([*saved.best, *saved.arrays])}
    np.savez(content, about=np.frombuffer(json.dumps(about).encode(), np.uint8), **arrays)
    files.write_bytes(path, content.getvalue())


def read(path: Path, what: str, most_bytes: int) -> Saved | None:
    """The checkpoint, or None if it is damaged, takes over `most_bytes` or belongs to another run: training
    then starts from scratch."""
    try:
        content = files.read_ordinary(path, most_bytes)
        # What is written is not compressed, so that what is read is no longer than the file.
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            sizes = [member.file_size for member in archive.infolist()]
        if len(content) > most_bytes or sum(sizes) > len(content):
            return None
        with np.load(io.BytesIO(content), allow_pickle=False) as found:
            about = json.loads(found["about"].tobytes())
            arrays = [found[f"a{i}"] for i in range(len(found.files) - 1)]
        if about["what"] != what:
            return None
        best = int(about["best"])
        return Saved(
            int(about["step"]), about["history"], arrays[:best], arrays[best:], about["lanes"]
        )
    except _DAMAGED:
        return None
