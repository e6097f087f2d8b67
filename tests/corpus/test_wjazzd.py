"""The Weimar Jazz Database, as tables and as the SQLite file that users have."""

from __future__ import annotations

import csv
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from bombs import MOST_MB, refused_mb
from weimar_maker import as_published, database

from improv.corpus.clean import clean
from improv.corpus.events import read_events
from improv.corpus.reading import METER_CHANGES, NO_BAR_LINES, ODD_METER, UNREADABLE, Reading
from improv.corpus.wjazzd import is_tables, read_database, read_tables
from improv.errors import InputFileError
from improv.music.transcription import Heard

SOLO = {
    "id": "A_B",
    "title": "B",
    "performer": "A",
    "instrument": "ts",
    "style": "BEBOP",
    "rhythmfeel": "SWING",
    "avgtempo": "200.5",
    "key": "F-maj",
    "signature": "4/4",
}


def beats(bars: int, size: int = 4, signature: str = "4/4", first: int = 0) -> list[dict]:
    rows = []
    for bar in range(first, first + bars):
        for beat in range(1, size + 1):
            rows.append(
                {
                    "id": "A_B",
                    "bar": bar,
                    "beat": beat,
                    "signature": signature,
                    "chord": "F7" if (bar, beat) == (first, 1) else "",
                    "form": "A1" if (bar, beat) == (first, 1) else "",
                    "chorus_id": 1,
                }
            )
    return rows


def note(bar, beat, tatum, division, pitch=60, duration=0.15, beat_duration=0.3, loud="70.06"):
    return {
        "id": "A_B",
        "bar": bar,
        "beat": beat,
        "tatum": tatum,
        "division": division,
        "pitch": pitch,
        "duration": duration,
        "beat_duration": beat_duration,
        "loud_median": loud,
    }


def written(folder: Path, solo=SOLO, beat_rows=(), note_rows=()) -> Path:
    tables = {"solos": [solo], "beats": list(beat_rows), "notes": list(note_rows)}
    for name, rows in tables.items():
        with (folder / f"{name}.csv").open("w", newline="") as file:
            table = csv.DictWriter(file, list(rows[0]))
            table.writeheader()
            table.writerows(rows)
    return folder


def test_metrical_positions_become_steps(tmp_path: Path) -> None:
    """Tatum t of d is round(12 (t - 1) / d) steps behind its beat; halves go to the even step."""
    rows = [
        note(-1, 4, 1, 1),
        note(0, 1, 2, 2, pitch=61, loud=""),
        note(0, 2, 3, 3, duration=0.6),
        note(0, 3, 2, 8),
        note(0, 3, 4, 8),
        note(0, 4, 2, 5, duration=0.001),
        note(1, 1, 1, 1, beat_duration=""),
    ]
    [solo] = read_tables(written(tmp_path, beat_rows=beats(3, first=-1), note_rows=rows)).solos
    assert [n.onset_step for n in solo.notes] == [36, 54, 68, 74, 76, 86, 96]
    assert [n.duration_step for n in solo.notes] == [6, 6, 24, 6, 6, 1, 1]
    assert solo.notes[0] == Heard(36, 6, 60, 70.1)
    assert solo.notes[1] == Heard(54, 6, 61, None)
    assert solo.chords == ((0, "F7"),)
    assert solo.sections[0] == (0, "A1", 1) and len(solo.sections) == 12
    assert (solo.id, solo.tempo_bpm, solo.key, solo.beats_per_bar) == ("A_B", 200.5, "F-maj", 4)


def test_of_notes_on_one_step_the_first_counts(tmp_path: Path) -> None:
    """The others are counted, and so are those without a place."""
    rows = [note(0, 1, 1, 1, 60), note(0, 1, 1, 24, 61), note(0, 1, 1, 0), note("", 1, 1, 1)]
    reading = read_tables(written(tmp_path, beat_rows=beats(1), note_rows=rows))
    assert [n.pitch for n in reading.solos[0].notes] == [60]
    assert reading.notes == {"a second note on one step": 1, "no place in a bar": 2}


