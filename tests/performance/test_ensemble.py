"""The players of a tune together: who is asked when, and what comes of it."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from feel_maker import made_feel
from plan_maker import plan
from scripted import ScriptedVoice

from improv.charts.text import parse_chart
from improv.config import Plan, SoloistConfig
from improv.controls.table import Controls
from improv.errors import SteeringError
from improv.feel.play import EARLIEST_TICK, Feeling
from improv.music.note import Note
from improv.partner.heard import HeardNote
from improv.performance.arrangement import arrange, with_rest
from improv.performance.ensemble import Ensemble
from improv.performance.steering import Steer
from improv.soloist.soloist import Soloist

CHART = parse_chart("[A]\n| Dm7 | G7 |\n[B]\n| Cmaj7 | A7 | Dm7 | G7 | C6 | % |")
STRAIGHT = Controls().with_values(swing=1.0)


@dataclass
class Clapper:
    """A player of the band that claps on every off-beat, and remembers what it was asked."""

    name: str = "drums"
    asked: list = field(default_factory=list)

    def bar(self, context):
        self.asked.append(context)
        start = context.chart.bar_tick(context.bar)
        return [
            Note(tick, 60, 39, 70)
            for tick in range(start + 240, context.chart.bar_tick(context.bar + 1), 480)
        ]


def voice_of(arrangement, *tokens):
    return ScriptedVoice(arrangement.chart, tokens, arrangement.solo_tick)


def soloist_of(arrangement, *tokens, feeling=None, **config):
    return Soloist(
        SoloistConfig(**config),
        voice_of(arrangement, *tokens),
        arrangement.chart,
        feeling=feeling,
        final_tick=arrangement.final_tick,
        end_tick=arrangement.music_end_tick,
    )


def ensemble(
    tokens=("1^:12", "1v:12"),
    controls=STRAIGHT,
    chart=CHART,
    plan=None,
    rested=False,
    feeling=None,
    **more,
):
    arrangement = arrange(chart, plan or Plan(choruses=1))
    arrangement = with_rest(arrangement) if rested else arrangement
    clapper = Clapper()
    made = Ensemble(
        arrangement,
        [soloist_of(arrangement, *tokens, feeling=feeling)],
        controls,
        band=[(clapper, 9)],
        **more,
    )
    return made, clapper, arrangement


def notes_of(made, arrangement, step_tick=480):
    notes = []
    for tick in range(0, arrangement.chart.length_tick, step_tick):
        notes += made.advance(tick)
    return notes + made.advance(arrangement.chart.length_tick)


def test_the_band_is_asked_for_every_bar_with_what_it_is_for():
    plan = Plan(choruses=1, count_in_bars=1, intro_bars=2, ending="tag")
    made, clapper, arrangement = ensemble(plan=plan)
    notes_of(made, arrangement)
    asked = [(c.kind, c.new_section, c.fill) for c in clapper.asked]
    assert [kind for kind, _, _ in asked] == (
        ["intro"] * 2 + ["chorus"] * 8 + ["ending"] * 4 + ["final"]
    )
    assert [index for index, (_, new, _) in enumerate(asked) if new] == [0, 2, 4, 10, 14]
    assert [index for index, (_, _, fill) in enumerate(asked) if fill][:4] == [1, 3, 9, 13]


@pytest.mark.parametrize("step_tick", [40, 480, 1920, 15360])
def test_notes_come_in_order_and_do_not_depend_on_how_far_one_looks(step_tick):
    made, _, arrangement = ensemble(("1^:6", "5v:4", "3^:4", "1v:4"))
    reference = notes_of(made, arrangement)
    other, _, _ = ensemble(("1^:6", "5v:4", "3^:4", "1v:4"))
    notes = notes_of(other, arrangement, step_tick)
    assert notes == sorted(notes, key=lambda note: note.onset_tick)
    assert {(n.onset_tick, n.pitch, n.player) for n in notes} == {
        (n.onset_tick, n.pitch, n.player) for n in reference
    }


def test_everybody_swings_alike():
    swung = replace(STRAIGHT, swing=2.0)
    made, _, arrangement = ensemble(("1^:6", "1v:6"), swung)
    notes = notes_of(made, arrangement)
    off_beats = {note.onset_tick % 480 for note in notes} - {0}
    assert off_beats == {320}
    assert {n.player for n in notes if n.onset_tick % 480 == 320} == {"solo", "drums"}


def test_eighths_that_are_the_beat_are_not_swung():
    six = parse_chart("Meter: 6/8\n| Dm7 | G7 |")
    made, _, arrangement = ensemble(("1^:6", "1v:6"), replace(STRAIGHT, swing=2.0), six)
    assert {note.onset_tick % 240 for note in notes_of(made, arrangement)} == {0}


def test_off_beats_are_counted_from_the_bar_line():
    """After a bar of 7/8 the beats of the next bar lie between those of the first."""
    seven = parse_chart("Meter: 7/8\n| Dm7 | 4/4 G7 |")
    made, _, arrangement = ensemble(
        ("1^:36", "r:6", "1v:6", "1^:6"), replace(STRAIGHT, swing=2.0), seven
    )
    onsets = [n.onset_tick for n in notes_of(made, arrangement) if n.player == "solo"]
    assert [tick for tick in onsets if tick > 1680][:1] == [1680 + 320]


def test_the_soloist_alone_lays_back_and_accents():
    late = STRAIGHT.with_values(tempo_bpm=120.0, lay_back_ms=50.0, accents=0.0)
    made, _, arrangement = ensemble(controls=late)
    notes = notes_of(made, arrangement)
    assert {n.onset_tick % 480 for n in notes if n.player == "solo"} == {48}
    assert {n.onset_tick % 480 for n in notes if n.player == "drums"} == {240}
    assert {n.velocity for n in notes if n.player == "solo"} == {78}


def test_the_band_knows_how_busy_the_soloist_was_in_the_bar_before():
    tokens = ("1^:6", "1v:6", "1^:6", "1v:6", "1^:6", "1v:6", "1^:6", "1v:6", "1^:48", "1v:24")
    made, clapper, arrangement = ensemble(tokens)
    notes_of(made, arrangement)
    assert [c.busy for c in clapper.asked][:4] == [0.0, 1.0, 0.125, 0.625]


def test_the_band_leaves_room_for_what_the_partner_plays():
    made, clapper, arrangement = ensemble(("1^:48",))
    made.advance(0)
    for tick in range(0, 1920, 480):
        note = HeardNote(tick, None, 72, 90, tick)
        made.hear(note)
        made.hear(replace(note, end_tick=tick + 240, replaces=True))
    notes_of(made, arrangement)
    alone, by_itself, arrangement = ensemble(("1^:48",))
    notes_of(alone, arrangement)
    busier = [c.busy - b.busy for c, b in zip(clapper.asked, by_itself.asked, strict=True)]
    assert busier == [0.0, 0.5, *[0.0] * (len(busier) - 2)]


def test_the_band_knows_how_loud_the_soloist_was_in_the_bar_before():
    made, clapper, arrangement = ensemble(
        LINE, plan=Plan(choruses=2), feeling=Feeling(FELT, np.random.default_rng(3))
    )
    notes = solo_of(notes_of(made, arrangement))
    assert clapper.asked[0].loud == 0.5, "nothing was heard yet"
    for context in clapper.asked[1:]:
        start = arrangement.chart.bar_tick(context.bar - 1)
        heard = [n.velocity for n in notes if start <= n.written.onset_tick < start + 1920]
        assert context.loud == pytest.approx(min(1.0, max(0.0, (np.mean(heard) - 60) / 36)))
    assert len({context.loud for context in clapper.asked}) == 3


@dataclass
class Pianist:
    """Strikes the same four notes on every beat, and lets them ring to the next."""

    pitches: tuple[int, ...] = (59, 62, 64, 69)
    name: str = "piano"

    def bar(self, context):
        start, end = context.chart.bar_tick(context.bar), context.chart.bar_tick(context.bar + 1)
        return [Note(tick, 480, p, 60) for tick in range(start, end, 480) for p in self.pitches]


def comped(*tokens, step_tick=480, chart=CHART, swing=1.0, pitches=(59, 62, 64, 69)):
    arrangement = arrange(chart, Plan(choruses=1))
    made = Ensemble(
        arrangement,
        [soloist_of(arrangement, *tokens)],
        replace(STRAIGHT, swing=swing),
        band=[(Pianist(pitches), 1)],
    )
    notes = notes_of(made, arrangement, step_tick)
    return [n for n in notes if n.is_solo], [n for n in notes if not n.is_solo]


C_MAJOR = parse_chart("| Cmaj7 | % | % | % |")


def test_a_chord_leaves_out_what_would_be_a_semitone_beside_a_long_note():
    solo, piano = comped("1^:24", chart=C_MAJOR)
    assert {note.pitch % 12 for note in solo} == {0}
    assert {note.pitch for note in piano} == {62, 64, 69}, "without the seventh under the root"
    _, piano = comped("5^:24", chart=C_MAJOR)
    assert {note.pitch for note in piano} == {59, 62, 64, 69}
    _, piano = comped("1^:6", "9v:6", chart=C_MAJOR)
    assert {note.pitch for note in piano} == {59, 62, 64, 69}, "eighths pass"


def test_a_voice_that_may_rub_is_released_where_the_next_note_may_begin():
    """An octave above the chord C, F and others may follow G at the end of a dotted quarter; E and A ring."""
    _, piano = comped("5^:18", "5v:30", chart=C_MAJOR)
    first = {
        note.pitch: note.end_tick - note.onset_tick for note in piano if note.onset_tick == 480
    }
    assert min(first.values()) == 240 and max(first.values()) == 480
    last = {note.end_tick - note.onset_tick for note in piano if note.onset_tick == 960}
    assert last == {480}, "nothing new can begin while it sounds"


def test_a_voice_beside_a_step_out_of_the_scale_is_released_unless_chords_ring():
    """After G, Ab may come over the G of a swinging chord an octave below; a ballad's rings on."""
    lengths = []
    for feel in ("medium swing", "ballad"):
        chart = replace(C_MAJOR, feel=feel)
        _, piano = comped("5^:18", "5v:30", chart=chart, pitches=(67,))
        note = next(note for note in piano if note.onset_tick == 480)
        lengths.append(note.end_tick - note.onset_tick)
    assert lengths == [240, 480]


