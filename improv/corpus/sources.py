"""What there is to read at a place: each file by what is in it, not by what it is called.

    Source   a path that was named: its licence, and the tasks that reading it is made of
    Task     one file (or the three tables of the Weimar database), which any process can read
    Result   what a task gave

A file called like music that holds something else is a task too: reading it says what is wrong.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from improv import files
from improv.charts.score_formats import score_format, score_names
from improv.corpus import filosax, wjazzd
from improv.corpus.clean import clean
from improv.corpus.events import each_event
from improv.corpus.midi import CHART_SUFFIXES, chart_beside, read_midi
from improv.corpus.musicxml import read_other_scores, read_score_solo
from improv.corpus.reading import UNREADABLE, Dropped, Reading
from improv.errors import InputFileError, MissingError

MIDI, MUSICXML, SCORE, EVENTS = "midi", "musicxml", "score", "events"
DATABASE, TABLES, FILOSAX = "database", "tables", "filosax"
KINDS = (MIDI, MUSICXML, SCORE, EVENTS, DATABASE, TABLES, FILOSAX)
_KNOWN_LICENCES = {
    DATABASE: wjazzd.LICENCE,
    TABLES: wjazzd.LICENCE,
    FILOSAX: filosax.LICENCE,
}
NOT_STATED = "not stated"
SOLOS_FILE, MANIFEST_FILE = "solos.jsonl.gz", "manifest.json"
FORMAT = "jazz-improv corpus 1"
_SUFFIXES = {
    **dict.fromkeys((".mid", ".midi", ".kar", ".rmi"), MIDI),
    **dict.fromkeys((".musicxml", ".mxl"), MUSICXML),
    ".jsonl": EVENTS,
    ".db": DATABASE,
}
_LICENCES = ("license", "licence", "copying")
_HEAD_BYTES = 4096
MOST_MANIFEST_BYTES = 64 << 20
"""A hundred thousand files have half of it."""
_MOST_BYTES = 2 << 30


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to read.

    `path` is absolute; `shown` is the same under its source, and `name` what a solo in it is called.
    """

    kind: str
    path: str
    shown: str
    name: str
    melody: str = ""


@dataclass(frozen=True)
class Result:
    """What reading a task gave: its solos made fit, and a hash of the bytes that were read."""

    task: Task
    reading: Reading
    sha256: str


@dataclass
class Source:
    """A path that was named."""

    path: Path
    licence: str = NOT_STATED
    tasks: list[Task] = field(default_factory=list)
    passed_over: int = 0
    """Files in a folder that are no music."""
    problems: Reading = field(default_factory=Reading)

    @property
    def kinds(self) -> dict[str, int]:
        """How many tasks of each kind."""
        counts = Counter(task.kind for task in self.tasks)
        return {kind: counts[kind] for kind in KINDS if counts[kind]}


def find_source(path: Path, melody: str = "", without: Path | None = None) -> Source:
    """What there is to read at a path, folders to their depth, in order of names.

    `without` is a folder that is not looked into (the one that will be written).
    """
    source = Source(path)
    try:
        if path.is_dir():
            _find_in_folder(source, path.resolve(), melody, without.resolve() if without else None)
        else:
            kind = kind_of(path)
            if kind is None:
                raise InputFileError(
                    f"Cannot read {str(path)!r}: expected MIDI, MusicXML, {score_names()}, JSON lines, "
                    "the Weimar Jazz Database, Filosax, or a folder of them."
                )
            source.tasks.append(_task(kind, path.resolve(), path.name, melody))
            source.licence = _licence(kind, path.parent, path)
    except InputFileError as error:
        source.problems.drop(str(path), UNREADABLE, str(error))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        source.problems.drop(str(path), UNREADABLE, f"Cannot read {str(path)!r}: {reason}.")
    else:
        if not source.tasks:
            source.problems.drop(
                str(path), UNREADABLE, f"There is no music in the folder {str(path)!r}."
            )
    return source


