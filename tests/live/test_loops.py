"""Bars looped while it plays, and faster with each pass: heard, logged and played again."""

from __future__ import annotations

import pytest
from session_stage import assert_replays, perform

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.midi.events import Stop
from improv.partner.turns import Turns, parse_mode
from improv.performance.arrangement import arrange
from improv.performance.steering import Switch

S = 1_000_000_000
BAR = 1920


@pytest.fixture(scope="module")
def played(tmp_path_factory):
    """12 bars, then bars 9-12 until told to leave them; each pass in another key and tempo."""
    said = []
    plan = Plan(key_cycle="fourths", count_in_bars=1, faster="10")
    session = perform(
        tmp_path_factory.mktemp("loops"),
        (Tune(load_chart("blues"), plan, {"tempo_bpm": 240.0}),),
        events=[
            (3 * S, Switch("loop", loop="9-99")),
            (4 * S, Switch("loop", loop="9-12")),
            (20 * S, Switch("loop", loop="")),
            (30 * S, Stop("enough")),
        ],
        answer=lambda answer: said.append((answer.text, answer.problem)),
    )
    session.said = said
    return session


def test_it_is_said_what_becomes_of_it(played):
    assert played.said[:4] == [
        ("Cannot loop bars '9-99' of 'Blues in F': expected bars from 1 to 12.", True),
        ("loop 9-12 from the next pass on", False),
        ("tempo 250", False),
        ("tempo 260", False),
    ]
    assert ("loop off from the next pass on", False) in played.said


def test_the_form_is_left_and_comes_back_at_bar_lines_in_its_key_and_tempo(played):
    whole, looped, again = played.session.parts
    assert (whole.start_tick, whole.end_tick) == (0, 13 * BAR)
    assert looped.start_tick == 5 * BAR, "the second pass: the first was in the chorus"
    assert looped.tempos == [(5 * BAR, 250.0), (9 * BAR, 260.0)]
    assert (looped.end_tick, again.start_tick) == (13 * BAR, 37 * BAR)
    onsets = [note.onset_tick for note in looped.notes if note.player == "bass"]
    assert min(onsets) < 6 * BAR
    assert max(onsets) > 12 * BAR, "it plays through"


def test_all_of_it_comes_out_again(played):
    assert_replays(played.folder, "bebop")


def test_the_next_tune_and_turns_of_a_chorus_follow_the_passes(tmp_path):
    """A chorus is over for both where a pass is, whatever the numbers of its bars."""
    blues, waltz = load_chart("blues"), load_chart("waltz")
    tunes = (Tune(blues, Plan(loop="9-10"), {"tempo_bpm": 240.0}), Tune(waltz, Plan()))
    session = perform(tmp_path, tunes, events=[(5 * S, Switch("next")), (7 * S, Stop("enough"))])
    first, _ = session.session.parts
    assert (first.number, first.end_tick) == (0, 6 * BAR)
    turns = Turns(parse_mode("trade chorus first me"), arrange(blues, tunes[0].plan))
    assert [turns.at(bar).whose for bar in range(6)] == ["me", "me", "you", "you", "me", "me"]
    assert [turns.at(bar).start_bar for bar in range(6)] == [0, 0, 2, 2, 4, 4]