@pytest.mark.parametrize("swing", [1.0, 2.0])
def test_no_chord_rubs_against_a_long_note_however_far_one_looks(swing):
    line = ("1^:6", "3^:18", "7^:24", "r:9", "9v:15", "11^:24", "13v:12", "1v:36")
    solo, piano = comped(*line, swing=swing)
    assert {(n.onset_tick, n.end_tick, n.pitch) for n in piano} == {
        (n.onset_tick, n.end_tick, n.pitch) for n in comped(*line, swing=swing, step_tick=15360)[1]
    }
    for note in solo:
        for other in piano:
            together = min(note.end_tick, other.end_tick) - max(note.onset_tick, other.onset_tick)
            if note.end_tick - note.onset_tick >= 480 and together >= 120:
                assert abs(note.pitch - other.pitch) % 12 != 1
    assert len(piano) > 80


def test_a_chord_makes_way_for_what_the_partner_holds():
    arrangement = arrange(C_MAJOR, Plan(choruses=1))
    made = Ensemble(arrangement, [], STRAIGHT, band=[(Pianist(), 1)])
    made.advance(0)
    made.hear(HeardNote(240, None, 72, 90, 240))
    held = made.advance(480)
    made.hear(HeardNote(240, 600, 72, 90, 240, replaces=True))
    after = made.advance(960)
    assert [{n.pitch for n in notes} for notes in (held, after)] == [{62, 64, 69}, {59, 62, 64, 69}]