def _find_in_folder(source: Source, top: Path, melody: str, without: Path | None) -> None:
    def failed(error: OSError) -> None:
        source.problems.drop(
            str(error.filename),
            UNREADABLE,
            f"Cannot look into {error.filename!r}: {error.strerror}.",
        )

    for folder_name, folders, names in os.walk(top, onerror=failed):
        folder = Path(folder_name)
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and folder / name != without
        )
        if wjazzd.is_tables(folder):
            tables = {path.name for path in wjazzd.tables_of(folder)}
            names = [name for name in names if name not in tables]
            below = folder.relative_to(top.parent).as_posix()
            source.tasks.append(Task(TABLES, str(folder), below, below))
        for name, kind in _music(folder, sorted(names)):
            if kind is None:
                source.passed_over += 1
                continue
            path = folder / name
            source.tasks.append(_task(kind, path, path.relative_to(top).as_posix(), melody))
    kinds = dict.fromkeys(task.kind for task in source.tasks)
    found = dict.fromkeys(_KNOWN_LICENCES[kind] for kind in kinds if kind in _KNOWN_LICENCES)
    others = any(kind not in _KNOWN_LICENCES for kind in kinds)
    stated = _licence("", top, top) if others else NOT_STATED
    parts = [*found, *([stated] if stated != NOT_STATED or not found else [])]
    source.licence = "; ".join(parts)


def _music(folder: Path, names: Sequence[str]) -> Iterator[tuple[str, str | None]]:
    """(name, kind) of each file; a chart beside a MIDI file is part of that, and so are scores of Filosax."""
    kinds: dict[str, str | None] = {}
    for name in names:
        if name.startswith(".") or name == MANIFEST_FILE:
            continue
        path = folder / name
        try:
            kinds[name] = kind_of(path) if path.is_file() else None
        except InputFileError:
            kinds[name] = _SUFFIXES.get(path.suffix.lower())  # reading it will say why
    if FILOSAX in kinds.values():
        kinds = {name: kind if kind == FILOSAX else None for name, kind in kinds.items()}
    stems = {Path(name).stem for name, kind in kinds.items() if kind == MIDI}
    for name, kind in kinds.items():
        is_score = kind in (MUSICXML, SCORE)
        if is_score and Path(name).stem in stems and Path(name).suffix in CHART_SUFFIXES:
            continue
        yield name, kind


def kind_of(path: Path) -> str | None:
    """What kind of music a file holds, or is called; None for what is none. Raises InputFileError."""
    try:
        if path.exists() and not path.is_file():  # a pipe or device may never end
            raise InputFileError(f"Cannot read {str(path)!r}: it is not an ordinary file.")
        with path.open("rb") as file:
            head = file.read(_HEAD_BYTES)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or error
        raise InputFileError(f"Cannot read {str(path)!r}: {reason}.") from error
    if head.startswith(b"MThd") or (head.startswith(b"RIFF") and head[8:12] == b"RMID"):
        return MIDI
    if head.startswith(wjazzd.SQLITE):
        return DATABASE
    if head.startswith(b"\x1f\x8b"):
        try:
            head = zlib.decompressobj(31).decompress(head, _HEAD_BYTES)
        except zlib.error:
            head = b""
        return EVENTS if _is_events(head) or path.name.lower().endswith(".jsonl.gz") else None
    if (
        b"<score-" in head.replace(b"\0", b"")
        and head.lstrip(b"\xef\xbb\xbf\xff\xfe \t\r\n")[:1] == b"<"
    ):
        return MUSICXML
    if filosax.is_filosax(head):
        return FILOSAX
    if _is_events(head):
        return EVENTS
    known = _SUFFIXES.get(path.suffix.lower())
    return known or (SCORE if score_format(path, head) else None)


def _is_events(head: bytes) -> bool:
    start = head.lstrip(b"\xef\xbb\xbf \t\r\n")
    return start.startswith(b"{") and (b'"notes"' in head or b'"chords"' in head)


def _task(kind: str, path: Path, shown: str, melody: str) -> Task:
    shown = shown.encode("utf-8", "replace").decode()
    name = PurePosixPath(shown.removesuffix(".gz")).with_suffix("").as_posix()
    return Task(kind, str(path), shown, name, melody)


