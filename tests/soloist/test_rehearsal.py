"""Rehearsing, on a small random cell with a judge that is made up."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import ClassVar

import numpy as np
import pytest
from pair_maker import LABELS, pair_cell
from solo_maker import solo

from improv import files
from improv.cell.load import find_model, load_model
from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.features.notes import notes_of
from improv.features.ratios import Ratios
from improv.features.table import NAMES
from improv.music.note import TICKS_PER_STEP
from improv.soloist import rehearsal
from improv.soloist.line_voice import LineVoice
from improv.soloist.make import make_voice
from improv.soloist.rehearsal import (
    COLUMNS,
    FAMILIES,
    FIRST_LISTENING,
    JUDGE_NAME,
    MOST_AT_ONCE,
    Judge,
    RehearsingVoice,
    Row,
    beyond,
    is_asked,
    judge_of,
    load_judge,
    rehearses,
)
from improv.soloist.voice import Step

CELL = pair_cell(3)
CHART = parse_chart("| Dm7 G7 | Cmaj7 | Em7b5 A7b9 | Dm7 NC |")
WALTZ = parse_chart("3/4 | F7 | Bb7 C7 |")
FEATURES = [f"{family}: {name}" for family in FAMILIES for name in NAMES[family]]
BAR = 1920


def judge(**weights: float) -> Judge:
    """Of these features and no others."""
    weight = np.array([weights.get(name.split(": ", 1)[1], 0.0) for name in FEATURES])
    ones = np.ones(len(FEATURES))
    return Judge(-1e9 * ones, 1e9 * ones, 0 * ones, ones, weight)


LEAPS = judge(**{"interval, mean": 3.0})


def voice(chart=CHART, seed: int = 1, judge: Judge = LEAPS, **settings) -> RehearsingVoice:
    return RehearsingVoice(
        CELL,
        chart,
        np.random.default_rng(seed),
        judge=judge,
        label=LABELS.vector({}),
        tempo_bpm=160.0,
        **settings,
    )


FOUR = Controls(rehearse=4)
NONE = Controls(rehearse=0)


def played(one: LineVoice, tokens: int, controls: Controls = FOUR) -> list[Step]:
    return [one.step(controls) for _ in range(tokens)]


@pytest.mark.parametrize("chart", [CHART, WALTZ])
def test_the_same_seed_rehearses_the_same(chart):
    """And tokens go on from tick to tick."""
    steps = played(voice(chart=chart), 60)
    assert steps == played(voice(chart=chart), 60)
    assert steps != played(voice(chart=chart, seed=2), 60)
    for step, after in pairwise(steps):
        assert step.next_tick == after.tick


def test_it_says_where_its_next_token_begins():
    """Not where its passage ends."""
    one = voice()
    for _ in range(50):
        tick = one.tick
        assert one.step(FOUR).tick == tick


def test_what_the_judge_likes_is_played_more():
    """Two judges of opposite taste, over the same dice."""

    def leap(like: float) -> float:
        one = voice(judge=judge(**{"interval, mean": like}))
        pitches = [step.note.pitch for step in played(one, 150, Controls(rehearse=8)) if step.note]
        return float(np.abs(np.diff(pitches)).mean())

    assert leap(3.0) > 1.5 * leap(-3.0)


@pytest.mark.parametrize("back", [3, 9])
def test_a_line_goes_back_to_a_note_that_was_handed_out(back):
    """In the middle of a passage, or in the one before it; twice it goes on the same."""
    one = voice()
    one.keeps_open = True
    opened = []
    for _ in range(40):
        one.step(FOUR)
        opened.append((one.opened(), one.tick))
    at, tick = opened[-back]
    notes = []
    for _ in range(2):
        one.reopen(at)
        one.reseed((7,))
        one.come_in(tick // TICKS_PER_STEP, tick // TICKS_PER_STEP + 48, FOUR)
        assert one.tick >= tick
        notes.append(played(one, 30))
        assert one._rows == sorted(set(one._rows))
    assert notes[0] == notes[1]
    assert len({step.tick for step in notes[0]}) == 30


def test_nothing_heard_is_drawn_over():
    """A partner's note takes the passage back; what comes is rehearsed anew, after it."""
    one = voice()
    one.keeps_open = True
    played(one, 33)
    assert one._passage is not None
    heard_step = one.tick // TICKS_PER_STEP + 6
    one.hear(heard_step, 62, None)
    assert one._passage is None and not one._tried
    one.come_in(heard_step + 6, heard_step + 24, FOUR)
    steps = played(one, 30)
    assert steps[0].tick >= (heard_step + 6) * TICKS_PER_STEP
    assert one._passage is not None