def test_the_same_seed_and_bar_have_the_same_dice():
    draws = []
    for seed in ((1, 0), (1, 0), (1, 1)):
        made, clapper, arrangement = ensemble(seed=seed)
        notes_of(made, arrangement)
        draws.append([context.rng.random() for context in clapper.asked])
    assert draws[0] == draws[1] != draws[2]
    assert len(set(draws[0])) == len(draws[0])


def test_the_arc_reaches_the_band():
    made, clapper, arrangement = ensemble(arc="build", choruses=3, plan=Plan(choruses=3))
    notes_of(made, arrangement)
    intensities = [context.controls.intensity for context in clapper.asked]
    assert intensities == sorted(intensities)
    assert intensities[-1] - intensities[0] > 0.5


def test_the_last_note_is_held_with_the_last_chord_if_it_fits():
    plan = Plan(choruses=1, ending="hold")
    made, _, arrangement = ensemble(("1^:12", "1v:12"), plan=plan)
    last = [n for n in notes_of(made, arrangement) if n.player == "solo"][-1]
    assert (last.onset_tick, last.end_tick) == (arrangement.final_tick, arrangement.end_tick)
    made, _, arrangement = ensemble(("1^:36", "b9^:36", "b9v:36"), plan=plan)
    last = [n for n in notes_of(made, arrangement) if n.player == "solo"][-1]
    assert (last.onset_tick, last.end_tick) == (15360 - 960, 15360 + 480)


