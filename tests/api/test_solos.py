"""Solos from whatever holds some."""

from __future__ import annotations

import pytest
from listeners import solo

import improv
from improv.corpus.events import write_events
from improv.errors import CorpusError, InputFileError

LINE = solo([(6 * n, 5, 60 + n % 5) for n in range(20)], "line", [(0, "C7")])


def test_json_lines_are_read_as_they_stand(tmp_path):
    path = tmp_path / "solos.jsonl"
    write_events(path, [LINE, LINE])
    assert improv.read_solos(path) == [LINE, LINE]
    path.write_text("no solo\n")
    with pytest.raises(InputFileError, match="line 1"):
        improv.read_solos(path)


def test_a_lead_sheet_of_a_take_is_a_solo(tmp_path):
    take = improv.load("bebop").play("| Dm7 | G7 | Cmaj7 | % |", choruses=4, seed=7)
    take.save(tmp_path / "tune.musicxml")
    (found,) = improv.read_solos(tmp_path)
    assert [note.pitch for note in found.notes] == [note.pitch for note in take.written]


def test_where_there_is_none(tmp_path):
    with pytest.raises(CorpusError, match="no solo"):
        improv.read_solos(tmp_path)