class Counted:
    """A pull that says nothing and counts what is said."""

    loudness = articulation = 0.0
    home = None
    plans: ClassVar[dict] = {}

    def __init__(self) -> None:
        self.notes = 0

    def pitches(self, step: int, last_pitch: int) -> None:
        return None

    def waits(self, step: int, pitch: int) -> None:
        return None

    def said(self, step: int, pitch: int, wait_steps: int) -> None:
        self.notes += 1

    def save(self) -> int:
        return self.notes

    def restore(self, saved: int) -> None:
        self.notes = saved


def test_what_pulls_the_line_knows_of_no_version_that_was_given_up():
    one = voice()
    played(one, 20)
    one.pull = pull = Counted()
    notes = sum(step.note is not None for step in played(one, 30))
    one.settle()
    assert pull.notes == notes


def test_a_control_that_changes_takes_back_what_was_not_handed_out():
    """What comes is rehearsed anew from the next token on; what a passage holds for changes nothing."""
    for tokens in range(20, 26):
        one, same, other = voice(), voice(), voice()
        before = [played(each, tokens) for each in (one, same, other)]
        assert before[0] == before[1] == before[2]
        is_drawn = one._passage is not None and one._handed < len(one._passage.tokens)
        rest = played(one, 12)
        assert (same.step(Controls(density=0.04, rehearse=4)) == rest[0]) or not is_drawn
        sparse = played(other, 12, Controls(density=-0.9, rehearse=4))
        assert sparse[0].tick == rest[0].tick
        assert sparse != rest


def test_without_versions_it_is_a_voice_like_any_other():
    """Note for note; what was drawn is taken back where rehearsing ends."""
    plain = LineVoice(
        CELL, CHART, np.random.default_rng(1), label=LABELS.vector({}), tempo_bpm=160.0
    )
    for none in (0.0, 1.0):
        one = voice()
        assert played(one, 60, Controls(rehearse=none)) == played(plain, 60, NONE)
        plain = LineVoice(
            CELL, CHART, np.random.default_rng(1), label=LABELS.vector({}), tempo_bpm=160.0
        )
    one = voice()
    before = played(one, 33)
    after = played(one, 30, NONE)
    assert before[-1].next_tick == after[0].tick
    assert one._passage is None and one.tick == after[-1].next_tick


def test_who_listens_is_not_kept_waiting_by_versions():
    """The first notes that it plays are not rehearsed, and what follows is."""
    one = voice()
    one.keeps_open = True
    tried: list[int] = []
    judge = one._judge
    one._judge = lambda rows: (tried.append(len(rows)), judge(rows))[1]  # type: ignore[assignment]
    played(one, 1 + FIRST_LISTENING)
    assert not tried
    played(one, 40)
    assert tried and set(tried) <= {2, 3, 4}


@pytest.mark.parametrize(
    "change",
    [
        lambda one: one.set_label(LABELS.vector({"Bob Brook": 1.0})),
        lambda one: one.set_tempo(300.0),
        lambda one: one.reseed((5, 6)),
    ],
)
def test_what_is_drawn_is_dropped_for_other_changes_too(change):
    """And twice the same is the same."""
    lines = []
    for changes in (True, True, False):
        one = voice()
        played(one, 25)
        if changes:
            change(one)
        lines.append(played(one, 30))
    assert lines[0] == lines[1] != lines[2]
    assert lines[0][0].tick == lines[2][0].tick


def test_once_settled_the_line_is_as_if_it_had_only_played_what_was_heard():
    """The memory, the state, and what the loop guard knows."""
    one = voice()
    steps = played(one, 45)
    one.settle()
    line = one._stepper.line
    assert line.step * TICKS_PER_STEP == one.tick == steps[-1].next_tick
    notes = [step.note for step in steps if step.note]
    assert line.last_pitch == notes[-1].pitch
    assert line.melody_memory._heard == len(notes) - 1  # the first has no interval
    assert line.rhythm_memory._heard == len(notes)


