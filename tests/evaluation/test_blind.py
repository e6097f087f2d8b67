"""The blind test: what is drawn, that nothing but the line tells, and how answers are counted."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import pytest
from listeners import solo

from improv.cell.load import find_model
from improv.errors import CorpusError
from improv.evaluation.blind import Score, excerpts, interval, surprising
from improv.evaluation.choruses import playing

CHANGES = [(48 * bar, symbol) for bar, symbol in enumerate(["Dm7", "G7", "Cmaj7", "A7"] * 8)]


def human(name, steps=6):
    """32 bars of it, with sections, as the corpora have them."""
    notes = [(steps * n, steps - 1, 60 + (n * 5) % 12) for n in range(32 * 48 // steps)]
    made = solo(notes, name, CHANGES)
    return replace(
        made,
        title=f"Tune {name}",
        performer=f"Player {name}",
        tempo_bpm=200.0,
        sections=tuple((384 * at, "AABA"[at], 1) for at in range(4)),
    )


@pytest.fixture(scope="module")
def drawn():
    how = playing(find_model("etudes"))
    solos = [human(name) for name in "abcdef"]
    return (
        excerpts(how, solos, 6, seed=4, workers=1),
        excerpts(how, solos, 6, seed=4, workers=1),
        how,
        solos,
    )


def test_half_are_by_people_each_tune_comes_once_and_the_seed_repeats_them(drawn):
    found, again, how, solos = drawn
    assert sorted(each.is_person for each in found) == [False] * 3 + [True] * 3
    assert len({each.title for each in found}) == 6
    assert [each.notes for each in found] == [each.notes for each in again]
    assert [e.who for e in found if not e.is_person] == ["the machine"] * 3
    assert {e.who[:6] for e in found if e.is_person} == {"Player"}
    other = excerpts(how, solos[:2], 5, seed=5, workers=1)
    assert sum(each.is_person for each in other) == 2, "tunes come again where there are few"


def test_nothing_but_the_line_tells(drawn):
    """Same instruments, bars, tempo; nothing of whose it is, or of what only people's charts have."""
    found, *_ = drawn
    takes = [each.take for each in found]
    facts = {
        (
            take.chart.title,
            take.chart.bars,
            take.chart.sections,
            take.chart.key,
            take.tempos,
            tuple((track.name, track.channel, track.program) for track in take.tracks),
        )
        for take in takes
    }
    assert len(facts) == 1
    for take in takes:
        assert len(take.tracks[0].notes) >= 8
        assert min(note.onset_tick for note in take.tracks[0].notes) >= 1800, (
            "after a bar of clicks"
        )
    loud = {n.velocity for take in takes for n in take.tracks[0].notes}
    assert len(loud) == 1, "this cell has learned no feel"


def test_a_line_of_people_is_played_as_written(drawn):
    found, *_ = drawn
    person = next(each for each in found if each.is_person)
    written = [note.written for note in person.notes if note.is_solo]
    assert {(note.onset_tick - written[0].onset_tick) % 240 for note in written} == {0}
    pitches = [note.pitch for note in written]
    assert all((b - a) % 12 == 5 for a, b in pairwise(pitches))
    assert {note.duration_tick for note in written} == {240}, "led up to the next"


def test_where_there_is_nothing_to_listen_to():
    short = solo([(0, 6, 60), (6, 6, 62)], "short", CHANGES)
    with pytest.raises(CorpusError, match="nothing to listen to in 1 solos"):
        excerpts(playing(find_model("etudes")), [short], 4)


def test_answers_are_counted():
    truths = (True, True, True, False, False, False)
    score = Score(truths, (True, False, None, False, True, False))
    assert (score.right, score.asked) == (3, 5)
    assert score.taken_for_people(people=True) == (1, 2)
    assert score.taken_for_people(people=False) == (1, 3)
    assert "3 of 5 right: 60%" in score.text()
    assert score.as_json()["share"] == 0.6
    assert Score(truths, (None,) * 6).text() == "Nothing was answered."
    assert Score(truths, (None,) * 6).as_json()["share"] is None


def test_the_interval_is_wilsons_and_luck_is_named():
    assert interval(13, 20) == pytest.approx((0.4329, 0.8188), abs=1e-3)
    assert interval(0, 20)[0] == 0 and interval(20, 20)[1] == pytest.approx(1)
    assert (surprising(20), surprising(10), surprising(4)) == (15, 9, None)
    assert surprising(5) == 5
