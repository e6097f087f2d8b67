"""Plans of phrases: their classes, how one is drawn, and a voice that keeps to them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from leanings_maker import table
from pair_maker import LABELS, pair_cell
from plan_maker import plan

from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.music.note import TICKS_PER_STEP
from improv.soloist.leaning import DRAWN, PLANS, STREAMS, Leanings
from improv.soloist.line_voice import LineVoice, Sampling
from improv.soloist.phrase_plan import (
    REGISTERS,
    SIZES,
    TARGETS,
    Classes,
    PhrasePlan,
    division_class,
    interval_class,
    loudness_plan,
    plan_of,
    recall_class,
    size_class,
    touch_class,
)

CHART = parse_chart("| Dm7 G7 | Cmaj7 | Em7b5 A7b9 | Dm7 NC |")
SURE = 75
"""Three nats."""


def test_classes_are_told_by_their_borders():
    assert [size_class(notes) for notes in (1, 2, 5, 6, 44, 45, 400)] == [0, 1, 3, 4, 10, 11, 11]
    assert [division_class([w] * 3) for w in (2, 3, 4, 6, 8, 9, 24)] == [3, 3, 2, 1, 1, 0, 0]
    assert division_class([]) == 0
    assert [interval_class(s, TARGETS) for s in (-40, -18, 0, 1, 2, 40)] == [0, 0, 6, 6, 7, 12]
    assert [interval_class(s, REGISTERS) for s in (-40.0, 0.4, 3.0, 40.0)] == [0, 4, 5, 8]
    assert [loudness_plan(c) for c in ([4, 4], [6, 5, None], [3, 3], [None])] == [1, 2, 0, 1]
    assert [touch_class([share]) for share in (0.1, 0.75, 0.8, 0.85, 1.0)] == [0, 1, 2, 3, 4]
    assert touch_class([]) == 2
    assert [recall_class(ago) for ago in (None, 0, 1, 3, 4, 23)] == [0, 1, 2, 2, 3, 3]


def drawn(classes: Classes, phrases: int = 30, last_pitch: int = 60, seed: int = 1) -> PhrasePlan:
    return plan_of(
        classes,
        np.random.default_rng(seed),
        begin_tick=960,
        last_pitch=last_pitch,
        home=62.0,
        phrases=phrases,
        pitches=(52, 84),
    )


def test_a_plan_lies_in_the_classes_that_were_drawn():
    """And within the range of the soloist."""
    for seed in range(20):
        plan = drawn(Classes(7, 1, 8, 3, 2, 4, 2), seed=seed)
        assert SIZES[7] <= plan.notes < SIZES[8]
        assert plan[2:7] == ("eighths", 66, 59, "louder", "legato")
        assert plan.takes_up in (1, 2, 3)
        assert plan.begin_tick < plan.end_tick < 960 + plan.notes * 12 * TICKS_PER_STEP
    low = drawn(Classes(0, 0, 0, 0, 0, 0, 0))
    assert (low.notes, low.target_pitch, low.centre_pitch, low.takes_up) == (1, 52, 52, None)


def test_what_was_not_played_cannot_be_taken_up():
    """Nor is there a pitch to go from before the first note."""
    first = drawn(Classes(3, 1, 8, 3, 1, 2, 3), phrases=0, last_pitch=-1)
    assert (first.takes_up, first.target_pitch, first.centre_pitch) == (None, None, None)
    assert drawn(Classes(3, 1, 8, 3, 1, 2, 2), phrases=2).takes_up == 1


def leanings(sizes: tuple[int, ...]) -> Leanings:
    """Plans of these classes of sizes, which are kept to wherever a cell can be moved that far."""
    tables = {
        name: table(part, {(): {} if part != PLANS.size else dict.fromkeys(sizes, SURE)})
        for name, (part, _) in DRAWN.items()
    }
    ends = {wait: SURE for wait in range(24, 37)}
    goes_on = {6: SURE, 4: SURE} | {wait: -SURE for wait in range(12, 61)}
    left = {
        (0,): ends | {wait: -SURE for wait in range(12)},
        **{(n,): goes_on for n in range(1, 8)},
    }
    tables["planned notes"] = table(STREAMS["planned notes"][0], left)
    short = {length: SURE for length in range(6)} | {length: -SURE for length in range(6, 35)}
    tables["planned end"] = table(STREAMS["planned end"][0], {(): short})
    return Leanings(tables)


def voice(sizes: tuple[int, ...]) -> LineVoice:
    return LineVoice(
        pair_cell(3),
        CHART,
        np.random.default_rng(1),
        label=LABELS.vector({}),
        tempo_bpm=160.0,
        sampling=Sampling(leaning=1.0, memory=0.0),
        leanings=leanings(sizes),
    )


def phrases(of: LineVoice, controls: Controls, tokens: int = 300) -> list[tuple[PhrasePlan, int]]:
    """Each plan, and how many notes came of it."""
    steps = [of.step(controls) for _ in range(tokens)]
    begins = [n for n, step in enumerate(steps) if step.plan is not None]
    return [(steps[a].plan, b - a) for a, b in pairwise(begins)]


def test_a_voice_plans_each_phrase_and_keeps_to_it():
    """The plan begins with the phrase's first note."""
    played = phrases(voice((2, 6)), Controls(), 900)
    sizes = [size_class(plan.notes) for plan, _ in played]
    assert np.mean([size in (2, 6) for size in sizes]) > 0.6
    planned, came = np.log([(plan.notes, notes) for plan, notes in played]).T
    assert np.corrcoef(planned, came)[0, 1] > 0.7


