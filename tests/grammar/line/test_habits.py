"""Habits: counted, kept, read again, and leaned to."""

from __future__ import annotations

import io
import zipfile
from itertools import pairwise

import numpy as np
import pytest
from listeners import solo

from improv.cell.load import find_model, load_model
from improv.errors import ModelError
from improv.evaluation.line_predictor import LinePredictor, line_predictor
from improv.evaluation.protocol import score_solo
from improv.grammar.line.habits import (
    DEPTH,
    FILE_NAME,
    LEAST,
    Habits,
    LineHabits,
    load_habits,
)
from improv.grammar.line.labels import Labels

TURN = (0, 2, 4, 7, 4, 2)
LINE = [(6 * n, 60 + TURN[n % 6]) for n in range(120)]


def said(habits, notes, share=1.0):
    """A line up to its last note, how long it lasts not yet said."""
    line = LineHabits(habits, share)
    for (onset, pitch), (following, _) in pairwise(notes):
        line.say_pitch(pitch)
        line.say_wait(following - onset)
    line.say_pitch(notes[-1][1])
    return line


def best(scores):
    return int(np.argmax(scores))


LICKS = (
    ((6, 2), (6, 2), (12, 3), (12, -3), (12, -4)),
    ((4, -1), (4, -2), (4, -1), (12, 5), (12, 1)),
    ((3, 7), (3, -2), (6, -2), (12, -1), (12, 4)),
    ((8, -5), (4, 4), (12, 3), (9, -2), (3, 1)),
)
"""(wait, interval) after each note."""


def of_licks(seed, count=60):
    rng = np.random.default_rng(seed)
    notes, ends = [(0, 66)], []
    for _ in range(count):
        for wait, interval in LICKS[rng.integers(len(LICKS))]:
            onset, pitch = notes[-1]
            notes.append((onset + wait, pitch + interval))
        ends.append(len(notes) - 1)
        notes[-1] = notes[-1][0], 60 + notes[-1][1] % 12
    return notes, ends


def test_what_came_often_after_the_last_notes_is_expected():
    habits = Habits.learned([of_licks(seed)[0] for seed in range(6)])
    notes, ends = of_licks(99)
    right, all_of_them = [], 0
    for end in ends[1:20]:
        for at in (end + 3, end + 4):  # three and four notes into a lick
            line = said(habits, notes[:at])
            wait = line.waits(np.zeros(61, np.float32), notes[at - 1][0])
            pitch = line.pitches(np.zeros(128, np.float32))
            right += [best(pitch) == notes[at][1]] if np.ptp(pitch) else []
            right += [best(wait) == notes[at][0] - notes[at - 1][0]] if np.ptp(wait) else []
            all_of_them += 2
    assert len(right) > 0.5 * all_of_them and np.mean(right) > 0.9


def test_before_the_first_note_and_at_no_share_nothing_is_leaned():
    habits = Habits.learned([LINE])
    scores = np.linspace(0, 1, 128, dtype=np.float32)
    assert LineHabits(habits).pitches(scores) is scores
    np.testing.assert_allclose(said(habits, LINE[:9], share=0.0).pitches(scores), scores)


def test_what_came_less_often_is_not_kept():
    """A solo cannot be read back from turns that only it has."""
    once = [(6 * n, 60 + (n * n * 7) % 23) for n in range(40)]
    habits = Habits.learned([LINE, once])
    for chain in habits.chains:
        assert chain.sizes.min() >= LEAST
    alone, both = (len(Habits.learned(lines).chains[1].keys) for lines in ([LINE], [LINE, once]))
    assert both - alone < 15
    assert Habits.learned([LINE[:2]]) is None and Habits.learned([]) is None


def test_a_line_goes_back_to_where_it_was():
    line = said(Habits.learned([LINE]), LINE[:9])
    flat = np.zeros(128, np.float32)
    saved, before = line.save(), line.pitches(flat)
    line.say_pitch(40)
    line.say_wait(3)
    line.restore(saved)
    np.testing.assert_array_equal(line.pitches(flat), before)


def test_they_are_kept_and_read_again(tmp_path):
    habits = Habits.learned([LINE])
    habits.save(tmp_path / FILE_NAME)
    again = load_habits(tmp_path)
    for one, two in zip(habits.chains, again.chains, strict=True):
        np.testing.assert_array_equal(one.keys, two.keys)
        np.testing.assert_array_equal(one.masses, two.masses)
    first = (tmp_path / FILE_NAME).read_bytes()
    habits.save(tmp_path / FILE_NAME)
    assert (tmp_path / FILE_NAME).read_bytes() == first
    assert load_habits(tmp_path / "nowhere") is None


def without_pitches(content):
    return rewritten(content, lambda name, array: None if name.startswith("pitch") else array)


def out_of_order(content):
    return rewritten(content, lambda name, a: a[::-1].copy() if name == "wait_keys" else a)


def beyond(content):
    return rewritten(content, lambda name, a: a + 100 if name == "wait_starts" else a)


def rewritten(content, change):
    arrays = np.load(io.BytesIO(content))
    packed = io.BytesIO()
    changed = {name: change(name, arrays[name]) for name in arrays.files}
    np.savez(packed, **{name: array for name, array in changed.items() if array is not None})
    return packed.getvalue()


def huge(content):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        file.writestr("wait_keys.npy", bytes(32 << 20))
    return packed.getvalue()


@pytest.mark.parametrize(
    "damage",
    [lambda content: content[:200], lambda _: b"", without_pitches, out_of_order, beyond, huge],
    ids=["cut", "empty", "half", "unsorted", "beyond", "huge"],
)
def test_damaged_ones_are_one_sentence(tmp_path, damage):
    Habits.learned([LINE]).save(tmp_path / FILE_NAME)
    (tmp_path / FILE_NAME).write_bytes(damage((tmp_path / FILE_NAME).read_bytes()))
    with pytest.raises(ModelError, match=r"habits\.npz.*expected the counts that training writes"):
        load_habits(tmp_path)


def test_the_shipped_ones_are_heard_by_a_listener():
    """What it expects stays a distribution, and not far from what the cell says."""
    model = load_model(find_model("bebop"))
    eighths = [
        (6 * n, 6, 60 + p) for n, p in enumerate((0, 2, 3, 5, 7, 8, 10, 12, 10, 8, 7, 5) * 4)
    ]
    usual = solo(eighths, chords=[(0, "Cm7")])
    labels = Labels.from_json(model.card.extra["labels"], "")
    bare = score_solo(LinePredictor(model.pair_cell, labels), usual)
    with_them = score_solo(line_predictor(model), usual)
    for mixed, plain in ((with_them.rhythm, bare.rhythm), (with_them.pitch, bare.pitch)):
        assert 0.001 < abs(mixed - plain).mean() < 0.2
    habits = load_habits(model.path)
    assert [chain.sizes.min() >= LEAST for chain in habits.chains] == [True, True]
    assert DEPTH == 4
    size = sum(path.stat().st_size for path in model.path.iterdir())
    assert (model.path / FILE_NAME).stat().st_size < 1 << 20 and size < 15e6
