"""The Weimar Jazz Database: its SQLite file, or the same as three tables (`solos`, `beats`, `notes`, CSV).

    note    bar, beat, tatum t of `division` in that beat     ->  onset on the grid
            duration and the beat's duration in seconds       ->  duration on the grid
    beat    bar, beat, chord where it changes, form, chorus   ->  chords and sections

Onsets are the metrical positions that the database's own beat tracking gave, not the seconds: with 12
steps a beat, tatum t of d is at step round(12 (t - 1) / d), halves to the even one. Durations are
round(12 seconds / beat seconds), 1 at least. Step 0 is the first bar with a beat. Of notes that fall on one
step the first counts. So quantised the 4/4 solos are, note for note, those of the evaluation protocol
(docs/corpus.md has the count).

A single bar that is a beat too long stays in place: what is in its extra beat falls on the first beat of the
next. Solos in which more bars than that differ are left out, and so are those whose "bars" have one beat:
their transcribers heard none.
"""

from __future__ import annotations

import csv
import math
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from improv.clock import processor_ns
from improv.corpus.events import USUAL_BPM
from improv.corpus.lines import each_line
from improv.corpus.reading import (
    METER_CHANGES,
    NO_BAR_LINES,
    NO_PLACE,
    ODD_METER,
    SAME_STEP,
    UNREADABLE,
    LeftOutError,
    Reading,
)
from improv.errors import ChartError, InputFileError
from improv.music.meter import Meter
from improv.music.note import STEPS_PER_BEAT
from improv.music.transcription import Heard, Transcription

TABLES = ("solos", "beats", "notes")
SQLITE = b"SQLite format 3\0"
LICENCE = (
    "Weimar Jazz Database (The Jazzomat Research Project, University of Music Franz Liszt Weimar; "
    "Pfleiderer, Frieler, Abeßer, Zaddach, Burkhart (eds.), Inside the Jazzomat, Schott Campus, 2017): Open "
    "Database License (ODbL) v1.0; tables derived from it by its makers also under the MIT licence (package "
    "jazzodata, © 2022 Klaus Frieler, Martin Pfleiderer, Wolf-Georg Zaddach, Jakob Abeßer)"
)
_ODD_BARS = 2
"""So many bars of another length are slips of the annotation; more are changes of meter."""

_MOST_ROWS = 300_000  # the whole database has 200,809 notes
_MOST_TABLE_BYTES, _MOST_VALUE_BYTES, _MOST_HEAP_BYTES = 1 << 26, 1 << 17, 1 << 27
_MOST_WORK_NS, _STEPS_A_LOOK = 6_000_000_000, 10_000
"""Processor time that reading may take, several times what the database needs; and after how many steps of
SQLite's machine that is checked."""
_PLACE = "place of "
_Place = tuple[tuple[int, Any], ...]
_ENDLESS = (
    "reading its tables takes much longer than the database does; are they views without end?"
)

_Row = Mapping[str, Any]
_BEAT = ("bar", "beat", "signature", "chord", "form", "chorus_id")
_NOTE = ("bar", "beat", "division", "tatum", "duration", "beat_duration", "pitch", "loud_median")
_SOLO = ("title", "performer", "instrument", "style", "rhythmfeel", "avgtempo", "key", "signature")
# What the database calls it, by our name; the first that is there.
_NAMES = {"beat_duration": ("beatdur", "beat_duration"), "loud_median": ("loud_med", "loud_median")}
_NEEDED = {
    "melody": ("melid", "pitch", "duration", "division", "bar", "beat", "tatum", "beat_duration"),
    "beats": ("melid", "bar", "beat", "chord"),
    "solo_info": ("melid",),
}


def is_tables(folder: Path) -> bool:
    """Whether a folder holds the three tables."""
    return all(_table(folder, name) is not None for name in TABLES)


def tables_of(folder: Path) -> list[Path]:
    """The files of the three tables."""
    return [path for name in TABLES if (path := _table(folder, name)) is not None]


def _table(folder: Path, name: str) -> Path | None:
    paths = (folder / f"{name}.csv.gz", folder / f"{name}.csv")
    return next((path for path in paths if path.is_file()), None)


