"""A soloist's feel while it plays: what was learned, in order, one note at a time, whatever the knob."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from feel_maker import made_feel
from hypothesis import given
from hypothesis import strategies as st

from improv.feel.loudness import MEAN_VELOCITY
from improv.feel.model import PlayerFeel
from improv.feel.performed import performed
from improv.feel.play import EARLIEST_TICK, Bar, Feeling
from improv.music.note import Note
from improv.music.swing import swing_tick

BAR = Bar(0, 1920, swing=2.0, auto_swing=2.0, tempo_bpm=140.0)
LATE = {0: 50, 6: 100}  # thousandths of a beat: 24 and 48 ticks


def eighths(n=16, duration_tick=228, velocity=72):
    return [Note(i * 240, duration_tick, 60 + i % 5, velocity) for i in range(n)]


def played(feel, notes, knob=1.0, bar=BAR, seed=1, **more):
    feeling = Feeling(feel, np.random.default_rng(seed), **more)
    out = []
    for note, following in zip(notes, [*notes[1:], None], strict=True):
        next_tick = following.onset_tick if following else note.onset_tick + 240
        start = note.onset_tick // 1920 * 1920
        here = replace(bar, start_tick=start, end_tick=start + 1920)
        out.append(feeling.play(note, next_tick, here, knob))
    return out


def onsets(*args, **more):
    return [onset for onset, _, _ in played(*args, **more)]


def test_onsets_are_as_learned_and_do_not_drift():
    notes = eighths(400)
    off = {
        n.onset_tick % 480: onset - n.onset_tick
        for n, onset in zip(notes, onsets(made_feel(LATE), notes), strict=True)
    }
    assert off == {0: 24, 240: 48}
    last = onsets(made_feel(LATE, spread=30), notes)[-1]
    assert abs(last - notes[-1].onset_tick) <= EARLIEST_TICK


def test_the_knob_goes_from_the_bands_swing_to_what_was_learned_and_beyond():
    notes, feel = eighths(4), made_feel(LATE)
    assert onsets(feel, notes, 1e-9) == [swing_tick(n.onset_tick, 2.0) for n in notes]
    assert onsets(feel, notes, 0.5)[:2] == [12, 240 + (80 + 48) // 2]
    assert onsets(feel, notes, 1.5)[:2] == [36, 240 + 72]


def test_the_users_swing_steers_the_soloist_too():
    notes, feel = eighths(2), made_feel(LATE)

    def off_beat(swing, auto=2.0):
        return onsets(feel, notes, bar=replace(BAR, swing=swing, auto_swing=auto))[1] - 240

    assert off_beat(2.0) == 48
    assert off_beat(1.0) == 24  # even eighths, as late as the beat
    assert off_beat(1.0) < off_beat(1.5) < off_beat(2.0) < off_beat(3.0)
    assert off_beat(3.0) == 48 + round(480 * (3 / 4 - 2 / 3))
    assert off_beat(2.0, auto=1.0) == 48 + 80  # a feel that is even by itself
    assert off_beat(1.0, auto=1.0) == 48


def test_a_player_is_later_and_swings_more():
    bird = PlayerFeel(lay_back=0.02, swing=0.05)
    feel = made_feel(LATE, players={"Bird": bird})
    assert onsets(feel, eighths(2), player="Bird") == [24 + 10, 240 + 48 + 34]
    assert onsets(feel, eighths(2), player={"Bird": 0.5, "": 0.5}) == [24 + 5, 240 + 48 + 17]
    assert onsets(feel, eighths(2), player="Nobody") == [24, 288]


def test_who_plays_can_change_while_it_plays():
    feel = made_feel(LATE, players={"Bird": PlayerFeel(lay_back=0.1)})
    feeling = Feeling(feel, np.random.default_rng(1))
    first, second = eighths(2)
    assert feeling.play(first, 240, BAR, 1.0)[0] == 24
    feeling.play_as("Bird")
    assert feeling.play(second, 480, BAR, 1.0)[0] == 240 + 48 + 48


def test_the_same_dice_give_the_same_notes_and_others_others():
    notes, feel = eighths(50), made_feel(LATE, spread=40)
    assert played(feel, notes) == played(feel, notes)
    assert played(feel, notes) != played(feel, notes, seed=2)


def test_turning_the_knob_does_not_change_the_dice():
    notes, feel = eighths(50), made_feel(LATE, spread=40)

    def after(knob):
        feeling = Feeling(feel, np.random.default_rng(1))
        for note in notes[:40]:
            feeling.play(note, note.onset_tick + 240, BAR, knob)
        return [feeling.play(n, n.onset_tick + 240, BAR, 1.0)[0] for n in notes[42:]]

    assert after(1.0) == after(0.0)


def test_deviations_are_as_wide_as_learned_and_neighbours_share_them():
    notes = eighths(4000)
    off = np.array(onsets(made_feel(0, spread=30), notes)[10:]) - np.array(
        [n.onset_tick for n in notes[10:]]
    )
    assert np.std(off) == pytest.approx(0.03 * 480 * 0.94, rel=0.1)  # cut at two deviations
    assert np.corrcoef(off[:-1], off[1:])[0, 1] == pytest.approx(0.4, abs=0.08)
    assert abs(np.corrcoef(off[:-4], off[4:])[0, 1]) < 0.1


def test_a_compound_bar_is_late_together_and_does_not_swing():
    six = replace(BAR, swing=1.0, auto_swing=1.0, compound=True)
    feel = made_feel({step: 50 if step == 0 else 400 for step in range(12)})
    notes = [Note(i * 240, 200, 60, 72) for i in range(6)]
    assert {
        on - n.onset_tick for n, on in zip(notes, onsets(feel, notes, bar=six), strict=True)
    } == {24}


@pytest.mark.parametrize("beats", [3, 5])
def test_beats_are_counted_from_the_bar_line_in_any_meter(beats):
    length = beats * 480
    feeling = Feeling(made_feel(LATE), np.random.default_rng(0))
    for number in range(beats * 2 * 4):
        tick = number * 240
        start = tick // length * length
        bar = replace(BAR, start_tick=start, end_tick=start + length)
        onset, _, _ = feeling.play(Note(tick, 200, 60, 72), tick + 240, bar, 1.0)
        assert onset - tick == (24 if tick % 480 == 0 else 48)


def test_notes_written_to_the_next_get_the_learned_share_of_the_time_to_it():
    (on, end, _), (second, *_), *_ = played(made_feel(LATE, length=750), eighths(4))
    assert end - on == round(0.75 * (second - on))
    (on, end, _), *_ = played(made_feel(LATE, length=750), eighths(4, duration_tick=100))
    assert end - on == 100


def test_a_length_that_is_said_is_kept_and_legato_reaches_where_the_next_is_played():
    feel = made_feel(LATE, length=500)
    for note, (on, end, _) in zip(
        eighths(4), played(feel, eighths(4, 200), says_length=True), strict=True
    ):
        assert end - on == 200, note
    (on, end, _), (second, *_), *_ = played(feel, eighths(4, 240), says_length=True)
    assert 0.9 * (second - on) < end - on <= second - on


def test_loudness_that_is_said_is_kept_but_for_a_players_dynamics():
    feel = made_feel(loud=500, players={"Bird": PlayerFeel(dynamics=2.0)})
    loud = eighths(3, velocity=104)
    assert {v for *_, v in played(feel, loud, says_loudness=True)} == {104}
    wide = {v for *_, v in played(feel, eighths(3, velocity=87), says_loudness=True, player="Bird")}
    assert wide == {round(87 * 87 / MEAN_VELOCITY)}
    mean = eighths(3, velocity=MEAN_VELOCITY)
    assert {v for *_, v in played(feel, mean, says_loudness=True, player="Bird")} == {MEAN_VELOCITY}


def test_accents_are_as_learned_where_the_grammar_says_no_loudness():
    velocities = [v for *_, v in played(made_feel(loud={0: 500, 6: -500}), eighths(4))]
    assert velocities[0] == velocities[2] > 78 > velocities[1] == velocities[3]
    half = [v for *_, v in played(made_feel(loud={0: 500}), eighths(4), 0.5)]
    assert 72 < half[0] < velocities[0]


LINES = st.lists(
    st.tuples(st.integers(1, 60), st.integers(1, 60), st.integers(0, 127), st.integers(1, 127)),
    min_size=1,
    max_size=40,
)


@given(
    LINES,
    st.floats(0.0, 1.5),
    st.floats(1.0, 3.0),
    st.floats(20.0, 400.0),
    st.integers(0, 1000),
    st.booleans(),
    st.booleans(),
)
def test_order_and_one_note_at_a_time_hold_for_any_line(
    line, knob, swing, tempo, seed, says, compound
):
    """Even where the tables ask for what nobody could play."""
    feel = made_feel({step: (-1) ** step * 900 for step in range(12)}, spread=400, length=1000)
    bar = Bar(0, 1920, swing, 2.0, tempo, compound=compound)
    tick, notes = 0, []
    for wait, length, pitch, velocity in line:
        notes.append(Note(tick, length * 40, pitch, velocity))
        tick += wait * 40
    out = played(feel, notes, knob, bar, seed, says_length=says, says_loudness=says)
    for (onset, end, velocity), note in zip(out, notes, strict=True):
        assert 0 <= onset < end
        assert onset >= note.onset_tick - EARLIEST_TICK
        assert 1 <= velocity <= 127
    for (before, end, _), (after, _, _) in pairwise(out):
        assert before < after
        assert end <= after


def test_with_the_knob_hardly_turned_notes_are_as_performed_without_feel():
    notes = eighths(8)
    for note, (onset, end, velocity) in zip(
        notes, played(made_feel(LATE, spread=50), notes, 1e-9), strict=True
    ):
        assert (onset, end, velocity) == (*performed(note, 2.0), note.velocity)
