"""Solos as JSON lines: one object a line, gzipped where the name ends in `.gz`.

    {"id", "title", "performer", "instrument", "style", "rhythmfeel", "tempo_bpm", "key",
     "ticks_per_beat": 12, "beats_per_bar": 4,
     "chords":   [[step, symbol], ...],
     "sections": [[step, label, chorus], ...],
     "notes":    [[onset_step, duration_step, pitch, loudness_db or null], ...]}

Needed are `notes` and `chords`; a text that is missing, null or NaN is "", a tempo 120, a bar four beats;
fields that are not known here are passed over. `write_events` and `read_events` are each other's inverse.
"""

from __future__ import annotations

import gzip
import json
import math
from collections.abc import Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from improv import files
from improv.corpus.lines import each_line
from improv.errors import InputFileError
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Heard, Transcription

USUAL_BPM = 120.0
SUFFIXES = (".jsonl", ".jsonl.gz")
_MOST_BAD_LINES = 1000
"""More lines that are no solos, and more than there are solos, are something else than solos."""
_MOST_STEPS = STEPS_PER_BEAT * 100_000
"""Eight hours at 200 beats a minute: beyond is no solo but a slip."""
_TEXTS = ("title", "performer", "instrument", "style", "rhythmfeel", "key")


def read_events(path: str | Path) -> list[Transcription]:
    """The solos in a file, in its order; gzipped or not, whatever its name.

    Raises InputFileError, in one sentence with the line, for the first that is not as it should be: onsets
    strictly increasing, durations of 1 or more, pitches 0-127, chords in order.
    """
    solos = []
    for line, found in each_event(path):
        if isinstance(found, InputFileError):
            raise found
        check(found, _where(Path(path), line))
        solos.append(found)
    return solos


def each_event(path: str | Path) -> Iterator[tuple[int, Transcription | InputFileError]]:
    """(line, the solo in it or why there is none), as written: notes may be out of order.

    Raises InputFileError where the file as a whole cannot be read, or hardly any line of it is a solo.
    """
    path = Path(path)
    at = good = bad = 0
    for number, content in enumerate(each_line(path), 1):
        try:
            line = content.decode("utf-8-sig" if number == 1 else "utf-8")
        except UnicodeDecodeError as error:
            raise InputFileError(
                f"Cannot read {str(path)!r}: expected lines of JSON in UTF-8, but byte {at + error.start} is "
                "something else."
            ) from error
        at += len(content)
        if not line.strip():
            continue
        where = _where(path, number)
        try:
            yield number, _solo(line, where, f"{path.name}:{number}")
            good += 1
        except InputFileError as error:
            bad += 1
            if bad > _MOST_BAD_LINES + good:
                raise InputFileError(
                    f"Cannot read {str(path)!r}: of {bad + good:,} lines {bad:,} are no solos; reading ended "
                    f"at line {number:,}."
                ) from error
            yield number, error


def check(solo: Transcription, where: str) -> None:
    """Raise InputFileError for notes or chords that are out of order or out of range."""
    for before, after in pairwise(solo.notes):
        if after.onset_step <= before.onset_step:
            raise InputFileError(
                f"Cannot use a note of {where}: its onset {after.onset_step} does not come after "
                f"{before.onset_step}; strictly increasing onsets were expected."
            )
    for note in solo.notes:
        if note.duration_step < 1:
            raise InputFileError(
                f"Cannot use a note of {where}: the duration {note.duration_step} at step "
                f"{note.onset_step}; 1 or more was expected."
            )
        if not 0 <= note.pitch <= 127:
            raise InputFileError(
                f"Cannot use a note of {where}: the pitch {note.pitch} at step {note.onset_step}; 0 to "
                "127 was expected."
            )
    for (before_step, _), (after_step, _) in pairwise(solo.chords):
        if after_step < before_step:
            raise InputFileError(
                f"Cannot use the chords of {where}: step {after_step} is written after "
                f"{before_step}; chords in order were expected."
            )


def write_events(path: str | Path, solos: Iterable[Transcription]) -> None:
    """Write the solos, whole or not at all; gzipped where the name ends in `.gz`. Raises OutputFileError.

    The same solos give the same bytes.
    """
    path = Path(path)
    content = "".join(f"{event_line(solo)}\n" for solo in solos).encode("utf-8", "replace")
    files.write_bytes(path, compressed(content) if path.suffix == ".gz" else content)


def compressed(content: bytes) -> bytes:
    """Gzipped, the same bytes at any time."""
    return gzip.compress(content, compresslevel=6, mtime=0)


