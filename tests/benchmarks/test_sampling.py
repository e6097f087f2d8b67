"""The search for sampling settings."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from alone import played_by
from measures import sampling
from measures.sampling import apart, distance, draw, grid, markdown, search
from solos import solo

from improv.controls.table import Controls
from improv.evaluation.choruses import Playing
from improv.evaluation.musical import Humans, measure_humans
from improv.evaluation.musical_measures import INDEX, tally
from improv.evaluation.spread import figures, stacked
from improv.music.note import Note
from improv.music.transcription import Transcription
from improv.soloist.voice import Step


def human(number: int) -> Transcription:
    """Scales in steps of 2 or 3 semitones, with rests."""
    pitches = [60 + (at * (2 + number % 2)) % (10 + number) for at in range(90)]
    notes = [(at * 6 + at // 7 * (12 + number), 6, pitch) for at, pitch in enumerate(pitches)]
    chords = [(bar * 48, "C7") for bar in range(16)]
    return solo(notes, chords, [(0, "A", 1)], id=f"h{number}", title=f"Tune {number}")


@pytest.fixture(scope="module")
def humans() -> Humans:
    return measure_humans([human(number) for number in range(5)], [human(9)])


def test_humans_are_at_no_distance(humans: Humans) -> None:
    assert distance(humans.valid_figures, humans) == 0.0


def test_the_distance_is_in_half_widths_of_the_spread(humans: Humans) -> None:
    measured = humans.valid_figures.copy()
    at = INDEX["interval"]
    low, high = humans.spread.sets[at]
    measured[at] += high - low
    assert apart(measured, humans)[at] == pytest.approx(2.0)
    one = distance(measured, humans)
    assert one > 0
    measured[at] += 1000
    assert distance(measured, humans) == pytest.approx(one * sampling.MOST_APART / 2)


def test_fewer_copies_are_no_fault(humans: Humans) -> None:
    at = INDEX["copied"]
    measured = humans.valid_figures.copy()
    measured[at] = -1.0
    assert distance(measured, humans) == 0.0
    measured[at] = 2.0
    if humans.spread.sets[at, 1] > humans.spread.sets[at, 0]:
        assert distance(measured, humans) > 0


def test_nearer_to_the_average_than_humans_is_no_fault(humans: Humans) -> None:
    at = INDEX["interval_distance"]
    measured = humans.valid_figures.copy()
    measured[at] -= 0.05
    assert distance(measured, humans) == 0.0
    measured[at] += 0.1
    assert distance(measured, humans) > 0


def test_nothing_measured_is_infinitely_far(humans: Humans) -> None:
    assert distance(figures(stacked([tally(solo([]))])), humans) == math.inf


def test_candidates() -> None:
    assert grid({"a": [1, 2], "b": ["x"]}) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    drawn = draw({"a": (0.5, 0.7), "b": ["x", "y"]}, 20, np.random.default_rng(0))
    assert all(0.5 <= each["a"] <= 0.7 and each["a"] == round(each["a"], 2) for each in drawn)
    assert {each["b"] for each in drawn} == {"x", "y"}


@dataclass
class Scales:
    """A voice that plays scales as the humans do, at any step but theirs worse."""

    tick: int
    size: int
    played: int = 0

    def step(self, controls: Controls, landing: bool = False) -> Step:
        here = self.tick
        self.played += 1
        self.tick += 240 + (480 if self.played % 7 == 0 else 0)
        note = Note(here, 240, 60 + self.played * self.size % 12, 80)
        return Step("", here, self.tick, note)


def test_the_best_get_further(humans: Humans, monkeypatch: pytest.MonkeyPatch) -> None:
    def playing(folder: Path, settings: dict[str, Any]) -> Playing:
        return played_by(lambda tick, number: Scales(tick, int(settings["size"])))

    monkeypatch.setattr(sampling, "playing", playing)
    solos = [human(number) for number in range(5)]
    seen: list[tuple[int, int]] = []
    candidates = grid({"size": [7, 2, 11, 5]})
    trials = search(
        Path("any"),
        solos,
        humans,
        candidates,
        choruses=(5, 10),
        workers=1,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert trials[0].settings == {"size": 2}
    assert [trial.choruses for trial in trials] == [15, 15, 5, 5]
    assert {trial.settings["size"] for trial in trials} == {7, 2, 11, 5}
    assert [trial.distance for trial in trials[2:]] == sorted(t.distance for t in trials[2:])
    assert seen[-1] == (6, 6)
    table = markdown(trials, humans)
    assert table.startswith("| size | choruses | distance | chord tones % |")
    assert len(table.splitlines()) == 3 + 4
    assert table.splitlines()[3].startswith("| 2 | 15 |")