def test_a_tune_ends_where_it_should():
    """No version passes over the last note's place, and that note lands on the chord."""
    final = 6 * BAR
    for seed in range(4):
        one = voice(seed=seed, final_tick=final)
        while one.tick < final:
            one.step(FOUR)
        assert one.tick == final
        step = one.step(FOUR, landing=True)
        assert step.note is not None and step.note.pitch % 12 in (4, 7, 10, 2)


def test_versions_are_spread_over_the_tokens_of_a_passage(monkeypatch):
    """So that no token waits for them all, and none for more than so many tokens at once."""
    plain = LineVoice.step
    stepped: list[int] = []

    def step(self, *arguments):
        stepped[-1] += 1
        return plain(self, *arguments)

    monkeypatch.setattr(LineVoice, "step", step)
    one = voice()
    for at in range(80):
        stepped.append(0)
        one.step(Controls(rehearse=30, density=0.5 * (at % 30 > 14)))
    assert MOST_AT_ONCE <= max(stepped) < 1.7 * MOST_AT_ONCE


def test_a_judge_is_read_from_its_file(tmp_path: Path):
    """And a damaged one is refused."""
    assert load_judge(tmp_path) is None
    columns = {name: np.full(len(rehearsal.FEATURES), 0.25) for name in COLUMNS}
    lines = [notes_of(solo("Air", choruses=1)), notes_of(solo("Barbados", choruses=1))]
    ratios = Ratios.learned(lines[:1], lines[1:])
    sound = {"features": np.array(rehearsal.FEATURES), **columns, **ratios.arrays()}
    path = tmp_path / JUDGE_NAME
    files.write_arrays(path, sound)
    found = load_judge(tmp_path)
    assert found is not None and found.weight.tolist() == [0.25] * len(rehearsal.FEATURES)
    assert found.ratios is not None
    assert (found.ratios.means(lines) == ratios.means(lines)).all()
    for wrong in (
        {**sound, "weight": np.ones(3)},
        {**sound, "low": np.full(len(rehearsal.FEATURES), np.nan)},
        {**sound, "features": np.array(["leaps"])},
        {**sound, "intervals, came, 0": np.ones(1)},
        {"features": sound["features"]},
    ):
        with pytest.raises(ModelError, match="is damaged"):
            judge_of(wrong, "'x'")
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ModelError, match="Cannot read"):
        load_judge(tmp_path)


@pytest.mark.usefixtures("rehearsing")
@pytest.mark.parametrize(("model", "can"), [("bebop", True), ("etudes", False)])
def test_a_model_that_can_rehearse_does_without_being_asked(model, can):
    found = load_model(find_model(model))
    assert (
        isinstance(make_voice(found, CHART, (1,)), RehearsingVoice) is can is rehearses(found.path)
    )
    assert is_asked({"rehearse": Controls().rehearse})
    assert not is_asked({"rehearse": 1.0}) and not is_asked({})


def line(steps: list[int], pitches: list[int]) -> list[Row]:
    """Row after row, round and round."""
    onsets = np.cumsum(np.resize(steps, 150)).tolist()
    return [Row(at, at + 3, pitches[n % len(pitches)], 0) for n, at in enumerate(onsets)]


def test_a_solo_that_runs_away_from_people_is_worth_less():
    """Whatever eight bars of it are like."""
    pitches = [60, 62, 63, 65, 67]
    assert beyond(line([6, 6, 3, 3, 12], pitches)) == 0
    assert beyond(line([6], pitches)) == pytest.approx(35 + 34)
    assert beyond(line([3, 9], [60, 62])) == pytest.approx(93)
    assert beyond(line([6], pitches)[:60]) == 0, "too few to tell"
    assert beyond(line([3, 9], [60, 62])[:60]) == pytest.approx(46), "but so many tell"
    assert beyond([]) == 0


def test_what_is_drawn_brings_it_back(monkeypatch):
    """Of versions that the judge finds alike: here what is too much are leaps."""

    def leaps(rows: list[Row]) -> float:
        return float(np.abs(np.diff([row.pitch for row in rows[-12:]])).mean()) if rows[2:] else 0.0

    found = []
    for much in (3.0, 0.0):
        one = voice(judge=judge())
        monkeypatch.setattr(rehearsal, "beyond", lambda rows, much=much: much * leaps(rows))
        pitches = [step.note.pitch for step in played(one, 120) if step.note]
        found.append(float(np.abs(np.diff(pitches)).mean()))
    assert found[0] < 0.8 * found[1]