def test_longer_is_longer():
    """With the control `phrase`, and shorter below 0."""
    means = [
        np.mean([p.notes for p, _ in phrases(voice(()), Controls(phrase=phrase), 900)])
        for phrase in (-1.0, 0.0, 1.0)
    ]
    assert means[0] < 0.7 * means[1] < means[1] < 0.8 * means[2]


def test_who_wants_it_longer_gets_another_plan_at_once():
    """In the midst of a phrase, and it counts from there; otherwise none is drawn there."""
    made = voice((6, 9))
    while made.step(Controls()).plan is None:
        pass
    assert made.step(Controls()).plan is None
    assert made.step(Controls(phrase=1.0)).plan is not None
    assert made.step(Controls(phrase=1.0)).plan is None


class Planning:
    """A pull that leans plans alone."""

    loudness = articulation = 0.0
    home = 80.0

    def __init__(self, size: int) -> None:
        self.plans = {"size": 20.0 * (np.arange(len(SIZES)) == size)}

    def pitches(self, step: int, last_pitch: int) -> None:
        return None

    def waits(self, step: int, pitch: int) -> None:
        return None

    def said(self, step: int, pitch: int, wait_steps: int) -> None:
        """Nothing depends on it."""


def test_what_pulls_a_voice_leans_its_plans():
    """To other sizes, and about another pitch."""
    pulled, free = voice((6, 9)), voice((6, 9))
    pulled.pull = Planning(3)
    plans = [[plan for plan, _ in phrases(each, Controls())] for each in (pulled, free)]
    assert {size_class(plan.notes) for plan in plans[0][1:]} == {3}
    centres = [np.mean([plan.centre_pitch for plan in some[1:]]) for some in plans]
    assert centres[0] > centres[1] + 3


def test_a_voice_goes_back_into_the_plan_it_was_in():
    one, other = voice((6, 9)), voice((6, 9))
    for each in (one, other):
        for _ in range(17):
            each.step(Controls())
    saved = one.save()
    phrases(one, Controls(phrase=1.0), 50)
    one.restore(saved)
    assert phrases(one, Controls(), 60) == phrases(other, Controls(), 60)


@pytest.mark.parametrize(
    ("made", "said", "short"),
    [
        (plan(), "about 14 notes, eighths, to E5", "14 eighths to E5"),
        (
            plan(480, 1, "long", 70, 0),
            "one note, to Bb4, as the one before",
            "1 note to Bb4, as 1 ago",
        ),
        (
            plan(0, 23, "sixteenths", 61, 2, "softer")._replace(touch="legato"),
            "about 23 notes, sixteenths, to Db4, softer, legato, as 3 phrases ago",
            "23 sixteenths to Db4, as 3 ago",
        ),
        (plan(target_pitch=None), "about 14 notes, eighths", "14 eighths"),
    ],
)
def test_it_is_said_in_words_and_in_few(made, said, short):
    assert str(made) == said
    assert made.short == short
