"""Bars looped while it plays, and faster with each pass: heard, logged and played again."""

from __future__ import annotations

import pytest
from session_stage import assert_replays, perform

from improv.charts.library import load_chart
from improv.config import Plan, Tune
from improv.live.daemon import LEAD_NS
from improv.midi.events import Heard, Stop
from improv.partner.ears import Ears
from improv.partner.turns import Turns, parse_mode
from improv.performance.arrangement import arrange
from improv.performance.steering import Switch, asked_of

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


def test_bars_that_are_wanted_at_once_come_with_the_next_bar(tmp_path):
    tunes = (Tune(load_chart("blues"), Plan(), {"tempo_bpm": 240.0}),)
    switches = [Switch("loop", loop="2-5", at_once=True), Switch("loop", at_once=True)]
    # At 240 a bar is a second long: in the sixth bar, and in the third of the loop's second pass.
    events = [
        (5 * S + S // 2, switches[0]),
        (12 * S + S // 2, switches[1]),
        (15 * S, Stop("enough")),
    ]
    session = perform(tmp_path, tunes, events=events)
    form, looped, again = session.session.parts
    assert form.end_tick == 6 * BAR
    assert looped.end_tick - looped.start_tick == 7 * BAR
    assert again.start_tick % (12 * BAR) == 4 * BAR, "behind the bar that was played last"


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


def keys(start_s, beat_s, *played):
    """Events of (beat, pitch), each a quarter of a beat long."""
    for beat, pitch in played:
        ns = round((start_s + beat * beat_s) * S)
        yield ns, Heard(ns, bytes((0x90, pitch, 80)))
        off_ns = ns + round(beat_s / 4 * S)
        yield off_ns, Heard(off_ns, bytes((0x80, pitch, 0)))


def test_only_a_clean_pass_makes_the_next_one_faster(tmp_path):
    """Two bars of Dm7 at 120: right, then wrong, then silent, then late in one note."""
    said = []
    begin_s, beat_s = LEAD_NS / 1e9, 60 / 130
    second_s = begin_s + 4
    fourth_s = second_s + 16 * beat_s
    events = [
        *keys(begin_s, 0.5, (0, 62), (1, 65), (2, 69), (3, 72)),
        *keys(second_s, beat_s, (0, 62), (1, 63), (3, 69)),
        *keys(fourth_s, beat_s, (0, 62), (1, 65), (2.14, 69), (3, 72)),
    ]
    session = perform(
        tmp_path,
        (Tune(load_chart("| Dm7 | % |"), Plan(faster="10 clean"), {"tempo_bpm": 120.0}),),
        events=[*events, (17 * S, Stop("enough"))],
        ears=Ears(),
        answer=lambda answer: said.append(answer.text),
    )
    assert said == [
        "clean: tempo 130",
        "1 wrong note (bar 1): the tempo stays 130",
        "nothing was played: the tempo stays 130",
        "1 out of time (bar 1): the tempo stays 130",
    ]
    assert_replays(session.folder, "bebop")


def test_tempos_that_are_typed_up_and_down_hold_and_come_out_again(tmp_path):
    """Each pass faster from the second on, also where the form goes on; then slower, and off."""
    said = []
    session = perform(
        tmp_path,
        (Tune(load_chart("| Dm7 | % |"), Plan(), {"tempo_bpm": 120.0}),),
        events=[
            (2 * S, asked_of("faster 30")),
            (6 * S, asked_of("loop 1")),
            (12 * S, asked_of("slower 100")),
            (13 * S, asked_of("faster off")),
            (13 * S, asked_of("tempo +5")),
            (14 * S, asked_of("denser")),
            (15 * S, asked_of("@solo denser")),
            (16 * S, asked_of("@solo slower")),
            (20 * S, Stop("enough")),
        ],
        answer=lambda answer: said.append(answer.text),
    )
    assert said == [
        "faster 30 with each pass",
        "tempo 150",
        "loop 1 from the next pass on",
        *(f"tempo {bpm}" for bpm in (180, 210, 240, 270, 300)),
        "tempo 200",
        "tempo 230",
        "faster off",
        "tempo 235",
        "density 0.5",
        "@solo density 1",
        "tempo holds for everybody: give it without '@solo'.",
    ]
    assert_replays(session.folder, "bebop")


def test_an_echo_goes_no_faster(tmp_path):
    said = []
    tune = Tune(load_chart("blues"), Plan(echo_bars=2), {"tempo_bpm": 240.0})
    events = [(S, asked_of("faster 5")), (2 * S, Stop("enough"))]
    perform(tmp_path, (tune,), events=events, answer=lambda answer: said.append(answer.text))
    assert said == ["Nothing gets faster here: expected a tempo of our own, and no echo."]


def test_an_echo_is_judged_logged_and_played_again(tmp_path):
    """The first phrase is played back an octave lower and late, the second not at all."""
    tune = Tune(load_chart("blues"), Plan(echo_bars=2), {"tempo_bpm": 120.0})
    (tmp_path / "silent").mkdir()
    silent = perform(tmp_path / "silent", (tune,), events=[(5 * S, Stop("heard"))])
    (part,) = silent.session.parts
    phrase = [note for note in part.notes if note.player == "solo"]
    assert len(phrase) == 3
    begin_s = 4.05 + LEAD_NS / 1e9
    events = keys(begin_s, 0.5, *((note.onset_tick / 480, note.pitch - 12) for note in phrase))
    said = []
    session = perform(
        tmp_path,
        (tune,),
        events=[*events, (17 * S, Stop("enough"))],
        ears=Ears(),
        answer=lambda answer: said.append(answer.text),
    )
    assert said[0] == (
        "echo, try 1: pitch 3 of 3, rhythm 3 of 3, 50 ms late, an octave lower; 1 of 1 right, "
        "4 notes now"
    )
    assert said[1] == "echo, try 1: nothing was played back; again"
    assert_replays(session.folder, "bebop")
