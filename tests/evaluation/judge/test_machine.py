"""What the machine plays beside people."""

from __future__ import annotations

from dataclasses import replace

import pytest
from solo_maker import solo

from improv.cell.load import find_model
from improv.errors import CorpusError
from improv.evaluation.choruses import play, playing
from improv.evaluation.judge.machine import beside, jobs_beside


def test_it_plays_over_the_same_chart_as_long_as_people_did():
    how = playing(find_model("etudes"))
    solos = [solo("Air", choruses=3), solo("Barbados", choruses=1, tempo_bpm=250.0)]
    told: list[int] = []
    pairs = beside(how, solos, seed=3, workers=1, progress=told.append)
    assert told == [1, 2]
    assert [human for human, _ in pairs] == solos
    for choruses, (human, machine) in zip((3, 1), pairs, strict=True):
        assert (machine.title, machine.tempo_bpm) == (human.title, human.tempo_bpm)
        assert machine.performer == ""
        assert 0 <= machine.notes[0].onset_step
        assert 4 * 48 * (choruses - 1) < machine.notes[-1].onset_step < 4 * 48 * choruses
    jobs = jobs_beside(how, solos, seed=3)
    assert [machine for _, machine in pairs] == [play(job) for _, job in jobs], "of the seed alone"


def test_what_nobody_can_play_over_is_left_out():
    how = playing(find_model("etudes"))
    unreadable = replace(solo("Air"), chords=((0, "H#13"),))
    silent = replace(solo("Air"), notes=())
    assert len(jobs_beside(how, [unreadable, silent, solo("Air")])) == 1
    with pytest.raises(CorpusError, match="nothing to judge in 2 solos"):
        beside(how, [unreadable, silent])