def read_tables(folder: Path) -> Reading:
    """The solos of the three tables, in the order of `solos`.

    Raises InputFileError for what is no such table.
    """
    solos = list(table_rows(folder, "solos", ("id",)))
    beats = _grouped(folder, "beats", _BEAT[:2], _BEAT[2:])
    notes = _grouped(folder, "notes", _NOTE[:7], _NOTE[7:])
    reading = Reading()
    for solo in solos:
        name = _text(solo["id"])
        with reading.leaving_out(name):
            _read(reading, name, solo, beats[name], notes[name])
    return reading


def _grouped(
    folder: Path, table: str, needed: Sequence[str], wanted: Sequence[str]
) -> defaultdict[str, list[_Row]]:
    grouped: defaultdict[str, list[_Row]] = defaultdict(list)
    for row in table_rows(folder, table, ("id", *needed), wanted):
        grouped[_text(row["id"])].append(row)
    return grouped


def table_rows(
    folder: Path, table: str, needed: Sequence[str], wanted: Sequence[str] = ()
) -> Iterator[_Row]:
    """The rows of a table, of columns that are not needed only those that are wanted (none named: all).

    Raises InputFileError where it is not there or is no such table.
    """
    path = _table(folder, table)
    if path is None:
        raise InputFileError(f"No {table}.csv.gz in {str(folder)!r}: expected the tables there.")
    lines = each_line(path, " as a table in CSV")
    try:
        rows = csv.DictReader(_texts(path, lines))
        for name in needed:
            if name not in (rows.fieldnames or ()):
                raise InputFileError(f"Cannot read {str(path)!r}: expected a column {name!r}.")
        for number, row in enumerate(rows):
            if number == _MOST_ROWS:
                raise _too_many(path, path.name)
            yield {name: row.get(name) for name in (*needed, *wanted)} if wanted else row
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputFileError(f"Cannot read {str(path)!r} as a table in CSV: {error}.") from error


def _texts(path: Path, lines: Iterator[bytes]) -> Iterator[str]:
    left = _MOST_TABLE_BYTES
    for at, line in enumerate(lines):
        left -= len(line)
        if left < 0:
            raise _too_many(path, path.name)
        yield line.decode("utf-8" if at else "utf-8-sig")


def _too_many(path: Path, table: str) -> InputFileError:
    return InputFileError(
        f"Cannot read {str(path)!r}: its table {table!r} is much larger than that of the Weimar Jazz "
        "Database."
    )


def read_database(path: Path) -> Reading:
    """The solos of `wjazzd.db`, in its order. Raises InputFileError where tables or columns are missing."""
    try:
        connection = sqlite3.connect(f"file:{quote(str(path.resolve()))}?mode=ro", uri=True)
        connection.row_factory = sqlite3.Row
        connection.text_factory = lambda content: content.decode("utf-8", "replace")
        _limit(connection)
        try:
            return _database(connection, path)
        finally:
            connection.close()
    except (sqlite3.Error, OverflowError, MemoryError) as error:
        endless = isinstance(error, MemoryError) or str(error) == "interrupted"
        said = _ENDLESS if endless else str(error)
        raise InputFileError(
            f"Cannot read {str(path)!r} as the Weimar Jazz Database: {said}."
        ) from error


def _limit(connection: sqlite3.Connection) -> None:
    """What a table holds may be worked out by the file itself, without end."""
    if hasattr(connection, "setlimit"):  # from Python 3.11 on
        connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, _MOST_VALUE_BYTES)
    for setting in ("temp_store = MEMORY", f"hard_heap_limit = {_MOST_HEAP_BYTES}"):
        connection.execute(f"PRAGMA {setting}")
    until_ns = processor_ns() + _MOST_WORK_NS
    connection.set_progress_handler(lambda: processor_ns() > until_ns, _STEPS_A_LOOK)


def _database(connection: sqlite3.Connection, path: Path) -> Reading:
    beats = _select(connection, path, "beats", _BEAT, ("onset", "beatid"))
    notes = _select(connection, path, "melody", _NOTE, ("onset", "eventid"))
    names = _file_names(connection)
    reading = Reading()
    used: Counter[str] = Counter()
    for melid, rows in _select(connection, path, "solo_info", _SOLO, ()).items():
        solo = rows[0]
        name = names.get(melid) or "_".join(
            "".join(word[:1].upper() + word[1:] for word in _text(solo.get(field)).split())
            for field in ("performer", "title")
        )
        used[name] += 1
        name = name if used[name] == 1 else f"{name}-{used[name]}"
        with reading.leaving_out(name):
            _read(reading, name, solo, beats.get(melid, []), notes.get(melid, []))
    return reading


