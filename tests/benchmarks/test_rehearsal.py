"""Rehearsing two bars ahead."""

from __future__ import annotations

from itertools import pairwise

import pytest

pytest.importorskip("sklearn", reason="needs the extra [train]")

from measures.rehearsal import BAR_STEPS, Light, Rehearsing
from solo_maker import solo
from solos import solo as solo_of

from improv.api.charts import read_chart
from improv.cell.load import find_model, load_model
from improv.controls.table import Controls
from improv.features.notes import Notes, notes_of
from improv.soloist import make
from improv.soloist.voice import Step

MODEL = load_model(find_model("etudes"))
CHART = read_chart("| C7 | F7 | C7 | G7 |").unrolled(4)


def fewest(line: Notes, start: int) -> float:
    """Likes bars without notes."""
    return -3.0 * len(line.within(start, start + 2 * BAR_STEPS))


def played(monkeypatch: pytest.MonkeyPatch, light, versions: int = 4) -> list[Step]:
    """Sixteen bars by a voice that rehearses."""
    monkeypatch.setattr(make, "LineVoice", Rehearsing)
    monkeypatch.setattr(Rehearsing, "light", staticmethod(light), raising=False)
    monkeypatch.setattr(Rehearsing, "versions", versions)
    voice = make.make_voice(MODEL, CHART, (5,))
    steps = []
    while voice.tick < CHART.length_tick:
        steps.append(voice.step(Controls()))
    return steps


def test_what_the_light_judge_likes_is_played_more_often(monkeypatch):
    few = played(monkeypatch, fewest)
    many = played(monkeypatch, lambda line, start: -fewest(line, start))
    assert len(few) < 0.8 * len(many)
    assert [(step.tick, step.text) for step in played(monkeypatch, fewest)] == [
        (step.tick, step.text) for step in few
    ]


def test_the_line_goes_on_without_a_gap_and_the_judge_hears_it_as_it_is(monkeypatch):
    heard: list[Notes] = []

    def listens(line: Notes, start: int) -> float:
        heard.append(line)
        return 0.0

    steps = played(monkeypatch, listens, versions=1)
    assert all(one.next_tick == other.tick for one, other in pairwise(steps))
    notes = [step.note for step in steps if step.note is not None]
    last = heard[-1]
    assert last.onset.tolist() == [note.onset_tick // 40 for note in notes][-len(last) :]
    assert last.pitch.tolist() == [note.pitch for note in notes][-len(last) :]


def test_the_light_judge_learns_who_is_who():
    def eighths(title):
        line = [(6 * at, 6, 60 + abs(at % 16 - 8)) for at in range(160)]
        return solo_of(line, [(0, "F7")], title=title)

    light = Light([(solo(title), eighths(title)) for title in "ABCDEF"])
    human, machine = notes_of(solo("Z")), notes_of(eighths("Z"))
    start = 4 * BAR_STEPS
    assert light(human.within(0, start + 2 * BAR_STEPS), start) > 0
    assert light(machine.within(0, start + 2 * BAR_STEPS), start) < 0
    assert light(human.within(0, 12), 0) == 0.0