def _licence(kind: str, folder: Path, path: Path) -> str:
    """What a licence file beside the music says first; of a corpus of ours, what its manifest says."""
    if kind in _KNOWN_LICENCES:
        return _KNOWN_LICENCES[kind]
    try:
        manifest = json.loads(files.read_ordinary(folder / MANIFEST_FILE, MOST_MANIFEST_BYTES))
        if manifest["format"] == FORMAT:
            return "; ".join(dict.fromkeys(str(each["licence"]) for each in manifest["sources"]))
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        pass
    try:
        names = sorted(name for name in os.listdir(folder) if name.lower().startswith(_LICENCES))
        for name in names:
            if not (folder / name).is_file():
                continue
            text = files.read_ordinary(folder / name, _HEAD_BYTES).decode("utf-8", "replace")
            first = re.split(r"\n\s*\n|(?<=\w[a-z])\.(?=\s)", text.strip(), maxsplit=1)[0]
            if first:
                return f"{' '.join(first.split())[:200]} ({name})"
    except OSError:
        pass
    return NOT_STATED


# -- reading


def read_tasks(tasks: Sequence[Task]) -> list[Result]:
    """Read one after the other, in whichever process; whatever a file holds, only its own result is bad."""
    return [read_task(task) for task in tasks]


def read_task(task: Task) -> Result:
    """Read one task. Raises nothing for what is in its file."""
    path = Path(task.path)
    reading, sha256 = Reading(), ""
    try:
        sha256 = _hash(task)
        reading = clean(_read(task, path))
    except (InputFileError, MissingError) as error:
        reading.drop(task.name, UNREADABLE, str(error))
    except OSError as error:
        reading.drop(
            task.name, UNREADABLE, f"Cannot read {task.path!r}: {error.strerror or error}."
        )
    except Exception as error:
        # A file that no reader foresaw must not stop a hundred thousand others.
        reading.drop(
            task.name, UNREADABLE, f"Cannot read {task.path!r}: {type(error).__name__} ({error})."
        )
    return Result(task, _as_named(reading, task), sha256)


def _read(task: Task, path: Path) -> Reading:
    if task.kind == MIDI:
        return read_midi(path, task.name, task.melody)
    if task.kind == MUSICXML:
        return read_score_solo(path, task.name)
    if task.kind == SCORE:
        return read_other_scores(path, task.name)
    if task.kind == DATABASE:
        return wjazzd.read_database(path)
    if task.kind == TABLES:
        return wjazzd.read_tables(path)
    if task.kind == FILOSAX:
        return filosax.read_filosax(path)
    reading = Reading()
    for line, found in each_event(path):
        if isinstance(found, InputFileError):
            reading.drop(f"{task.name}:{line}", UNREADABLE, str(found))
        else:
            reading.solos.append(found)
    return reading


def _hash(task: Task) -> str:
    """Of the bytes of all files of a task."""
    path = Path(task.path)
    paths = wjazzd.tables_of(path) if task.kind == TABLES else [path]
    if task.kind == MIDI and (beside := chart_beside(path)) is not None:
        paths.append(beside)
    if task.kind == FILOSAX and filosax.chords_beside(path).is_file():
        paths.append(filosax.chords_beside(path))
    digest = hashlib.sha256()
    for each in paths:
        if (size := each.stat().st_size) > _MOST_BYTES:
            raise InputFileError(
                f"Cannot read {str(each)!r}: it has {size:,} bytes; at most {_MOST_BYTES:,} were expected."
            )
        with each.open("rb") as file:
            while content := file.read(1 << 20):
                digest.update(content)
    return digest.hexdigest()


def _as_named(reading: Reading, task: Task) -> Reading:
    """The same with the file called by its name under the source: what is written is the same anywhere."""
    path, shown = Path(task.path), PurePosixPath(task.shown)
    names = {str(path): str(shown), f"{path.parent}{os.sep}": f"{shown.parent}/".removeprefix("./")}

    def said(sentence: str) -> str:
        for theirs, ours in names.items():
            for text in (theirs, repr(theirs)[1:-1]):
                sentence = sentence.replace(text, ours)
        return sentence

    return Reading(
        reading.solos,
        [Dropped(each.what, each.reason, said(each.sentence)) for each in reading.dropped],
        reading.notes,
        [(solo, said(sentence)) for solo, sentence in reading.remarks],
    )
