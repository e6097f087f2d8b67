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
from collections.abc import Callable, Iterable, Iterator
from itertools import pairwise
from pathlib import Path
from typing import Any

from improv import files
from improv.corpus.lines import each_line
from improv.errors import InputFileError
from improv.json_values import listed, shortened, text, whole
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
            f"Cannot read {where}: expected an object with 'notes' and 'chords', not {shortened(record)}."
        )
    grid = record.get("ticks_per_beat", STEPS_PER_BEAT)
    if grid != STEPS_PER_BEAT:
        raise InputFileError(
            f"Cannot read {where}: 'ticks_per_beat' is {shortened(grid)}; {STEPS_PER_BEAT} was expected."
        )
    beats = record.get("beats_per_bar", 4)
    if type(beats) is not int or not 1 <= beats <= 64:
        raise InputFileError(
            f"Cannot read {where}: 'beats_per_bar' is {shortened(beats)}; a whole number from 1 was expected."
        )
    tempo = _number(record.get("tempo_bpm"))
    texts = {field: _words(record.get(field)) for field in _TEXTS}
    return Transcription(
        id=_words(record.get("id")) or name,
        **texts,
        tempo_bpm=tempo if tempo is not None and tempo > 0 else USUAL_BPM,
        beats_per_bar=beats,
        chords=_rows(record, "chords", where),
        sections=_rows(record, "sections", where),
        notes=_rows(record, "notes", where),
    )


def _rows(record: dict[str, Any], name: str, where: str) -> tuple[Any, ...]:
    """What the rows of this name are."""
    what, expected, made_of = _KINDS[name]
    rows = record.get(name)
    if rows is None and name == "sections":
        return ()
    if not isinstance(rows, list):
        raise InputFileError(
            f"Cannot read {where}: expected a list as {name!r}, not {shortened(rows)}."
        )
    made = []
    for row in rows:
        try:
            made.append(made_of(*listed(row)))
        except (ValueError, TypeError):
            raise InputFileError(
                f"Cannot read {what} of {where}: expected {expected}, not {shortened(row)}."
            ) from None
    return tuple(made)


def _note(onset: Any, duration: Any, pitch: Any, loudness: Any = None) -> Heard:
    if type(loudness) not in (int, float, type(None)):
        raise ValueError
    return Heard(_step(onset), _step(duration), _int(pitch), _number(loudness))


def _chord(step: Any, symbol: Any) -> tuple[int, str]:
    return _step(step), text(symbol)


def _section(step: Any, label: Any, chorus: Any = None, *_: Any) -> tuple[int, str, int]:
    """The chorus may be unknown; it is 0 then, as before the first."""
    return _step(step), _words(label), 0 if chorus is None else _int(chorus)


_KINDS: dict[str, tuple[str, str, Callable[..., Any]]] = {
    "notes": ("a note", "[onset, duration, pitch, loudness or null]", _note),
    "chords": ("a chord", "[step, symbol]", _chord),
    "sections": ("a section", "[step, label, chorus]", _section),
}
"""Name of the rows -> what one is, what it looks like, what makes it."""


def _words(value: Any) -> str:
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    # JSON may hold half of a surrogate pair, which no file can.
    return " ".join(str(value).encode("utf-8", "replace").decode("utf-8").split())


def _int(value: Any) -> int:
    return whole(value, 1 - 2**31, 2**31 - 1)


def _step(value: Any) -> int:
    return whole(value, -_MOST_STEPS, _MOST_STEPS)


def _number(value: Any) -> float | None:
    """A usable number, or None."""
    if type(value) not in (int, float) or not abs(value) < 2**31:  # NaN is not less either
        return None
    return float(value)
