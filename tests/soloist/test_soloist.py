"""One soloist: what becomes of the notes of its voice, and whose controls it plays by."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from feel_maker import made_feel
from scripted import ScriptedVoice

from improv.charts.text import parse_chart
from improv.config import SoloistConfig
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.feel.play import EARLIEST_TICK, Bar, Feeling
from improv.music.note import Note
from improv.soloist.soloist import Soloist, seed_of

BAR = 1920
CHART = parse_chart("| C7 | F7 |")
PLAIN = Controls().with_values(tempo_bpm=120.0, swing=1.0)
EIGHTHS = ("1^:6", "9^:6", "3^:6", "5^:6")


def soloist(*tokens, config=None, **more):
    chart = more.pop("chart", CHART)
    return Soloist(
        config or SoloistConfig(), ScriptedVoice(chart, tokens or EIGHTHS), chart, **more
    )


def bar(number=0, swing=1.0):
    return Bar(number * BAR, (number + 1) * BAR, swing, swing, 120.0)


def line(playing, n, controls=PLAIN, swing=1.0):
    """The next n tokens: a SoloNote each, None for a rest."""
    said = []
    for _ in range(n):
        if not playing.is_in_bar:
            playing.enter(bar(playing.tick // BAR, swing), playing.controls(controls))
        said.append(playing.step())
    return said


def places(notes):
    return [(note.onset_tick, note.end_tick) for note in notes]


def test_a_note_is_given_as_written_and_as_performed():
    notes = line(soloist(), 4, swing=2.0)
    assert [note.onset_tick for note in notes] == [0, 320, 480, 800], "the off-beats are swung"
    assert [note.written.onset_tick for note in notes] == [0, 240, 480, 720]
    assert [note.token for note in notes] == list(EIGHTHS)
    assert [note.written.pitch for note in notes] == [72, 74, 76, 79]


def test_a_rest_is_a_step_too():
    playing = soloist("1^:12", "r:12")
    assert [note is None for note in line(playing, 4)] == [False, True, False, True]
    assert (playing.steps, playing.tick) == (4, 4 * 480)


def test_it_is_in_a_bar_until_its_end_and_enters_it_anew_when_it_is_steered():
    playing = soloist("1^:24")
    assert not playing.is_in_bar
    playing.enter(bar(), PLAIN)
    playing.step()
    assert playing.is_in_bar
    playing.steer({"density": 0.5}, alone=True)
    assert not playing.is_in_bar
    playing.enter(bar(), PLAIN)
    playing.step()
    assert playing.tick == BAR
    assert not playing.is_in_bar


def test_its_own_controls_go_before_those_of_everybody():
    playing = soloist(config=SoloistConfig(controls={"density": 0.5}))
    assert playing.controls(PLAIN) == PLAIN.with_values(density=0.5)
    playing.steer({"accents": 0.0}, alone=True)
    assert playing.controls(PLAIN) == PLAIN.with_values(density=0.5, accents=0.0)
    playing.steer({"density": -0.5}, alone=False)
    everybody = PLAIN.with_values(density=-0.5)
    assert playing.controls(everybody) == everybody.with_values(accents=0.0)


def test_laying_back_and_accents_are_its_own():
    """50 ms at 120 bpm are 48 ticks."""
    plain = line(soloist(), 4)
    own = SoloistConfig(controls={"lay_back_ms": 50.0, "accents": 0.0})
    late = line(soloist(config=own), 4)
    assert places(late) == [(onset + 48, end + 48) for onset, end in places(plain)]
    assert {note.written.velocity for note in late} == {78}
    early = line(soloist(), 1, replace(PLAIN, lay_back_ms=-60.0))
    assert early[0].onset_tick == 0, "never before the first beat"


def test_who_is_suddenly_earlier_waits_for_the_end_of_the_note_before():
    playing = soloist("1^:12", "9^:12")
    late = line(playing, 1, replace(PLAIN, lay_back_ms=100.0))
    assert places(late) == [(96, 576)]
    playing.steer({"lay_back_ms": 0.0}, alone=False)
    assert places(line(playing, 2)) == [(576, 960), (960, 1440)]


def test_the_first_note_belongs_to_the_chord_and_later_ones_need_not():
    first, second = line(soloist("b9^:12"), 2)
    assert first.written.pitch % 12 == 0
    assert second.written.pitch % 12 == 1


@pytest.mark.parametrize(("token", "end_tick"), [("1^:12", 2 * BAR), ("b9^:12", BAR)])
def test_the_last_note_is_held_if_it_fits_the_last_chord(token, end_tick):
    """The note on the fourth beat is struck before the last chord, and reaches it only if it is longer."""
    playing = soloist("1^:36", token.replace(":12", ":18"), final_tick=BAR, end_tick=2 * BAR)
    _, last = line(playing, 2)
    assert last.written.onset_tick == 3 * 480
    held = last.end_tick == 2 * BAR
    assert held == (token != "b9^:12")
    assert (last.written.end_tick == 2 * BAR) == held


def test_on_the_last_chord_it_lands_on_a_tone():
    playing = soloist("1^:48", "b9^:48", final_tick=BAR, end_tick=2 * BAR)
    _, last = line(playing, 2)
    assert last.written.pitch % 12 == 5


def felt(spread=0, **more):
    feeling = Feeling(made_feel({0: 50, 6: 50}, spread=spread), np.random.default_rng(1))
    return soloist(feeling=feeling, **more)


def test_with_a_feel_it_plays_as_people_do_as_far_as_the_control_says():
    """Learned: a twentieth of a beat late, 24 ticks."""
    for human, late_tick in ((1.0, 24), (0.5, 12), (0.0, 0)):
        notes = line(felt(), 8, replace(PLAIN, human=human))
        assert {n.onset_tick - n.written.onset_tick for n in notes[1:]} == {late_tick}


def test_the_feel_follows_the_line_while_it_is_not_asked_for():
    """So its chance is where it would have been when it is asked for again."""
    always, paused = felt(60), felt(60)
    line(always, 8)
    line(paused, 8, replace(PLAIN, human=0.0))
    always.steer({}, alone=False)
    paused.steer({}, alone=False)
    one, other = line(always, 8), line(paused, 8)
    assert places(one)[2:] == places(other)[2:]


def test_who_may_play_early_says_how_far_to_look():
    assert soloist().early_tick(PLAIN) == 0
    assert felt().early_tick(PLAIN) == EARLIEST_TICK
    assert felt().early_tick(replace(PLAIN, human=0.0)) == 0
    straight = SoloistConfig(controls={"human": 0.0})
    assert felt(config=straight).early_tick(PLAIN) == 0


def test_without_a_casting_it_cannot_play_as_somebody_else():
    with pytest.raises(SteeringError, match="cannot play as somebody else"):
        soloist().role({"Charlie Parker": 1.0}, None)


def test_the_first_has_the_seed_of_the_tune_and_no_other_anybodys():
    assert seed_of((7, 2), 0) == (7, 2)
    seeds = [seed_of((7, 2), place) for place in range(1, 9)]
    drawn = [tuple(np.random.default_rng(seed).integers(0, 1 << 30, 4)) for seed in seeds]
    band = [
        tuple(np.random.default_rng((7, 2, n)).integers(0, 1 << 30, 4)) for n in (*range(9), 1959)
    ]
    assert len({*drawn, *band}) == len(drawn) + len(band)


def test_a_note_that_is_short_still_sounds():
    note = line(soloist("1^:1"), 1)[0]
    assert isinstance(note.written, Note)
    assert note.end_tick > note.onset_tick
