"""How far off-beats are late, and which ticks move."""

from __future__ import annotations

import csv
import gzip
import statistics
from collections import defaultdict
from itertools import pairwise

import pytest

from improv.music.feel import FEELS
from improv.music.swing import AUTO_SWING, auto_swing, swing_tick

SWING = FEELS["medium swing"]


def test_a_medium_tempo_swings_like_triplets_and_a_fast_one_hardly():
    assert auto_swing(SWING, 60.0) == auto_swing(SWING, 140.0) == 2.0
    assert auto_swing(SWING, 200.0) == 1.75
    assert 1.0 < auto_swing(SWING, 290.0) < 1.2
    assert auto_swing(SWING, 400.0) == 1.0


def test_the_ratio_falls_with_the_tempo_without_a_jump():
    ratios = [auto_swing(SWING, bpm) for bpm in range(40, 400)]
    steps = [above - below for above, below in pairwise(ratios)]
    assert min(steps) >= 0
    assert max(steps) < 0.01
    assert [auto_swing(SWING, bpm) for bpm, _ in AUTO_SWING] == [ratio for _, ratio in AUTO_SWING]


@pytest.mark.parametrize("feel", [feel for feel in FEELS.values() if not feel.swung])
def test_even_feels_stay_even(feel):
    assert auto_swing(feel, 100.0) == 1.0


@pytest.mark.parametrize("ratio", [1.0, 1.3, 2.0, 3.0])
def test_time_never_runs_backwards(ratio):
    moved = [swing_tick(tick, ratio) for tick in (0, 160, 240, 480, 640, 720, 960)]
    assert moved == sorted(moved)


@pytest.mark.shared
def test_the_figures_of_the_docstring_are_those_of_the_database(shared_dir):
    """Median place of the off-beat in beats of two eighths, by tempo."""
    folder = shared_dir / "corpora" / "wjazzd"
    with gzip.open(folder / "solos.csv.gz", "rt") as file:
        swing = {row["id"] for row in csv.DictReader(file) if row["rhythmfeel"] == "SWING"}
    beats = {}
    with gzip.open(folder / "beats.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            if row["id"] in swing and float(row["duration"] or 0) > 0:
                place = row["id"], row["bar"], row["beat"]
                beats[place] = float(row["onset"]), float(row["duration"])
    notes = defaultdict(list)
    with gzip.open(folder / "notes.csv.gz", "rt") as file:
        for row in csv.DictReader(file):
            notes[row["id"], row["bar"], row["beat"]].append(row)
    ratios = defaultdict(list)
    for place, rows in notes.items():
        tatums = sorted(row["tatum"] for row in rows)
        if place not in beats or tatums != ["1", "2"] or {r["division"] for r in rows} != {"2"}:
            continue
        onset, duration = beats[place]
        share = (max(float(row["onset"]) for row in rows) - onset) / duration
        if 0.3 < share < 0.9:
            ratios[int(60 / duration // 20) * 20].append(share / (1 - share))
    assert sum(len(ratios[bpm]) for bpm in range(100, 340, 20)) == 17_489
    medians = {bpm: statistics.median(ratios[bpm]) for bpm in range(100, 340, 20)}
    assert all(1.5 < medians[bpm] < 1.7 for bpm in range(100, 220, 20))
    assert (round(medians[220], 2), round(medians[280], 2), round(medians[320], 2)) == (
        1.40,
        1.22,
        1.05,
    )