def _select(
    connection: sqlite3.Connection,
    path: Path,
    table: str,
    wanted: Sequence[str],
    order: Sequence[str],
) -> dict[Any, list[_Row]]:
    """melid -> the rows of a table, under our names; columns that are not needed may be missing."""
    there = {row["name"] for row in connection.execute(f'PRAGMA table_info("{table}")')}
    columns: dict[str, str] = {}
    for name in ("melid", *wanted):
        found = next((each for each in _NAMES.get(name, (name,)) if each in there), None)
        if found is not None:
            columns[name] = found
        elif name in _NEEDED[table]:
            what = f"a column {name!r} in its table {table!r}" if there else f"a table {table!r}"
            raise InputFileError(
                f"Cannot read {str(path)!r} as the Weimar Jazz Database: expected {what}."
            )
    fields = [f'"{column}" AS "{name}"' for name, column in columns.items()]
    places = [name for name in order if name in there]
    sort = [f'"{name}" AS "{_PLACE}{name}"' for name in places]
    rows: list[tuple[_Place, dict[str, Any]]] = []
    left = _MOST_TABLE_BYTES
    for row in connection.execute(f'SELECT {", ".join(fields + sort)} FROM "{table}"'):
        left -= sum(len(value) for value in row if isinstance(value, str | bytes))
        if len(rows) == _MOST_ROWS or left < 0:
            raise _too_many(path, table)
        place = tuple(_sorted_as(row[name]) for name in ("melid", *(_PLACE + n for n in places)))
        rows.append((place, {name: row[name] for name in columns}))
    grouped: dict[Any, list[_Row]] = {}
    for _, row in sorted(rows, key=lambda each: each[0]):
        grouped.setdefault(row["melid"], []).append(row)
    return grouped


def _sorted_as(value: Any) -> tuple[int, Any]:
    """As SQLite sorts values of several kinds: nothing, numbers, texts, bytes."""
    if value is None:
        return 0, 0
    return (1, value) if isinstance(value, int | float) else (2 + isinstance(value, bytes), value)


def _file_names(connection: sqlite3.Connection) -> dict[Any, str]:
    """melid -> the name its makers gave the solo's file, from whichever table has it."""
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table' ORDER BY name")
    for (table,) in list(tables):
        name = str(table).replace('"', '""')
        there = {row["name"] for row in connection.execute(f'PRAGMA table_info("{name}")')}
        if {"melid", "filename_sv"} <= there:
            rows = connection.execute(f'SELECT melid, filename_sv FROM "{name}" LIMIT {_MOST_ROWS}')
            return {row[0]: _text(row[1]).removesuffix(".sv") for row in rows if row[1]}
    return {}


# -- one solo, from rows of either kind


@dataclass(frozen=True, slots=True)
class _Bars:
    """Where beats lie: the meter of the solo and its first bar."""

    meter: Meter
    first: int

    @property
    def beat_steps(self) -> int:
        return STEPS_PER_BEAT * 4 // self.meter.beat_unit

    def step(self, bar: int, beat: int) -> int:
        """The grid step of a beat; bars are counted on, whatever the length of those between."""
        beats = (bar - self.first) * self.meter.beats_per_bar + beat - 1
        return beats * self.beat_steps


def _read(
    reading: Reading, name: str, solo: _Row, beats: Sequence[_Row], notes: Sequence[_Row]
) -> None:
    """Add one solo to a reading. Raises LeftOutError where it cannot be used."""
    placed = [
        (bar, beat, row)
        for row in beats
        if (bar := _int(row.get("bar"))) is not None and (beat := _int(row.get("beat"))) is not None
    ]
    if not placed:
        raise LeftOutError(UNREADABLE, f"{name}: it has no beats; one row a beat was expected.")
    meter = _meter(reading, name, solo, placed)
    bars = _Bars(meter, placed[0][0])
    heard = _notes(reading, notes, bars)
    tempo = _float(solo.get("avgtempo"))
    reading.solos.append(
        Transcription(
            id=name,
            title=_text(solo.get("title")),
            performer=_text(solo.get("performer")),
            instrument=_text(solo.get("instrument")),
            style=_text(solo.get("style")),
            rhythmfeel=_text(solo.get("rhythmfeel")),
            tempo_bpm=tempo if tempo is not None and tempo > 0 else USUAL_BPM,
            key=_text(solo.get("key")),
            beats_per_bar=meter.ticks_per_bar // Meter(1).ticks_per_bar,
            chords=_chords(placed, bars),
            sections=_sections(placed, bars),
            notes=heard,
        )
    )


