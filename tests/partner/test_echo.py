"""A phrase played back: what is right of it, whoever plays, and what comes next."""

from __future__ import annotations

from dataclasses import replace

import pytest

from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.config import Config, Plan, Tune
from improv.errors import SteeringError
from improv.music.note import TICKS_PER_BEAT, Note
from improv.partner.echo import FIRST_NOTES, EchoVoice, assess
from improv.partner.heard import HeardNote
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import band_of
from improv.performance.steering import Steer

BEAT = TICKS_PER_BEAT
PHRASE = [
    Note(onset, 200, pitch, 80)
    for onset, pitch in ((0, 60), (240, 62), (480, 64), (960, 67), (1680, 65))
]


def played(notes=PHRASE, *, by=0, late=0, at=None):
    """The notes as somebody plays them, `by` semitones higher and `late` ticks late; `at`: changed there."""
    heard = [
        HeardNote(n.onset_tick + late, n.end_tick + late, n.pitch + by, 80, n.onset_tick + late)
        for n in notes
    ]
    for place, change in (at or {}).items():
        heard[place] = replace(heard[place], **change)
    return heard


def figures(heard):
    found = assess(PHRASE, heard)
    return found.pitches, found.places, found.extra, found.right


def test_a_perfect_player():
    assert figures(played()) == (5, 5, 0, True)
    assert assess(PHRASE, played()).said(120.0) == "pitch 5 of 5, rhythm 5 of 5"


def test_another_octave_is_as_good_and_is_said():
    for octaves, words in ((-1, "an octave lower"), (2, "2 octaves higher")):
        found = assess(PHRASE, played(by=12 * octaves))
        assert (found.right, found.octaves) == (True, octaves)
        assert found.said(120.0).endswith(words)


def test_who_is_late_all_the_time_is_right_and_hears_by_how_much():
    found = assess(PHRASE, played(late=96))
    assert found.right
    assert found.said(120.0) == "pitch 5 of 5, rhythm 5 of 5, 100 ms late"
    assert "100 ms early" in assess(PHRASE, played(late=-96)).said(120.0)


def test_one_note_that_is_late_is_in_the_wrong_place_and_two_are_too_many():
    one = {3: {"onset_tick": 960 + 160, "played_tick": 960 + 160}}
    assert figures(played(at=one)) == (5, 4, 0, True)
    two = one | {1: {"onset_tick": 240 + 160, "played_tick": 240 + 160}}
    assert figures(played(at=two)) == (5, 3, 0, False)


def test_what_was_heard_may_be_played_with_its_feel_or_as_it_is_written():
    """A phrase that is performed late, more and more."""
    onsets = [note.onset_tick + 30 * at for at, note in enumerate(PHRASE)]
    felt = [
        replace(heard, onset_tick=onset + 60, played_tick=onset + 10)
        for heard, onset in zip(played(), onsets, strict=True)
    ]
    assert assess(PHRASE, felt, onsets).said(120.0) == "pitch 5 of 5, rhythm 5 of 5, 10 ms late"
    assert assess(PHRASE, played(), onsets).places == 5
    assert (
        assess(PHRASE, played(at={4: {"onset_tick": 1900, "played_tick": 1900}}), onsets).places
        == 4
    )


def test_a_wrong_note_costs_its_pitch_alone():
    assert figures(played(at={2: {"pitch": 63}})) == (4, 5, 0, False)


def test_what_is_left_out_or_too_much_costs_no_other_note():
    assert figures(played(PHRASE[:2] + PHRASE[3:])) == (4, 4, 0, False)
    more = [*played()[:3], HeardNote(700, 800, 71, 80, 700), *played()[3:]]
    assert figures(more) == (5, 5, 1, False)
    assert "1 note too many" in assess(PHRASE, more).said(120.0)


def test_another_key_is_another_phrase():
    """Not an octave: a fourth higher is wrong, however well it is played."""
    assert not assess(PHRASE, played(by=5)).right


def test_silence():
    assert figures([]) == (0, 0, 0, False)
    assert assess(PHRASE, []).said(120.0) == "nothing was played back"


@pytest.fixture(scope="module")
def model():
    return load_model(find_model("bebop"))