def test_nobody_plays_in_the_rest_before_the_next_tune():
    made, clapper, arrangement = ensemble(plan=Plan(choruses=1, ending="hold"), rested=True)
    notes = notes_of(made, arrangement)
    assert arrangement.end_tick == arrangement.rest_tick + 1920
    assert max(note.end_tick for note in notes) == arrangement.rest_tick
    assert [context.kind for context in clapper.asked][-2:] == ["chorus", "final"]


def test_a_line_that_reaches_the_last_chord_lands_on_one_of_its_tones():
    made, _, arrangement = ensemble(
        ("1^:12", "b9^:12", "b9v:12"), plan=Plan(choruses=1, ending="hold")
    )
    last = [n for n in notes_of(made, arrangement) if n.player == "solo"][-1]
    assert last.onset_tick == arrangement.final_tick
    assert last.pitch % 12 in arrangement.chart.chord_at(arrangement.final_tick).tone_pcs


def test_the_first_note_belongs_to_the_chord():
    made, _, arrangement = ensemble(("b9^:12", "b9v:12"))
    solo = [n for n in notes_of(made, arrangement) if n.player == "solo"]
    assert solo[0].pitch % 12 in arrangement.chart.chord_at(0).tone_pcs
    assert solo[1].pitch % 12 not in arrangement.chart.chord_at(0).tone_pcs