def event_line(solo: Transcription) -> str:
    """One solo as its line of JSON, without the line end."""
    record: dict[str, Any] = {
        "id": solo.id,
        **{name: getattr(solo, name) for name in _TEXTS[:5]},
        "tempo_bpm": solo.tempo_bpm,
        "key": solo.key,
        "ticks_per_beat": STEPS_PER_BEAT,
        "beats_per_bar": solo.beats_per_bar,
        "chords": solo.chords,
        "sections": solo.sections,
        "notes": [
            [note.onset_step, note.duration_step, note.pitch, note.loudness_db]
            for note in solo.notes
        ],
    }
    return json.dumps(record, ensure_ascii=False, allow_nan=False)


def _where(path: Path, line: int) -> str:
    return f"{str(path)!r}, line {line}"


def _solo(line: str, where: str, name: str) -> Transcription:
    try:
        record = json.loads(line)
    except (ValueError, RecursionError) as error:
        reason = getattr(error, "msg", None) or "it nests too deep or its numbers are too long"
        raise InputFileError(
            f"Cannot read {where}: expected one JSON object a line ({reason})."
        ) from error
    if not isinstance(record, dict):
        raise InputFileError(
            f"Cannot read {where}: expected an object with 'notes' and 'chords', not {_shown(record)}."
        )
    grid = record.get("ticks_per_beat", STEPS_PER_BEAT)
    if grid != STEPS_PER_BEAT:
        raise InputFileError(
            f"Cannot read {where}: 'ticks_per_beat' is {_shown(grid)}; {STEPS_PER_BEAT} was expected."
        )
    beats = record.get("beats_per_bar", 4)
    if not _is_int(beats) or not 1 <= beats <= 64:
        raise InputFileError(
            f"Cannot read {where}: 'beats_per_bar' is {_shown(beats)}; a whole number from 1 was expected."
        )
    tempo = _number(record.get("tempo_bpm"))
    texts = {field: _words(record.get(field)) for field in _TEXTS}
    return Transcription(
        id=_words(record.get("id")) or name,
        **texts,
        tempo_bpm=tempo if tempo is not None and tempo > 0 else USUAL_BPM,
        beats_per_bar=beats,
        chords=tuple(_chord(row, where) for row in _rows(record, "chords", where)),
        sections=tuple(
            _section(row, where) for row in (_rows(record, "sections", where, needed=False))
        ),
        notes=tuple(_note(row, where) for row in _rows(record, "notes", where)),
    )


def _rows(record: dict[str, Any], name: str, where: str, *, needed: bool = True) -> list[Any]:
    rows = record.get(name)
    if rows is None and not needed:
        return []
    if not isinstance(rows, list):
        raise InputFileError(
            f"Cannot read {where}: expected a list as {name!r}, not {_shown(rows)}."
        )
    return rows


def _note(row: Any, where: str) -> Heard:
    if (
        not isinstance(row, list)
        or len(row) not in (3, 4)
        or not all(_is_step(value) for value in row[:2])
        or not _is_int(row[2])
        or not (len(row) == 3 or row[3] is None or type(row[3]) in (int, float))
    ):
        raise InputFileError(
            f"Cannot read a note of {where}: expected [onset, duration, pitch, loudness or null], not "
            f"{_shown(row)}."
        )
    return Heard(row[0], row[1], row[2], _number(row[3]) if len(row) == 4 else None)


def _chord(row: Any, where: str) -> tuple[int, str]:
    if (
        not isinstance(row, list)
        or len(row) != 2
        or not _is_step(row[0])
        or type(row[1]) is not str
    ):
        raise InputFileError(
            f"Cannot read a chord of {where}: expected [step, symbol], not {_shown(row)}."
        )
    return row[0], row[1]


def _section(row: Any, where: str) -> tuple[int, str, int]:
    # The chorus may be unknown; it is 0 then, as before the first.
    if isinstance(row, list) and len(row) >= 2 and _is_step(row[0]):
        chorus = row[2] if len(row) > 2 else 0
        if chorus is None or _is_int(chorus):
            return row[0], _words(row[1]), chorus or 0
    raise InputFileError(
        f"Cannot read a section of {where}: expected [step, label, chorus], not {_shown(row)}."
    )


def _words(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    # JSON may hold half of a surrogate pair, which no file can.
    return " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())


def _is_int(value: Any) -> bool:
    return type(value) is int and abs(value) < 2**31


def _is_step(value: Any) -> bool:
    return type(value) is int and abs(value) <= _MOST_STEPS


def _number(value: Any) -> float | None:
    """A usable number, or None."""
    if type(value) not in (int, float) or not abs(value) < 2**31:  # NaN is not less either
        return None
    return float(value)


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
