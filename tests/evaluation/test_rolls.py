"""Generated choruses drawn under human ones."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from solos import solo

from improv.errors import CorpusError
from improv.evaluation.rolls import Pair, draw_pairs, pairs
from improv.music.transcription import Transcription

pytest.importorskip("matplotlib")


def over(title: str, chord: str = "F7") -> Transcription:
    notes = [(at * 12, 12, 60 + at % 12) for at in range(48)]
    return solo(notes, [(0, chord), (288, chord)], [(0, "A", 1)], title=title, id=title)


def test_pairs_are_of_different_tunes_from_all_over_the_set() -> None:
    solos = [over(title) for title in ("A", "A", "B", "C", "D", "E")] + [over("free", "NC")]
    played = [replace(each, id=f"{each.id}'", performer="") for each in solos]
    found = pairs(solos, played, 2)
    assert [pair.human.title for pair in found] == ["A", "C"]
    assert all(pair.generated.id == f"{pair.human.id}'" for pair in found)
    assert len(pairs(solos, played, 10)) == 5


def test_nothing_to_draw_is_said() -> None:
    with pytest.raises(CorpusError, match="nothing to draw in 1 solos"):
        pairs([over("free", "NC")], [over("free", "NC")])


def test_a_picture_is_written(tmp_path: Path) -> None:
    one = over("A")
    silent = replace(one, notes=())
    path = tmp_path / "rolls.png"
    draw_pairs([Pair(one, one), Pair(one, silent)], path, bars=4)
    assert path.read_bytes().startswith(b"\x89PNG")
