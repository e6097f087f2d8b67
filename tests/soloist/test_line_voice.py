"""A voice that speaks the grammar "line", on small random cells."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from line_decode import decode
from pair_maker import LABELS, pair_cell

from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.music.chart import Chart
from improv.music.transcription import Heard, Transcription
from improv.originality.guard import QuoteGuard
from improv.originality.index import QuoteIndex, build_index
from improv.soloist.line_voice import (
    HIGH_PITCH,
    LONGEST_REST_STEPS,
    LOW_PITCH,
    Colour,
    LineVoice,
    Sampling,
)
from improv.soloist.loops import MOST_NOTES
from improv.soloist.voice import Step

CELL = pair_cell(3)
CHART = parse_chart("| Dm7 G7 | Cmaj7 | Em7b5 A7b9 | Dm7 NC |")
BAR = 1920


def voice(chart: Chart = CHART, seed: int = 1, player: str = "", **settings: object) -> LineVoice:
    settings.setdefault("label", LABELS.vector({player: 1.0} if player else {}))
    return LineVoice(CELL, chart, np.random.default_rng(seed), tempo_bpm=160.0, **settings)  # type: ignore[arg-type]


def line(n: int, controls: Controls | None = None, **settings: object) -> list[Step]:
    """The first n tokens; the first of them has no note."""
    playing, controls = voice(**settings), controls or Controls()  # type: ignore[arg-type]
    return [playing.step(controls) for _ in range(n)]


def test_the_same_seed_is_the_same_line():
    """Byte for byte; another seed is another line."""
    assert line(150) == line(150)
    assert line(150) != line(150, seed=2)


def test_the_tokens_are_the_notes():
    """Read from their texts and decoded over the chart, they give what was played."""
    steps = line(150, start_tick=BAR)
    notes = decode([step.token for step in steps], CHART, BAR // 40)
    played = [step.note for step in steps[1:]]
    assert steps[0].note is None
    assert [(n.onset_step * 40, n.length_steps * 40, n.pitch) for n in notes] == [
        (n.onset_tick, n.duration_tick, n.pitch) for n in played if n is not None
    ]


def test_ticks_go_on_from_token_to_token():
    """Each begins where the one before says; a note sounds at most up to the next."""
    steps = line(150)
    for step, after in pairwise(steps[1:]):
        assert step.tick < step.next_tick == after.tick
        assert step.note is not None
        assert step.tick == step.note.onset_tick
        assert step.note.onset_tick + step.note.duration_tick <= step.next_tick


@pytest.mark.parametrize("seed", range(8))
def test_a_note_begins_at_the_final_tick(seed):
    """However the dice fall; and there it is a chord tone where one is asked for."""
    final = 7 * BAR + 40 * seed
    playing = voice(seed=seed, final_tick=final)
    while playing.tick < final:
        playing.step(Controls())
    assert playing.tick == final
    step = playing.step(Controls(), landing=True)
    assert step.note is not None and step.note.onset_tick == final
    chord = CHART.chord_at(final)
    assert chord is None or step.note.pitch % 12 in chord.tone_pcs


def test_pitches_stay_in_range():
    """That of a tenor by itself, or the one asked for."""
    pitches = [step.note.pitch for step in line(300)[1:] if step.note]
    assert LOW_PITCH <= min(pitches) and max(pitches) <= HIGH_PITCH
    pitches = [s.note.pitch for s in line(300, low_pitch=60, high_pitch=64)[1:] if s.note]
    assert set(pitches) <= set(range(60, 65)) and len(set(pitches)) > 2


def test_the_first_note_comes_at_once_where_that_is_asked_for():
    """As an answer in a trade does."""
    assert line(2, at_once=True, start_tick=BAR)[1].tick == BAR


def test_density_moves_the_notes_of_a_bar():
    """More from -1 to 1, at each of five settings."""
    found = []
    for density in (-1.0, -0.5, 0.0, 0.5, 1.0):
        steps = line(300, Controls().with_values(density=density))
        found.append(300 / (steps[-1].next_tick / BAR))
    assert found == sorted(found)
    assert found[-1] > 2 * found[0]


def test_at_temperature_0_the_dice_do_not_matter():
    """Every part is the likeliest."""
    cold = Controls().with_values(temperature=0.0)
    assert line(120, cold, seed=1) == line(120, cold, seed=2)


def test_a_lower_temperature_is_less_surprising():
    """Fewer different intervals."""
    kinds = []
    for temperature in (0.3, 1.5):
        steps = line(300, Controls().with_values(temperature=temperature, top_p=1.0))
        pitches = [step.note.pitch for step in steps[1:] if step.note]
        kinds.append(len(set(np.diff(pitches).tolist())))
    assert kinds[0] < kinds[1]


def test_players_play_otherwise():
    """The same dice, another line; nobody in particular is a third."""
    lines = [line(60, player=name) for name in ("", *LABELS.players)]
    assert lines[0] != lines[1] != lines[2] != lines[0]


def test_another_player_takes_over_with_the_next_note():
    """What was played stays."""
    one, other = voice(player="Ann Arbor"), voice(player="Ann Arbor")
    assert [one.step(Controls()) for _ in range(40)] == [other.step(Controls()) for _ in range(40)]
    other.set_label(LABELS.vector({"Bob Brook": 1.0}))
    assert [one.step(Controls()) for _ in range(40)] != [other.step(Controls()) for _ in range(40)]


def test_a_chord_that_is_heard_reaches_the_pitches_of_its_time_only():
    made, leans = voice(), np.zeros(128, np.float32)
    leans[8::12] = 30.0
    made.colour = Colour(leans, 1920, 5760)
    notes = [step.note for step in (made.step(Controls()) for _ in range(120)) if step.note]
    inside = [n.pitch % 12 for n in notes if 1920 <= n.onset_tick < 5760]
    others = [n.pitch % 12 for n in notes if not 1920 <= n.onset_tick < 5760]
    assert inside and set(inside) == {8}
    assert len(set(others)) > 5


def test_it_learns_from_what_others_play_and_from_nothing_else():
    """The heads lean to what was heard again and again; what is taken back was not learned."""
    made, plain = voice(), voice()
    for each in (made, plain):
        each.keeps_open = True
    before = made.opened()

    def scores(each: LineVoice, step: int) -> np.ndarray:
        each.hear(step, 60, None)
        leans = each.open_scores()
        each.reopen(each.opened())
        return leans - np.logaddexp.reduce(leans)

    heard = [float(scores(made, 8 * at)[8]) for at in range(6)]
    plain._stepper.listen = lambda somebody_plays=True: None  # type: ignore[method-assign]
    deaf = [float(scores(plain, 8 * at)[8]) for at in range(6)]
    assert heard[:1] == deaf[:1]
    assert sum(heard[1:6]) > sum(deaf[1:6])
    known = made._stepper._listeners
    assert known is not None
    weights = known[0].save()
    made.come_in(400, 480, Controls())
    for _ in range(20):
        made.step(Controls())
    assert made._stepper._listeners[0].save() is weights
    made.reopen(before)
    assert made._stepper._listeners is None


def test_nobody_is_silent_for_more_than_four_bars():
    """However long the waits are that the cell would like."""
    sparse = Controls().with_values(density=-1.0, temperature=2.0)
    ticks = [step.next_tick - step.tick for step in line(400, sparse)]
    assert LONGEST_REST_STEPS * 40 / 2 < max(ticks) <= LONGEST_REST_STEPS * 40


def index_of_the_line() -> QuoteIndex:
    """Of what the usual dice play."""
    free = [step.note for step in line(120)[1:]]
    notes = tuple(Heard(n.onset_tick // 40, 1, n.pitch) for n in free if n)
    played = Transcription("x", "Tune", "Ann", "", "", "", 120.0, "", 4, ((0, "C7"),), (), notes)
    return build_index([played], exact=True)


def test_quotes_are_kept_short():
    """The index holds the very line that these dice play; it is not played again."""
    index = index_of_the_line()
    longest = {}
    for most in (None, 20, 8):
        guard = QuoteGuard(index, most)
        line(121, guard=guard)
        assert guard.longest is not None
        longest[most] = guard.longest.notes
    assert longest[None] == 119
    assert longest[20] <= 20 and longest[8] <= 8


METERS = (
    ("3/4 | F7 | Bb7 C7 |", 1440),
    ("5/4 | Ebm7 Bb7 |", 2400),
    ("6/8 | Cm7 | F7 |", 1440),
    ("7/4 | C7 | 2/4 F7 | 4/4 G7 |", 6240),
)


@pytest.mark.parametrize(("text", "form_tick"), METERS)
def test_any_meter_is_played(text, form_tick):
    """Onsets at several places of the form, tokens that decode to the notes, the same line again."""
    chart = parse_chart(text)
    steps = line(250, chart=chart)
    assert steps == line(250, chart=chart)
    onsets = {step.tick % form_tick for step in steps[1:]}
    assert len(onsets) > 3
    notes = decode([step.token for step in steps], chart)
    assert [n.pitch for n in notes] == [s.note.pitch for s in steps[1:] if s.note]


def test_settings_of_the_sampling_come_from_cards_and_by_name():
    """Rubbish on a card is ignored; a wrong name in a call is not."""
    rubbish = {"pitch_temperature": 0.8, "wait_top_p": "x", "colour": 1.0, "pitch_top_p": -1.0}
    assert Sampling.of(rubbish) == Sampling(pitch_temperature=0.8)  # type: ignore[arg-type]
    assert Sampling().with_values({"wait_top_p": 0.5}).wait_top_p == 0.5
    with pytest.raises(ValueError, match="no sampling setting 'colour'"):
        Sampling().with_values({"colour": 1.0})


def test_no_loop_goes_on_for_longer_than_with_people():
    """Not even where the likeliest pitch is always taken; the memory that leads back to it begins anew."""
    pitches = [step.note.pitch for step in line(600, Controls(temperature=0.0)) if step.note]
    for period, most in enumerate(MOST_NOTES, 1):
        alike = "".join(str(int(a == b)) for a, b in zip(pitches, pitches[period:], strict=False))
        assert max(map(len, alike.split("0"))) + period <= most
    assert len(set(pitches)) > 8


@pytest.mark.parametrize("before", [0, 1, 40, 2300])
def test_a_voice_that_goes_back_plays_the_same_again(before):
    """At the start, and with a memory that is full, where what comes in pushes something out."""
    wild, index = Controls(temperature=1.3), index_of_the_line()
    playing, straight = (voice(guard=QuoteGuard(index, 8)) for _ in range(2))
    for one in (playing, straight):
        for _ in range(before):
            one.step(Controls())
    saved = playing.save()
    for tokens, controls in ((100, Controls()), (30, wild), (7, Controls())):
        for _ in range(tokens):
            playing.step(controls)
        playing.restore(saved)
    assert [playing.step(Controls()) for _ in range(100)] == [
        straight.step(Controls()) for _ in range(100)
    ]


def test_a_loop_that_makes_it_forget_is_taken_back():
    """The memory of before comes back, not the new one."""
    playing, straight = voice(), voice()
    for one in (playing, straight):
        for _ in range(60):
            one.step(Controls())
    saved = playing.save()
    playing._stepper.line.forget()
    for _ in range(20):
        playing.step(Controls())
    playing.restore(saved)
    assert [playing.step(Controls()) for _ in range(60)] == [
        straight.step(Controls()) for _ in range(60)
    ]