@pytest.mark.parametrize(
    ("signature", "size", "beats_per_bar", "steps"),
    [
        ("3/4", 3, 3, [0, 36]),
        ("5/4", 5, 5, [0, 60]),
        ("6/8", 6, 3, [0, 36]),
        ("2/2", 2, 4, [0, 48]),
    ],
)
def test_other_meters_keep_their_bars(tmp_path, signature, size, beats_per_bar, steps) -> None:
    """Bars are counted in quarters, beats in what the meter says."""
    rows = [note(0, 1, 1, 1), note(1, 1, 1, 1)]
    folder = written(tmp_path, beat_rows=beats(2, size, signature), note_rows=rows)
    [solo] = read_tables(folder).solos
    assert solo.beats_per_bar == beats_per_bar
    assert [n.onset_step for n in solo.notes] == steps


def test_one_bar_too_long_stays_in_place_and_many_are_a_change_of_meter(tmp_path: Path) -> None:
    """What is in the fifth beat falls on the next bar; with three such bars the solo is left out."""
    rows = beats(6)
    extra = {**rows[11], "bar": 2, "beat": 5}
    notes = [note(2, 4, 1, 1), note(2, 5, 1, 1, 61), note(3, 1, 1, 1, 62), note(3, 2, 1, 1)]
    folder = written(tmp_path, beat_rows=[*rows[:12], extra, *rows[12:]], note_rows=notes)
    reading = read_tables(folder)
    assert [(n.onset_step, n.pitch) for n in reading.solos[0].notes] == [
        (132, 60),
        (144, 61),
        (156, 60),
    ]
    assert [what for what, _ in reading.remarks] == ["A_B"]
    short = [row for row in beats(9) if not (row["bar"] in (2, 4, 6) and row["beat"] == 4)]
    [dropped] = read_tables(written(tmp_path, beat_rows=short, note_rows=notes)).dropped
    assert dropped.reason == METER_CHANGES and "3 of 3 beats" in dropped.sentence


@pytest.mark.parametrize(
    ("signature", "size", "reason"),
    [("1/4", 1, NO_BAR_LINES), ("7/8", 7, ODD_METER), ("x", 4, UNREADABLE)],
)
def test_bars_that_are_none_are_reported(tmp_path, signature, size, reason) -> None:
    """The solo is left out, and named."""
    folder = written(tmp_path, beat_rows=beats(4, size, signature), note_rows=[note(0, 1, 1, 1)])
    reading = read_tables(folder)
    assert not reading.solos
    assert [(d.what, d.reason) for d in reading.dropped] == [("A_B", reason)]