def session(model, answer, rounds, chart="blues"):
    """(phrases by round, what was said) with a partner who answers a phrase's notes with others."""
    tune = Tune(load_chart(chart), Plan(echo_bars=2, count_in_bars=1))
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    config = Config((tune,), seed=5, band=band_of("bass", 1))
    ensemble = make_ensemble(config, tune, performance, model)
    chart = performance.arrangement.chart
    calls, said, waiting = {}, [], []
    end_tick = chart.bar_tick(1 + 4 * rounds + 1)
    for tick in range(0, end_tick, BEAT):
        for note in ensemble.advance(tick + BEAT):
            if note.is_solo:
                calls.setdefault(
                    chart.chorus_and_bar(chart.bar_of(note.written.onset_tick)), []
                ).append(note.written)
                bar = chart.bar_of(note.written.onset_tick)
                by = chart.bar_tick(bar + 2) - chart.bar_tick(bar)
                waiting += answer(replace(note.written, onset_tick=note.written.onset_tick + by))
        for heard in [each for each in waiting if each.onset_tick <= tick]:
            ensemble.hear(heard)
        waiting = [each for each in waiting if each.onset_tick > tick]
        said += ensemble.said()
    phrases = {}
    for (number, bar), notes in calls.items():
        assert bar < 2, "nothing in the partner's bars"
        phrases.setdefault(number, []).extend(notes)
    top = chart.bar_tick(1)
    return [
        [(n.onset_tick - top) % (chart.bar_tick(5) - top) for n in phrases[number]]
        for number in range(rounds)
    ], said


def test_phrases_grow_with_who_plays_them_back(model):
    phrases, said = session(model, lambda note: played([note]), 5)
    assert [len(one) for one in phrases] == [FIRST_NOTES + number for number in range(5)]
    assert "try 1" in said[0]
    assert said[-1].endswith("5 of 5 right, 8 notes now")


def test_what_was_wrong_comes_again_three_times_and_then_something_shorter(model):
    phrases, said = session(model, lambda note: [], 7)
    assert phrases[0] == phrases[1] == phrases[2]
    assert [len(one) for one in phrases] == [3, 3, 3, 2, 2, 2, 2]
    assert [line.split(":")[0][-1] for line in said] == ["1", "2", "3"] * 2 + ["1"]
    assert said[2] == "echo, try 3: nothing was played back; 0 of 1 right, 2 notes now"


def test_it_is_the_same_again_with_the_same_seed_and_in_any_meter(model):
    waltz = session(model, lambda note: played([note], by=12), 4, "waltz")
    assert waltz == session(model, lambda note: played([note], by=12), 4, "waltz")
    assert len(waltz[0][3]) > FIRST_NOTES


def test_a_phrase_leaves_two_beats_for_who_is_late(model):
    phrases, _ = session(model, lambda note: played([note]), 12)
    assert max(max(one) for one in phrases) < 2 * 1920 - 2 * BEAT


def test_in_the_middle_of_a_round_it_waits_for_the_next():
    tune = arrange(load_chart("blues"), Plan(echo_bars=2))
    voice = EchoVoice(tune.chart, lambda seed, tick: None, 1920)
    step = voice.step(None)
    assert (step.note, step.tick, step.next_tick) == (None, 1920, 4 * 1920)


def test_an_echo_has_turns_of_its_own_and_may_change_whose_phrases_they_are(model):
    tune = Tune(load_chart("blues"), Plan(echo_bars=2))
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    ensemble = make_ensemble(Config((tune,), seed=5), tune, performance, model)
    with pytest.raises(SteeringError, match="turns of its own"):
        ensemble.steer(Steer(mode="trade 4"))
    ensemble.advance(480)
    assert ensemble.steer(Steer(player={"charlie parker": 1.0})).player == {"Charlie Parker": 1.0}
    assert [note for note in ensemble.advance(6 * 1920) if note.onset_tick >= 4 * 1920]


def test_another_seed_has_other_phrases(model):
    tune = Tune(load_chart("blues"), Plan(echo_bars=2))
    performance = make_performance(tune, arrange(tune.chart, tune.plan))
    taken = []
    for seed in (None, (1,), (2,), (1,)):
        ensemble = make_ensemble(Config((tune,), seed=5), tune, performance, model)
        if seed is not None:
            ensemble.reseed(seed)
        taken.append([(n.written, n.onset_tick) for n in ensemble.advance(2 * 1920)])
    assert taken[1] == taken[3]
    assert taken[0] != taken[1] != taken[2]
