"""Trading with a partner: what is heard, what is taken back, and where it plays."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tiny_line import tiny_line

from improv.charts.text import parse_chart
from improv.config import Config, Plan, Tune
from improv.partner.heard import HeardNote
from improv.performance.arrangement import arrange
from improv.performance.assemble import make_ensemble, make_performance
from improv.performance.form import band_of
from improv.performance.steering import Steer

BAR, BEAT = 1920, 480
BLUES = parse_chart("| F7 | % | % | % | Bb7 | % | F7 | % | C7 | Bb7 | F7 | C7 |")
WALTZ = parse_chart("Meter: 3/4\n| Cmaj7 | Am7 | Dm7 | G7 | Em7 | A7 | Dm7 | G7 |")


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    return tiny_line(tmp_path_factory.mktemp("tiny"))


class Stage:
    """An ensemble that is played as the performer plays it: a beat ahead, and notes can be taken back."""

    def __init__(
        self, model, mode="trade 4", chart=BLUES, plan=None, seed=3, controls=None, **more
    ):
        tune = Tune(chart, plan or Plan(choruses=2), {"polite": 0.0, **(controls or {})})
        config = Config((tune,), seed=seed, mode=mode, **more)
        arrangement = arrange(chart, tune.plan)
        self.chart = arrangement.chart
        performance = make_performance(tune, arrangement)
        self.ensemble = make_ensemble(config, tune, performance, model)
        self.given, self.gone = {}, set()

    def go(self, tick, ahead=BEAT):
        for note in self.ensemble.advance(tick + ahead):
            self.given[note.note_id] = note

    def hear(self, tick, pitch, length=200, at=None, velocity=80):
        """A note, and a moment later its end; `at` is when it is heard."""
        at = tick if at is None else at
        self.go(at)
        for note in (
            HeardNote(tick, None, pitch, velocity, tick),
            HeardNote(tick, tick + length, pitch, velocity, tick, replaces=True),
        ):
            gone = self.ensemble.hear(note, at + 20)
            assert set(gone) <= set(self.given)
            assert all(self.given[note_id].onset_tick >= at + 20 for note_id in gone)
            self.gone |= set(gone)
            self.go(at)

    def solo(self, end=24 * BAR):
        self.go(end, 0)
        kept = [note for note_id, note in self.given.items() if note_id not in self.gone]
        return sorted((n.onset_tick, n.end_tick, n.pitch, n.velocity) for n in kept if n.is_solo)

    def bars(self, end=24 * BAR):
        self.solo(end)
        return {
            self.chart.bar_of(note.written.onset_tick)
            for note_id, note in self.given.items()
            if note.is_solo and note_id not in self.gone
        }


CALL = [(0, 60), (240, 62), (480, 65), (720, 67), (3 * BAR, 69), (3 * BAR + 960, 65)]


def called(model, *late, **more):
    stage = Stage(model, **more)
    for tick, pitch in CALL:
        stage.hear(tick, pitch)
    for tick, pitch in late:
        stage.hear(tick, pitch)
    return stage


@pytest.mark.parametrize(("first", "its"), [("", range(4, 8)), (" first me", range(4))])
def test_it_is_silent_in_the_partners_bars(model, first, its):
    mine = {bar for bar in range(24) if bar % 8 in its}
    bars = Stage(model, f"trade 4{first}").bars()
    assert bars <= mine
    assert {bar // 4 for bar in bars} == {bar // 4 for bar in mine}


def test_turns_are_bars_of_the_chart_in_any_meter_up_to_the_last_chord(model):
    stage = Stage(model, "trade 2", WALTZ, Plan(choruses=2, ending="tag"))
    final = stage.chart.bars - 1
    bars = stage.bars(stage.chart.length_tick)
    assert final in bars
    assert {bar % 4 for bar in bars - {final}} == {2, 3}


def test_what_is_heard_when_the_reply_is_planned_already_changes_it(model):
    """It is the reply that would have been planned had the note been there before."""
    late = 4 * BAR - 240
    stage = called(model, (late, 71))
    assert stage.gone
    assert stage.solo() != called(model).solo()
    early = Stage(model)
    for tick, pitch in (*CALL, (late, 71)):
        early.go(tick, 0)
        early.ensemble.hear(HeardNote(tick, tick + 200, pitch, 80, tick))
    assert early.solo() == stage.solo()


def test_the_same_notes_and_ticks_give_the_same_reply(model):
    late = [(4 * BAR - 120, 71), (4 * BAR - 60, 72)]
    assert called(model, *late).solo() == called(model, *late).solo()
    assert called(model, *late).solo() != called(model, (4 * BAR - 120, 59)).solo()


def test_a_reply_that_sounds_is_not_taken_back(model):
    stage = called(model)
    stage.go(5 * BAR)
    first = min(n.onset_tick for n in stage.given.values() if n.is_solo)
    stage.hear(first + BEAT, 50)
    assert not stage.gone
    assert stage.solo(8 * BAR) == called(model).solo(8 * BAR)


def test_who_plays_over_the_bar_line_is_waited_for(model):
    over = [(4 * BAR - 240, 67), (4 * BAR, 68), (4 * BAR + 240, 69), (4 * BAR + 480, 70)]
    firsts = []
    for polite in (0.0, 0.5, 1.0):
        stage = called(model, *over, controls={"polite": polite})
        firsts.append(min(onset for onset, *_ in stage.solo()))
    assert 4 * BAR + 700 < firsts[1] <= firsts[2]
    assert firsts[0] < firsts[1]


def test_a_partner_who_is_silent_is_answered_too(model):
    assert {bar // 4 for bar in Stage(model).bars()} == {1, 3, 5}


def test_a_mode_is_changed_while_it_plays(model):
    stage = Stage(model, "solo", band=band_of("drums", 1))
    stage.go(5 * BAR)
    done = stage.ensemble.steer(Steer(mode="trade 4"))
    assert str(done) == "trade 4"
    assert not stage.bars(16 * BAR) & {8, 9, 10, 11}
    stage.ensemble.steer(Steer(mode="solo"))
    assert {bar // 4 for bar in stage.bars()} > {3, 4, 5}


def test_drums_mark_where_another_turn_begins(model):
    """There they play otherwise than in a solo."""
    plain, traded = (
        Stage(model, mode, band=band_of("drums", 1), plan=Plan(choruses=1))
        for mode in ("solo", "trade 2")
    )
    heard = []
    for stage in (plain, traded):
        stage.go(12 * BAR, 0)
        drums = [n for n in stage.given.values() if n.player == "drums"]
        heard.append(
            [
                {(n.onset_tick, n.pitch) for n in drums if n.onset_tick // BAR == bar}
                for bar in range(12)
            ]
        )
    changed = {bar for bar in range(12) if heard[0][bar] != heard[1][bar]}
    assert {1, 3, 5, 7, 9} <= changed


def test_who_cannot_hear_is_silent_all_the_same(model):
    """A voice of another kind goes on, unheard."""
    stage = Stage(model)
    soloist = stage.ensemble._soloists[0]
    soloist._voice = replace_by_ticks(stage.chart)
    stage.ensemble._dialogue = stage.ensemble._begin_dialogue(stage.ensemble._dialogue.turns.mode)
    assert stage.bars() == {bar for bar in range(24) if bar % 8 >= 4}


def replace_by_ticks(chart):
    from scripted import ScriptedVoice

    return ScriptedVoice(chart, ["1^:12", "1v:12"] * 60, 0)


def test_soloists_who_play_together_wait_together(model):
    config = replace(Config(()).soloists[0], name="second", channel=2)
    stage = Stage(model, soloists=(*Config(()).soloists, config))
    assert stage.bars() <= {bar for bar in range(24) if bar % 8 >= 4}
    assert {n.player for n in stage.given.values()} == {"solo", "second"}
