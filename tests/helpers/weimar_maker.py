"""The Weimar Jazz Database as its makers publish it, made of rows, for tests."""

from __future__ import annotations

import csv
import gzip
import sqlite3
from collections.abc import Iterable
from pathlib import Path


def database(path: Path, tables: dict[str, tuple[list[str], Iterable[tuple]]]) -> Path:
    connection = sqlite3.connect(path)
    for name, (columns, rows) in tables.items():
        connection.execute(f"CREATE TABLE {name} ({', '.join(columns)})")
        marks = ", ".join("?" * len(columns))
        connection.executemany(f"INSERT INTO {name} VALUES ({marks})", rows)
    connection.commit()
    connection.close()
    return path


def rows_of(shared_dir: Path, name: str) -> list[dict[str, str]]:
    path = shared_dir / "corpora" / "wjazzd" / f"{name}.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def as_published(shared_dir: Path, path: Path) -> Path:
    """A `wjazzd.db` at `path` as its makers publish it, made of the shared tables.

    Chords, forms and signatures stand only where they change.
    """
    solos = rows_of(shared_dir, "solos")
    melids = {row["id"]: number for number, row in enumerate(solos, 1)}

    def changes(rows, columns):
        before: dict[tuple, str] = {}
        for row in rows:
            made = dict(row)
            for column in columns:
                if before.get((row["id"], column)) == row[column]:
                    made[column] = ""
                before[row["id"], column] = row[column]
            yield made

    beat_rows = (
        (
            *(number, melids[r["id"]], float(r["onset"]), int(r["bar"]), int(r["beat"])),
            *(r["signature"], r["chord"], r["form"], r["bass"] or None, int(r["chorus_id"])),
        )
        for number, r in enumerate(
            changes(rows_of(shared_dir, "beats"), ("signature", "chord", "form"))
        )
    )
    note_rows = (
        (
            *(number, melids[r["id"]], *(float(r[c]) for c in ("onset", "pitch", "duration"))),
            *(int(r[column]) for column in ("period", "division", "bar", "beat", "tatum")),
            *(float(r["beat_duration"]), float(r["loud_median"]) if r["loud_median"] else None),
        )
        for number, r in enumerate(rows_of(shared_dir, "notes"))
    )
    info = ("title", "performer", "instrument", "style", "rhythmfeel", "key", "signature")
    return database(
        path,
        {
            "beats": (
                "beatid melid onset bar beat signature chord form bass_pitch chorus_id".split(),
                beat_rows,
            ),
            "melody": (
                "eventid melid onset pitch duration period division bar beat tatum beatdur "
                "loud_med".split(),
                note_rows,
            ),
            "solo_info": (
                ["melid", *info, "avgtempo"],
                [
                    (melids[r["id"]], *(r[name] for name in info), float(r["avgtempo"]))
                    for r in solos
                ],
            ),
            "transcription_info": (
                ["melid", "filename_sv"],
                [(melids[r["id"]], r["filename_sv"]) for r in solos],
            ),
        },
    )
