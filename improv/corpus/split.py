"""The split of the Weimar Jazz Database that published figures are for, made from the database itself.

`weimar_split.tsv` names its solos: the part, the name that the database's makers gave the solo's file, and
the beginning of the hash of its notes (`clean.content_hash`), by which it is found where names are missing.
No tune is in two parts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from improv import files
from improv.corpus import wjazzd
from improv.corpus.clean import clean, content_hash
from improv.corpus.events import compressed, event_line
from improv.corpus.sources import DATABASE, TABLES, find_source
from improv.errors import CorpusError, InputFileError
from improv.music.transcription import Transcription

PARTS = ("train", "valid")
LICENCE_FILE = "LICENSE"
_NAMED = 3  # solos that a message lists


def part_file(part: str) -> str:
    """What the file of a part is called."""
    return f"{part}.jsonl.gz"


@dataclass(frozen=True)
class Split:
    """The parts, in their published order."""

    parts: dict[str, tuple[Transcription, ...]]
    other: tuple[str, ...]
    """Solos of another content than the published ones of their name."""

    def lines(self, part: str) -> bytes:
        """The lines of a part, as they were published: a key that nobody knows is NaN in them."""
        lines = (event_line(solo).replace('"key": ""', '"key": NaN') for solo in self.parts[part])
        return "".join(f"{line}\n" for line in lines).encode()


def published() -> list[tuple[str, str, str]]:
    """(part, name, beginning of the hash of its notes) of each solo of the split."""
    lines = Path(__file__).with_name("weimar_split.tsv").read_text(encoding="utf-8").splitlines()
    return [(part, name, notes) for part, name, notes in (line.split("\t") for line in lines[1:])]


def read_split(path: Path) -> Split:
    """The split of what `path` holds: wjazzd.db, or its tables in a folder.

    Raises InputFileError for what is no such thing, CorpusError where solos of the split are missing.
    """
    source = find_source(path)
    if not source.tasks or any(task.kind not in (DATABASE, TABLES) for task in source.tasks[:1]):
        why = source.problems.dropped[0].sentence if source.problems.dropped else ""
        raise InputFileError(
            why or f"Cannot split {str(path)!r}: expected the Weimar Jazz Database, wjazzd.db."
        )
    task = source.tasks[0]
    read = wjazzd.read_database if task.kind == DATABASE else wjazzd.read_tables
    return split_of(clean(read(Path(task.path))).solos, str(path), published())


def split_of(
    solos: Sequence[Transcription], where: str, rows: Sequence[tuple[str, str, str]]
) -> Split:
    """These solos as `rows` has them. Raises CorpusError where some are missing; `where` names them all."""
    by_name = {solo.id: solo for solo in solos}
    by_notes = {content_hash(solo)[: len(rows[0][2])]: solo for solo in solos}
    parts: dict[str, list[Transcription]] = {part: [] for part in PARTS}
    missing, other = [], []
    for part, name, notes in rows:
        solo = by_notes.get(notes)
        if solo is None and (solo := by_name.get(name)) is not None:
            other.append(name)
        if solo is None:
            missing.append(name)
        else:
            parts[part].append(replace(solo, id=name))
    if missing:
        raise CorpusError(
            f"{where!r} lacks {len(missing)} of the {len(rows)} solos of the published split "
            f"({named(missing)}); expected the whole Weimar Jazz Database, as its makers publish it."
        )
    return Split({part: tuple(each) for part, each in parts.items()}, tuple(other))


def named(names: Sequence[str]) -> str:
    """The first of them, and how many more there are."""
    more = len(names) - _NAMED
    return ", ".join(names[:_NAMED]) + (f" and {more} more" if more > 0 else "")


def check_split_out(out: Path, force: bool) -> None:
    """Refuse before the work, not after it. Raises OutputFileError for a folder that must not be replaced."""
    ours = {*map(part_file, PARTS), LICENCE_FILE}
    files.check_replaceable(out, force, "a split", lambda names: names <= ours)


def write_split(split: Split, out: Path) -> dict[str, str]:
    """Write a file for each part and the licence, whole or not at all: part -> the SHA-256 of its lines.

    Raises OutputFileError.
    """
    lines = {part: split.lines(part) for part in split.parts}
    with files.replacing_folder(out) as folder:
        for part, content in lines.items():
            (folder / part_file(part)).write_bytes(compressed(content))
        (folder / LICENCE_FILE).write_text(f"{wjazzd.LICENCE}\n", encoding="utf-8")
    return {part: hashlib.sha256(content).hexdigest() for part, content in lines.items()}
