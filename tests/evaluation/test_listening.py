"""What replies have to do with calls, counted; and a model measured on solos."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from solos import solo

from improv.cell.load import find_model
from improv.config import DEFAULT_MODEL
from improv.errors import CorpusError
from improv.evaluation.listening import (
    SETTINGS,
    calls_of,
    is_copied_whole,
    is_picked_up,
    rank_correlation,
    report,
    with_slips,
    with_wrong_notes,
)
from improv.music.transcription import Heard


def line(*steps, start=0, first=60):
    """Notes by (interval, wait)."""
    notes = [Heard(start, 3, first)]
    for interval, wait in steps:
        notes.append(Heard(notes[-1].onset_step + wait, 3, notes[-1].pitch + interval))
    return tuple(notes)


CALL = line((2, 6), (1, 6), (-5, 12), (7, 24), (-2, 6))


@pytest.mark.parametrize(
    ("reply", "is_so"),
    [
        (line((9, 4), (2, 6), (1, 6), (-5, 12), start=100, first=50), True),  # moved
        (line((2, 7), (1, 5), (-5, 14)), True),  # the same classes of time
        (line((2, 6), (1, 6), (-4, 12)), False),
        (line((2, 6), (1, 6), (-5, 24)), False),
        (line((2, 6), (1, 6)), False),
    ],
)
def test_a_run_of_three_with_its_rhythm_is_picked_up(reply, is_so):
    assert is_picked_up(CALL, reply) is is_so
    assert not is_copied_whole(CALL, reply)


def test_a_call_that_comes_back_as_it_was_is_copied_whole():
    assert is_copied_whole(
        CALL, line((1, 3), *[(2, 6), (1, 6), (-5, 12), (7, 24), (-2, 6)], (3, 3))
    )


def test_ranks_of_equal_values_are_shared():
    assert rank_correlation([1, 2, 3, 4], [10, 20, 30, 400]) == pytest.approx(1.0)
    assert rank_correlation([1, 2, 2, 3], [3, 2, 2, 1]) == pytest.approx(-1.0)
    assert np.isnan(rank_correlation([1, 1], [1, 2]))


def test_wrong_notes_and_slips_are_as_many_and_as_large_as_they_are_called():
    notes = tuple(Heard(12 * at, 3, 60) for at in range(2000))
    rng = np.random.default_rng(1)
    wrong = [note.pitch - 60 for note in with_wrong_notes(notes, rng)]
    assert 0.17 < np.mean(np.array(wrong) != 0) < 0.23
    assert set(wrong) == {-2, -1, 0, 1, 2}
    slips = [
        a.onset_step - b.onset_step for a, b in zip(with_slips(notes, 150, rng), notes, strict=True)
    ]
    assert set(slips) == {-2, -1, 0, 1, 2}  # 60 ms of 400 a beat


def _played(name, seed):
    """Sixteen bars of eighths."""
    rng = np.random.default_rng(seed)
    pitches = 66 + np.cumsum(rng.integers(-4, 5, 128)) % 12
    notes = [(6 * at, 5, int(pitch)) for at, pitch in enumerate(pitches) if at % 16 < 13]
    return solo(
        notes,
        ((0, "C7"), (192, "F7"), (384, "C7"), (576, "G7")),
        performer=name,
        title=name,
        id=name,
    )


SOLOS = [_played("Ann", 1), _played("Bob", 2)]


def test_a_ghost_is_another_players_call_in_the_same_bars():
    calls = calls_of(SOLOS, np.random.default_rng(0))
    assert [call.bar for call in calls] == [0, 4, 8] * 2
    for call in calls:
        first = call.bar * 48
        for notes in (call.notes, call.ghost):
            assert first <= notes[0].onset_step < first + 48 <= notes[-1].onset_step < first + 192
        assert call.notes != call.ghost
    with pytest.raises(CorpusError, match="solos of two players or more"):
        calls_of([SOLOS[0], replace(SOLOS[1], performer="Ann")], np.random.default_rng(0))


def test_a_model_is_measured():
    """The shipped one takes up more at `answer` 1 than at 0, and the ghosts do not know it."""
    kinds = [s for s in SETTINGS if s.name in ("answer 0", "answer 1")]
    folder = find_model(DEFAULT_MODEL)
    found = report(folder, SOLOS, settings=kinds, workers=1)
    again = report(folder, SOLOS, settings=kinds, workers=1)
    assert found.as_json() == again.as_json()
    nothing, all_of_it = found.rows
    assert all_of_it.pick_up >= 4 / 6 > nothing.pick_up
    assert all_of_it.ghost <= 2 / 6
    assert found.human.calls == 6
    text = found.text()
    assert "people's next four bars" in text
    assert "answer 1" in text
    assert found.as_json()["rows"][1]["pick_up"] == all_of_it.pick_up