def test_damaged_tables_are_one_sentence(tmp_path: Path) -> None:
    """A missing column, no gzip, no text; and a folder without one of the tables is none."""
    folder = written(tmp_path, beat_rows=beats(1), note_rows=[{"id": "A_B", "bar": 1}])
    with pytest.raises(InputFileError, match=r"notes\.csv': expected a column 'beat'"):
        read_tables(folder)
    (folder / "beats.csv.gz").write_bytes(b"\x1f\x8bnothing")
    with pytest.raises(InputFileError, match=r"beats\.csv\.gz' as a table in CSV"):
        read_tables(folder)
    (folder / "beats.csv.gz").unlink()
    (folder / "solos.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputFileError, match=r"solos\.csv' as a table in CSV"):
        read_tables(folder)
    (folder / "solos.csv").unlink()
    assert not is_tables(folder)


# -- the SQLite file


def test_a_database_that_is_another_is_one_sentence(tmp_path: Path) -> None:
    """Missing tables and columns are named; bytes that are none are refused."""
    with pytest.raises(InputFileError, match="expected a table 'beats'"):
        read_database(database(tmp_path / "a.db", {"x": (["y"], [])}))
    with pytest.raises(InputFileError, match="expected a column 'chord' in its table 'beats'"):
        read_database(database(tmp_path / "b.db", {"beats": (["melid", "bar", "beat"], [])}))
    (tmp_path / "c.db").write_bytes(b"SQLite format 3\0" + b"rubbish" * 100)
    with pytest.raises(InputFileError, match="as the Weimar Jazz Database"):
        read_database(tmp_path / "c.db")


@pytest.fixture(scope="module")
def published_file(shared_dir: Path, tmp_path_factory) -> Path:
    return as_published(shared_dir, tmp_path_factory.mktemp("wjazzd") / "wjazzd.db")


@pytest.fixture(scope="module")
def published(published_file: Path) -> Reading:
    return read_database(published_file)


def events(shared_dir: Path) -> dict:
    return {
        solo.id: solo
        for name in ("train", "valid")
        for solo in read_events(shared_dir / "eval" / f"{name}.jsonl.gz")
    }


def check_reading(reading: Reading, shared_dir: Path) -> None:
    """All of the evaluation's solos are in it, equal in every field; and what else there is."""
    found = {solo.id: solo for solo in clean(reading).solos}
    expected = events(shared_dir)
    assert len(expected) == 394
    assert {name: found[name] for name in expected} == expected
    others = [solo for name, solo in found.items() if name not in expected]
    assert sorted(solo.beats_per_bar for solo in others) == [3] * 9 + [4] * 3 + [5]
    assert sorted(dropped.reason for dropped in reading.dropped) == [
        METER_CHANGES,
        *[NO_BAR_LINES] * 6,
    ]
    assert reading.notes == {"a second note on one step": 229}
    assert len(reading.remarks) == 3


@pytest.mark.shared
def test_the_tables_give_the_solos_of_the_evaluation(shared_dir: Path) -> None:
    """394 of 394 solos, 169,767 of 169,767 notes; and 13 more, ten of them in other meters."""
    check_reading(read_tables(shared_dir / "corpora" / "wjazzd"), shared_dir)


@pytest.mark.shared
def test_the_database_gives_the_same(shared_dir: Path, published: Reading) -> None:
    """Also where texts stand only at changes."""
    check_reading(published, shared_dir)


@pytest.mark.shared
def test_the_database_needs_no_further_tables(published_file: Path, published: Reading) -> None:
    """Without the makers' file names solos are called after player and title; the rest is equal."""
    path = published_file.with_name("bare.db")
    path.write_bytes(published_file.read_bytes())
    connection = sqlite3.connect(path)
    connection.execute("DROP TABLE transcription_info")
    connection.commit()
    connection.close()
    solos = read_database(path).solos
    assert [replace(a, id="") for a in solos] == [replace(a, id="") for a in published.solos]
    names = [solo.id for solo in solos]
    assert len(set(names)) == len(names) and "ArtPepper_Stardust" in names


_COUNTED = "SELECT {} FROM (WITH RECURSIVE n(x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n) "
ENDLESS = {
    "rows": f"{_COUNTED} SELECT x FROM n)",
    "sorted": f"{_COUNTED} SELECT x FROM n ORDER BY -x)",
    "nothing": f"{_COUNTED} SELECT x FROM n WHERE x < 0)",
}
_COLUMNS = {
    "melody": "melid pitch duration division bar beat tatum beatdur onset eventid loud_med",
    "beats": "melid bar beat chord onset beatid",
    "solo_info": "melid title",
}


@pytest.mark.parametrize("kind", [*ENDLESS, "long"])
def test_a_database_that_never_ends_is_refused_in_little_memory(tmp_path: Path, kind: str) -> None:
    """Views that make rows without end, sort them, or find none; and rows of long values."""
    path = tmp_path / "endless.db"
    with closing(sqlite3.connect(path)) as base:
        for table, columns in _COLUMNS.items():
            names = columns.split()
            value = "hex(zeroblob(60000))" if kind == "long" else "x"
            select = ENDLESS["rows" if kind == "long" else kind].format(
                ", ".join(f"{value} AS {name}" for name in names)
            )
            base.execute(f"CREATE VIEW {table} AS {select}")
        base.commit()
    assert refused_mb(f"read_database(Path({str(path)!r}))", "InputFileError") < MOST_MB