def test_every_bar_has_a_generator_of_its_own():
    """The same for the same seed, player and bar, whatever was drawn before."""
    drawn = []

    class Gambler(Clapper):
        def bar(self, context):
            drawn.append((context.bar, *context.rng.random(3 + len(drawn) % 5)[:3]))
            return []

    for seed in (1, 1, 2):
        arrangement = arrange(CHART, Plan(choruses=2))
        made = Ensemble(
            arrangement,
            [soloist_of(arrangement, "1^:12", "1v:12")],
            STRAIGHT,
            band=[(Gambler(), 9), (Gambler(), 1)],
            seed=(seed,),
        )
        notes_of(made, arrangement)
    one, again, other = (
        drawn[at : at + len(drawn) // 3] for at in range(0, len(drawn), len(drawn) // 3)
    )
    assert one == again
    assert len({row[1:] for row in one + other}) == len(one + other)


def test_the_count_in_is_played_on_the_drum_channel_and_the_soloist_waits():
    plan = Plan(choruses=1, count_in_bars=1)
    clicks = [Note(tick, 60, 37, 90) for tick in range(0, 1920, 480)]
    made, clapper, arrangement = ensemble(plan=plan, count_in=clicks)
    notes = notes_of(made, arrangement)
    lead = [n for n in notes if n.onset_tick < 1920]
    assert [(n.pitch, n.channel, n.player) for n in lead] == [(37, 9, "count-in")] * 4
    assert min(n.onset_tick for n in notes if n.player == "solo") == 1920
    assert clapper.asked[0].bar == 1
    assert len({note.note_id for note in notes}) == len(notes)


def two(first, second, controls=STRAIGHT, **more):
    arrangement = arrange(CHART, Plan(choruses=1))
    soloists = [
        soloist_of(arrangement, *first),
        soloist_of(arrangement, *second, name="other", channel=3),
    ]
    clapper = Clapper()
    made = Ensemble(arrangement, soloists, controls, band=[(clapper, 9)], **more)
    return made, clapper, arrangement


def test_of_two_soloists_the_one_that_is_behind_is_stepped_and_of_a_tie_the_first():
    """Whole notes against quarters; numbers are given in the order in which notes are worked out."""
    made, _, arrangement = two(("1^:48",), ("1^:12",))
    notes = [n for n in notes_of(made, arrangement) if n.onset_tick < 2 * 1920 and n.is_solo]
    order = [(n.player, n.onset_tick) for n in sorted(notes, key=lambda n: n.note_id)]
    assert order == [
        ("solo", 0),
        *(("other", tick) for tick in range(0, 1920, 480)),
        ("solo", 1920),
        *(("other", tick) for tick in range(1920, 3840, 480)),
    ]
    assert {(n.player, n.channel) for n in notes} == {("solo", 0), ("other", 3)}


@pytest.mark.parametrize("step_tick", [40, 1920, 15360])
def test_what_two_play_does_not_depend_on_how_far_one_looks(step_tick):
    made, _, arrangement = two(("1^:6", "r:7", "5v:9"), ("3^:4", "1v:13"))
    reference = notes_of(made, arrangement)
    again, _, _ = two(("1^:6", "r:7", "5v:9"), ("3^:4", "1v:13"))
    assert {replace(n, note_id=0) for n in notes_of(again, arrangement, step_tick)} == {
        replace(n, note_id=0) for n in reference
    }


def test_the_band_hears_them_all():
    """Quarters are half as busy as eighths; of two who play quarters each adds its own."""
    alone, clapper, arrangement = ensemble(("1^:12",))
    notes_of(alone, arrangement)
    assert {context.busy for context in clapper.asked[1:]} == {0.5}
    both, clapper, arrangement = two(("1^:12",), ("1^:12",))
    notes_of(both, arrangement)
    assert {context.busy for context in clapper.asked[1:]} == {1.0}


def test_a_control_is_given_to_one_or_to_all():
    def steered(*steers):
        made, _, arrangement = two(("1^:12",), ("1^:12",), seed=(1,))
        for steer in steers:
            made.steer(steer)
        solos = [n for n in notes_of(made, arrangement) if n.is_solo]
        return [
            {n.onset_tick - n.written.onset_tick for n in solos if n.player == name}
            for name in ("solo", "other")
        ]

    late = {"lay_back_ms": 50.0, "tempo_bpm": 120.0}
    everybody = Steer(controls=late)
    alone = Steer(controls={"lay_back_ms": 25.0}, soloist="other")
    tempo = Steer(controls={"tempo_bpm": 120.0})
    assert steered(everybody) == [{48}, {48}]
    assert steered(tempo, alone) == [{0}, {24}]
    assert steered(everybody, alone) == [{48}, {24}]
    assert steered(alone, everybody) == [{48}, {48}], "what is said to all goes for it too"


@pytest.mark.parametrize(
    ("steer", "words"),
    [
        (Steer(controls={"density": 0.5}, soloist="third"), "'third': expected solo or other"),
        (Steer(controls={"tempo_bpm": 90.0}, soloist="other"), "tempo holds for everybody"),
        (Steer(controls={"volume": 1.0}, soloist="other"), "'volume'"),
        (Steer({"Charlie Parker": 1.0}), "cannot play as somebody else"),
    ],
)
def test_what_cannot_be_is_refused_and_changes_nothing(steer, words):
    made, _, arrangement = two(("1^:12",), ("3^:6",))
    with pytest.raises(SteeringError, match=words):
        made.steer(steer)
    untouched, _, _ = two(("1^:12",), ("3^:6",))
    assert notes_of(made, arrangement) == notes_of(untouched, arrangement)


LINE = ("1^:6", "1v:6", "5v:4", "3^:4", "1v:4", "1^:3", "1v:3", "r:6")
HUMAN = replace(STRAIGHT, swing=2.0, tempo_bpm=140.0)
FELT = made_feel({0: -100, 6: 80, 4: 30}, spread=60, loud={0: 500}, length=700)


def felt(human=1.0, seed=3, plan=None, chart=CHART, feel=FELT):
    return ensemble(
        LINE,
        replace(HUMAN, human=human),
        chart,
        plan or Plan(choruses=3),
        feeling=Feeling(feel, np.random.default_rng(seed)),
    )


def solo_of(notes):
    return [n for n in notes if n.player == "solo"]


def test_with_the_knob_at_0_a_feeling_changes_nothing():
    without, _, arrangement = ensemble(LINE, HUMAN, plan=Plan(choruses=3))
    made, _, _ = felt(human=0.0)
    assert notes_of(made, arrangement) == notes_of(without, arrangement)


def test_the_feeling_is_the_soloists_alone_and_pitches_are_not_its_business():
    without, _, arrangement = ensemble(LINE, HUMAN, plan=Plan(choruses=3))
    plain = notes_of(without, arrangement)
    for human in (0.5, 1.0, 1.5):
        made, _, _ = felt(human)
        notes = notes_of(made, arrangement)
        assert [n.onset_tick for n in notes if n.player == "drums"] == [
            n.onset_tick for n in plain if n.player == "drums"
        ]
        assert [(n.pitch, n.written.onset_tick) for n in solo_of(notes)] == [
            (n.pitch, n.written.onset_tick) for n in solo_of(plain)
        ]
        assert [n.onset_tick for n in solo_of(notes)] != [n.onset_tick for n in solo_of(plain)]


@pytest.mark.parametrize("step_tick", [40, 480, 1920, 15360])
def test_felt_notes_come_in_order_however_far_one_looks(step_tick):
    """Also those that are played before they are written."""
    made, _, arrangement = felt()
    reference = notes_of(made, arrangement)
    other, _, _ = felt()
    notes = notes_of(other, arrangement, step_tick)
    assert notes == sorted(notes, key=lambda note: note.onset_tick)
    assert {(n.onset_tick, n.end_tick, n.pitch, n.velocity) for n in notes} == {
        (n.onset_tick, n.end_tick, n.pitch, n.velocity) for n in reference
    }
    assert any(n.onset_tick < n.written.onset_tick for n in solo_of(notes))


def test_a_felt_note_is_near_where_it_is_written_to_the_end():
    made, _, arrangement = felt(plan=Plan(choruses=20))
    notes = solo_of(notes_of(made, arrangement))
    away = [n.onset_tick - n.written.onset_tick for n in notes]
    assert min(away) >= -EARLIEST_TICK
    first, last = away[: len(away) // 2], away[len(away) // 2 :]
    assert abs(np.mean(first) - np.mean(last)) < 5
    for before, after in itertools.pairwise(notes):
        assert before.onset_tick < after.onset_tick
        assert before.end_tick <= after.onset_tick


def test_the_users_lay_back_comes_on_top():
    feel = made_feel({0: 50})
    made, _, arrangement = felt(feel=feel)
    plain = [n.onset_tick for n in solo_of(notes_of(made, arrangement))]
    late, _, _ = ensemble(
        LINE,
        replace(HUMAN, lay_back_ms=50.0),
        plan=Plan(choruses=3),
        feeling=Feeling(feel, np.random.default_rng(3)),
    )
    assert [n.onset_tick for n in solo_of(notes_of(late, arrangement))][: len(plain)] == [
        tick + 56 for tick in plain if tick + 56 < arrangement.end_tick
    ]


def test_a_line_over_six_eight_is_late_and_even():
    six = parse_chart("Meter: 6/8\n| Dm7 | G7 |")
    made, _, arrangement = felt(chart=six, feel=made_feel({0: 50, 6: 200}))
    away = {n.onset_tick - n.written.onset_tick for n in solo_of(notes_of(made, arrangement))}
    assert away == {24}


def test_steps_give_the_same_notes_a_token_or_a_bar_at_a_time():
    by_ticks, _, arrangement = ensemble(controls=Controls())
    expected = notes_of(by_ticks, arrangement)
    made, clapper, _ = ensemble(controls=Controls())
    notes = []
    while made.next_tick() is not None:
        done = made.steps + len(clapper.asked)
        notes += made.step()
        assert made.steps + len(clapper.asked) == done + 1
    assert sorted(notes, key=lambda note: (note.onset_tick, note.note_id)) == expected
    assert made.step() == []


class Planning(ScriptedVoice):
    """Means to play four notes wherever it has just been silent."""

    silent = True

    def step(self, controls, landing=False):
        step = super().step(controls, landing)
        begins, self.silent = self.silent and step.note is not None, step.note is None
        return replace(step, plan=plan(step.tick) if begins else None)


def test_the_plan_of_a_phrase_goes_with_its_first_note_and_with_no_other():
    """And where that is not heard, there is none to be seen."""
    arrangement = arrange(CHART, Plan(choruses=1))
    voice = Planning(arrangement.chart, ("1^:6", "5v:6", "r:36"))
    soloist = Soloist(SoloistConfig(), voice, arrangement.chart)
    made = Ensemble(arrangement, [soloist], STRAIGHT.with_values(lay_back_ms=40.0))
    notes = made.advance(4 * 1920 - 1)
    assert [note.plan and note.plan.begin_tick for note in notes] == [
        0,
        None,
        1920,
        None,
        3840,
        None,
        5760,
        None,
    ]
    assert all(note.plan.begin_tick == note.written.onset_tick for note in notes if note.plan)
    made.steer(Steer(mutes={"solo": True}))
    assert made.advance(8 * 1920) == []
