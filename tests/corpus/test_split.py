"""The published split of the Weimar Jazz Database, made from the database."""

from __future__ import annotations

import gzip
import json
import sqlite3
from collections import Counter
from contextlib import closing

import pytest
from solos import solo
from weimar_maker import as_published, database

from improv.cli import main
from improv.corpus import split, wjazzd
from improv.corpus.clean import content_hash
from improv.corpus.events import read_events
from improv.corpus.sources import find_source
from improv.errors import CorpusError

NAMES = ["B_One_FINAL", "A_Two_FINAL", "C_Three_FINAL"]


def line(number: int):
    """A solo of a tune of its own, which nobody knows the key of."""
    notes = [(12 * n, 6, 60 + (n * (number + 1)) % 12) for n in range(9)]
    return solo(notes, id=NAMES[number], title=f"Tune {number}", key="" if number == 1 else "C-maj")


SOLOS = [line(number) for number in range(3)]
ROWS = [
    (part, each.id, content_hash(each)[:12])
    for part, each in zip(("train", "valid", "train"), SOLOS, strict=True)
]


def weimar(path, names: bool = True):
    """A small database of these solos."""
    beats = [
        (0, melid, 0.5 * n, n // 4, n % 4 + 1, "4/4", "C7" if n == 0 else "", "A1", None, 1)
        for melid in range(3)
        for n in range(12)
    ]
    notes = [
        (*(0, melid, note.onset_step / 24, note.pitch, 0.25, 1, 1), *divmod(n, 4), 1, 0.5, None)
        for melid, each in enumerate(SOLOS)
        for n, note in enumerate(each.notes)
    ]
    notes = [(*row[:8], row[8] + 1, *row[9:]) for row in notes]
    tables = {
        "beats": (
            "beatid melid onset bar beat signature chord form bass_pitch chorus_id".split(),
            beats,
        ),
        "melody": (
            "eventid melid onset pitch duration period division bar beat tatum beatdur loud_med".split(),
            notes,
        ),
        "solo_info": (
            "melid title performer avgtempo key signature".split(),
            [(m, each.title, "P", 120.0, each.key, "4/4") for m, each in enumerate(SOLOS)],
        ),
    }
    if names:
        files = [(m, f"{name}.sv") for m, name in enumerate(NAMES)]
        tables["transcription_info"] = (["melid", "filename_sv"], files)
    return database(path, tables)


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def small(monkeypatch):
    monkeypatch.setattr(split, "published", lambda: ROWS)


def records(path):
    return [json.loads(row) for row in gzip.open(path, "rt", encoding="utf-8")]


@pytest.mark.parametrize("names", [True, False])
def test_parts_hold_their_solos_by_the_published_names_in_the_published_order(
    tmp_path, small, capsys, names
):
    """Solos are found by their notes, so it does not matter what a database calls them."""
    weimar(tmp_path / "wjazzd.db", names)
    assert main(["corpus", "split", "wjazzd.db", "--out", "parts"]) == 0
    out, err = capsys.readouterr()
    assert err == "" and "train.jsonl.gz: 2 solos, 18 notes\n" in out
    assert "evaluate --events parts/valid.jsonl.gz" in out
    train, valid = (read_events(f"parts/{part}.jsonl.gz") for part in split.PARTS)
    assert [each.id for each in train] == [NAMES[0], NAMES[2]]
    assert [each.notes for each in train] == [SOLOS[0].notes, SOLOS[2].notes]
    assert [each.id for each in valid] == [NAMES[1]]
    assert valid[0].key == "" and '"key": NaN' in gzip.open("parts/valid.jsonl.gz", "rt").read()
    assert find_source(tmp_path / "parts").licence.startswith(wjazzd.LICENCE[:50])


def test_nothing_is_replaced_unasked(tmp_path, small, capsys):
    weimar(tmp_path / "wjazzd.db")
    words = ["corpus", "split", "wjazzd.db", "--out", "parts"]
    assert main(words) == 0
    before = (tmp_path / "parts" / "train.jsonl.gz").read_bytes()
    assert main(words) == 8
    assert "--force" in capsys.readouterr().err
    assert main([*words, "--force", "--json"]) == 0
    parts = json.loads(capsys.readouterr().out)["parts"]
    assert [row["solos"] for row in parts] == [2, 1]
    assert (tmp_path / "parts" / "train.jsonl.gz").read_bytes() == before
    (tmp_path / "parts" / "diary.txt").write_text("mine")
    assert main([*words, "--force"]) == 8
    assert "something that is not a split" in capsys.readouterr().err
    (tmp_path / "file").write_text("")
    assert main([*words[:-1], "file"]) == 8


def test_a_database_without_some_of_them_is_no_split(tmp_path, small, capsys):
    weimar(tmp_path / "wjazzd.db")
    with closing(sqlite3.connect(tmp_path / "wjazzd.db")) as connection, connection:
        connection.execute("DELETE FROM solo_info WHERE melid = 1")
    assert main(["corpus", "split", "wjazzd.db", "--out", "parts"]) == 5
    err = capsys.readouterr().err
    assert "lacks 1 of the 3 solos" in err and "A_Two_FINAL" in err and err.count("\n") == 1
    assert not (tmp_path / "parts").exists()


def test_another_version_of_the_database_is_told(tmp_path, small, capsys):
    weimar(tmp_path / "wjazzd.db")
    with closing(sqlite3.connect(tmp_path / "wjazzd.db")) as connection, connection:
        connection.execute("UPDATE melody SET pitch = 71 WHERE melid = 2 AND onset = 0")
    assert main(["corpus", "split", "wjazzd.db", "--out", "parts"]) == 0
    assert "other notes than in the published split: C_Three_FINAL;" in capsys.readouterr().err
    assert records("parts/train.jsonl.gz")[1]["notes"][0][2] == 71


@pytest.mark.parametrize("source", ["gone.db", "text.db", "solos.jsonl", "folder"])
def test_only_the_database_can_be_split(tmp_path, capsys, source):
    (tmp_path / "text.db").write_text("no database")
    (tmp_path / "solos.jsonl").write_text('{"notes": [], "chords": []}\n')
    (tmp_path / "folder").mkdir()
    assert main(["corpus", "split", source, "--out", "parts"]) == 4
    err = capsys.readouterr().err
    assert source in err and err.count("\n") == 1


def test_the_published_split_has_no_tune_in_two_parts():
    rows = split.published()
    assert Counter(part for part, _, _ in rows) == {"train": 355, "valid": 39}
    assert len({name for _, name, _ in rows}) == len({notes for *_, notes in rows}) == 394
    with pytest.raises(CorpusError, match=r"lacks 394 of the 394 .* and 391 more"):
        split.split_of([], "x.db", rows)


@pytest.mark.shared
def test_the_lines_are_those_of_the_published_split(shared_dir, tmp_path, capsys):
    """From the database file, byte for byte."""
    as_published(shared_dir, tmp_path / "wjazzd.db")
    assert main(["corpus", "split", "wjazzd.db", "--out", "parts"]) == 0
    assert capsys.readouterr().err == ""
    for part in split.PARTS:
        published = gzip.decompress((shared_dir / "eval" / f"{part}.jsonl.gz").read_bytes())
        assert gzip.decompress((tmp_path / "parts" / f"{part}.jsonl.gz").read_bytes()) == published