def _meter(
    reading: Reading, name: str, solo: _Row, beats: Sequence[tuple[int, int, _Row]]
) -> Meter:
    """The meter of most beats. Raises LeftOutError where the solo cannot be kept."""
    signatures: Counter[str] = Counter()
    now = _text(solo.get("signature"))
    for _, _, row in beats:
        now = _text(row.get("signature")) or now
        signatures[now] += 1
    said = signatures.most_common(1)[0][0]
    try:
        meter = Meter.parse(said)
    except ChartError as error:
        raise LeftOutError(UNREADABLE, f"{name}: {error}") from error
    if meter.beats_per_bar == 1:
        raise LeftOutError(
            NO_BAR_LINES, f"{name}: its bars have one beat; no bar lines were heard."
        )
    if meter.ticks_per_bar % Meter(1).ticks_per_bar:
        raise LeftOutError(
            ODD_METER, f"{name}: a bar of {meter} is not a whole number of quarters."
        )
    sizes = Counter(bar for bar, _, _ in beats)
    ends = (beats[0][0], beats[-1][0])
    odd = Counter(size for bar, size in sizes.items() if bar not in ends)
    del odd[meter.beats_per_bar]
    if sum(odd.values()) > _ODD_BARS:
        others = ", ".join(f"{count} of {size}" for size, count in sorted(odd.items()))
        raise LeftOutError(
            METER_CHANGES, f"{name}: its meter changes (bars of {meter}, but {others} beats)."
        )
    for size in sorted(odd.elements()):
        reading.remark(
            name, f"a bar of {size} beats among bars of {meter} was taken as one of them"
        )
    return meter


def _chords(beats: Sequence[tuple[int, int, _Row]], bars: _Bars) -> tuple[tuple[int, str], ...]:
    """Where the symbol changes; a beat without one goes on with the last."""
    chords: list[tuple[int, str]] = []
    for bar, beat, row in beats:
        symbol = _text(row.get("chord"))
        if symbol and (not chords or symbol != chords[-1][1]):
            chords.append((bars.step(bar, beat), symbol))
    return tuple(chords)


def _sections(
    beats: Sequence[tuple[int, int, _Row]], bars: _Bars
) -> tuple[tuple[int, str, int], ...]:
    """One a beat, as the tables have them."""
    sections = []
    label, chorus = "", 0
    for bar, beat, row in beats:
        label = _text(row.get("form")) or label
        chorus = found if (found := _int(row.get("chorus_id"))) is not None else chorus
        if label:
            sections.append((bars.step(bar, beat), label, chorus))
    return tuple(sections)


def _notes(reading: Reading, rows: Sequence[_Row], bars: _Bars) -> tuple[Heard, ...]:
    heard: dict[int, Heard] = {}
    for row in rows:
        bar, beat, tatum, division, pitch = (
            _int(row.get(name)) for name in ("bar", "beat", "tatum", "division", "pitch")
        )
        seconds, beat_seconds = _float(row.get("duration")), _float(row.get("beat_duration"))
        if bar is None or beat is None or tatum is None or not division or pitch is None:
            reading.notes[NO_PLACE] += 1
            continue
        onset = bars.step(bar, beat) + round(bars.beat_steps * (tatum - 1) / division)
        if onset in heard:
            reading.notes[SAME_STEP] += 1
            continue
        length = seconds / beat_seconds * bars.beat_steps if seconds and beat_seconds else 1.0
        loudness = _float(row.get("loud_median"))
        heard[onset] = Heard(
            onset,
            max(1, round(min(length, 10_000))),
            pitch,
            round(loudness, 1) if loudness is not None else None,
        )
    return tuple(heard[onset] for onset in sorted(heard))


def _text(value: Any) -> str:
    return " ".join(str(value).split()) if value is not None else ""


def _float(value: Any) -> float | None:
    try:
        number = float(value)
    except (TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _int(value: Any) -> int | None:
    number = _float(value)
    return int(number) if number is not None and abs(number) < 1e6 else None
