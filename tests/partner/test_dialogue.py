"""Trading with a partner: what is heard, what is taken back, and where it plays."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np
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


# -- without bars: answers, duets


def phrase(stage, start, pitches=(60, 62, 64, 65, 67, 69, 71, 72), step=240):
    for at, pitch in enumerate(pitches):
        stage.hear(start + at * step, pitch, length=step - 40)


def onsets(stage, end, start=0):
    return [onset for onset, *_ in stage.solo(end) if onset >= start]


def test_it_answers_when_you_stop_and_for_as_long(model):
    stage = Stage(model, "answer")
    phrase(stage, 0)
    over = 8 * 240
    first, last = onsets(stage, 8 * BAR)[0], onsets(stage, 8 * BAR)[-1]
    assert over <= first <= over + BAR + 2 * BEAT
    assert last < first + BAR + BEAT
    assert not onsets(stage, 12 * BAR, 8 * BAR)
    phrase(stage, 12 * BAR)
    assert onsets(stage, 20 * BAR, 12 * BAR)


def test_an_answer_begins_with_a_beat_after_the_phrase(model):
    stage = Stage(model, "answer", seed=4)
    phrase(stage, 0)
    dialogue = stage.ensemble._dialogue
    tick = stage.ensemble.next_tick() + stage.ensemble.early_tick
    assert tick % BEAT == 0
    assert 8 * 240 - 40 < tick <= 8 * 240 - 40 + 2 * BEAT
    assert not dialogue._is_answered


def test_an_answer_that_became_outdated_is_taken_back_before_it_sounds(model):
    stage = Stage(model, "answer")
    phrase(stage, 0)
    stage.go(8 * 240 - 30, ahead=3 * BAR)
    planned = {note_id for note_id, note in stage.given.items() if note.is_solo}
    assert planned
    stage.hear(8 * 240, 74, at=8 * 240 - 30)
    assert planned <= stage.gone


def test_an_answer_ends_when_you_go_on(model):
    stage = Stage(model, "answer", controls={"density": 1.0})
    phrase(stage, 0, pitches=range(50, 82))
    now = 32 * 240 + 2 * BAR
    stage.go(now)
    assert any(note.is_solo for note in stage.given.values())
    stage.hear(now, 70)
    assert stage.gone
    assert not onsets(stage, now + BEAT, now + 20)


def test_a_duet_goes_on_in_your_holes_and_leaves_them(model):
    stage = Stage(model, "duet", controls={"overlap": 0.0})
    stage.go(2 * BAR)
    assert onsets(stage, 2 * BAR)
    phrase(stage, 2 * BAR + BEAT, step=240)
    assert not onsets(stage, 2 * BAR + BEAT + 7 * 240, 2 * BAR + BEAT + 240)
    assert onsets(stage, 6 * BAR, 3 * BAR + BEAT)


def test_in_a_duet_it_keeps_to_another_register_and_off_your_note(model):
    stage = Stage(model, "duet")
    for bar in range(2, 16, 2):
        stage.hear(bar * BAR, 60 + bar % 3, length=BAR - 40)
    doubled = [
        (onset, pitch)
        for onset, _, pitch, _ in stage.solo(16 * BAR)
        for bar in [onset // BAR]
        if bar % 2 == 0
        and bar >= 2
        and (pitch - 60 - bar % 3) % 12 == 0
        and onset > bar * BAR + BEAT
    ]
    assert not doubled


def test_behind_you_it_lays_out_until_the_last_chord(model):
    stage = Stage(model, "back", plan=Plan(choruses=1, ending="hold"))
    phrase(stage, 0)
    assert stage.bars(13 * BAR) == {12}


def behind(stage, end):
    """What it plays behind the partner, as it sounds: what is taken back while it sounds ends there."""
    stage.go(end, 0)
    return [
        n
        for i, n in stage.given.items()
        if n.player == "solo" and not n.is_solo and i not in stage.gone
    ]


def test_behind_you_it_plays_riffs_if_asked_until_another_mode(model):
    for band in ((), band_of("drums", 1)):
        stage = Stage(model, "back riffs", band=band)
        riffs = behind(stage, 8 * BAR)
        assert {n.onset_tick // BAR for n in riffs} >= {*range(7)}
        assert not any(n.is_solo for n in stage.given.values())
        stage.ensemble.steer(Steer(mode="back"))
        assert max(n.onset_tick for n in behind(stage, 16 * BAR)) < 10 * BAR
        stage.ensemble.steer(Steer(mode="back riffs"))
        later = [n.onset_tick for n in behind(stage, 20 * BAR) if n.onset_tick > 10 * BAR]
        assert 15 * BAR < min(later) < 19 * BAR


def test_nothing_behind_you_rubs_against_what_you_hold(model):
    ends = 0
    for seed in range(4):
        rng = np.random.default_rng(seed)
        stage = Stage(model, "back riffs", band=band_of("piano", 1))
        ended, now, others = {}, 0, 0
        while now < 16 * BAR:
            stage.go(now)
            pitch, length = int(rng.integers(50, 84)), int(rng.choice((200, 700, 1900)))
            for note_id in stage.ensemble.hear(HeardNote(now, None, pitch, 80, now), now + 20):
                ended[note_id] = now + 20
            stage.go(now + length)
            for note_id, note in stage.given.items():
                end_tick = min(note.end_tick, ended.get(note_id, note.end_tick))
                sounds = note.onset_tick < now + length and end_tick > max(
                    now + 20, note.onset_tick
                )
                if note.player == "solo" and sounds:
                    others += 1
                    assert length < 320 or abs(note.pitch - pitch) % 12 != 1
            stage.ensemble.hear(
                HeardNote(now, now + length, pitch, 80, now, replaces=True), now + length + 20
            )
            now += -(-length // 240) * 240
        assert others > 20
        ends += sum(stage.given[i].onset_tick < tick for i, tick in ended.items())
    assert ends > 3


@pytest.mark.parametrize("mode", ["answer", "duet", "back", "trade 4"])
def test_from_any_mode_it_goes_back_to_playing_solos(model, mode):
    stage = Stage(model, mode)
    phrase(stage, 0)
    stage.go(3 * BAR)
    stage.ensemble.steer(Steer(mode="solo"))
    bars = stage.bars()
    assert {bar // 4 for bar in bars} >= {1, 2, 3, 4, 5}


def test_a_solo_gives_way_to_answers(model):
    stage = Stage(model, "solo")
    stage.go(4 * BAR)
    stage.ensemble.steer(Steer(mode="answer"))
    assert not onsets(stage, 12 * BAR, 6 * BAR)


# -- what is said of it


def test_what_is_praised_is_likelier_to_come_again(model):
    """The memory counts it more often; nothing else changes."""
    for mode in ("solo", "trade 4"):
        plain, praised = Stage(model, mode), Stage(model, mode)
        for stage in (plain, praised):
            stage.go(8 * BAR)
        line = praised.ensemble._soloists[0].line_voice._stepper.line
        known = line.melody_memory._heard
        assert str(praised.ensemble.steer(Steer(reward="good"))) == "good"
        for _ in range(40):  # a pedal that is trodden on for joy: once is enough
            praised.ensemble.steer(Steer(reward="good"))
        assert line.melody_memory._heard == known + 3 * min(12, known)
        assert plain.solo(8 * BAR) == praised.solo(8 * BAR)


@pytest.mark.parametrize("mode", ["solo", "trade 4"])
def test_again_takes_up_what_it_has_just_played_twice(model, mode):
    """At once, or where it waits in its next reply."""
    stage = Stage(model, mode)
    stage.go(8 * BAR)
    soloist = stage.ensemble._soloists[0]
    pitches = [note.pitch for note in stage.ensemble._recent[id(soloist)]]
    moves = {b - a for a, b in itertools.pairwise(pitches)}
    stage.ensemble.steer(Steer(reward="again"))
    stage.go(14 * BAR)
    pull = soloist.line_voice.pull
    assert {move for motif in pull._motifs for move in motif.intervals} <= moves
    assert pull._motifs
    assert pull._left < 2


def test_the_band_goes_along_with_the_partner_as_far_as_it_listens(model):
    drums = {}
    for listen in (0.0, 1.0):
        for loud in (20, 120):
            stage = Stage(
                model, "back", band=band_of("drums", 1), plan=Plan(choruses=1),
                controls={"listen": listen},
            )  # fmt: skip
            for tick in range(0, 8 * BAR, 240):
                stage.hear(tick, 60, velocity=loud)
            heard = [n.velocity for n in stage.given.values() if n.player == "drums"]
            drums[listen, loud] = heard
    assert drums[0.0, 20] == drums[0.0, 120]
    assert sum(drums[1.0, 120]) > sum(drums[1.0, 20])


@pytest.mark.parametrize("mode", ["trade 2", "trade chorus first me", "answer", "duet"])
@pytest.mark.parametrize("seed", range(3))
def test_whatever_is_heard_nothing_is_planned_for_what_is_over(model, mode, seed):
    """Notes that come thick and fast, chords, ends that come late, and other modes in between."""
    rng = np.random.default_rng(seed)
    stage = Stage(model, mode, plan=Plan(choruses=4), controls={"polite": 0.5})
    now, modes = 0, ["answer", "trade 2", "duet", "solo", "back riffs", "trade 4 first me"]
    sounding = None
    while now < 40 * BAR:
        now += int(rng.choice((20, 120, 480, 1500)))
        stage.go(now)
        known = set(stage.given)
        note = HeardNote(now - now % 40, None, int(rng.integers(45, 85)), 80, now)
        if rng.random() < 0.2:
            note = replace(note, under=(note.pitch - 9, note.pitch - 4))
        if sounding is not None and rng.random() < 0.5:
            note = replace(sounding, end_tick=max(now, sounding.onset_tick + 1), replaces=True)
        if rng.random() < 0.02:
            stage.ensemble.steer(Steer(mode=str(rng.choice(modes))))
        stage.gone |= set(stage.ensemble.hear(note, now + 20))
        sounding = None if note.replaces else note
        stage.go(now)
        new = [stage.given[note_id] for note_id in set(stage.given) - known]
        assert all(each.onset_tick >= now + 20 for each in new if each.is_solo)
    assert any(note.is_solo for note in stage.given.values())
