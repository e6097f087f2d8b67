"""Chosen while it plays: another chart, the next tune, silence, and who is heard. It replays as it was."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from fakes import LocalSender
from session_stage import BAR, SET, S, assert_replays, perform

from improv.charts.library import load_chart
from improv.config import DEFAULT_MODEL, Config, Plan, SoloistConfig, Tune
from improv.controls.mixer import Mixer
from improv.live.performer import HORIZON_TICK
from improv.live.scheduler import GUARD_NS
from improv.midi.bindings import read_bindings
from improv.midi.events import ClockMessage, Heard, Reload, Stop
from improv.midi.latency import Latency
from improv.performance.ensemble import Ensemble
from improv.performance.form import band_of
from improv.performance.steering import parse_steer
from improv.session.restore import configs_of
from improv.sync.midi_clock import ClockFollower

TUNE = Tune(load_chart("blues"), Plan(), {"tempo_bpm": 200.0})
BAR_NS = 4 * 60 * S // 200
VAMP = "chart | Fm7 | Bb7 |"


def typed(*lines):
    """(when in bars, line) as events."""
    return [(round(bar * BAR_NS), parse_steer(line)) for bar, line in lines]


def played(folder, *lines, tunes=(TUNE,), until=40, **more):
    """What was played and answered, with the log replayed."""
    answers = []
    events = [*typed(*lines), (until * BAR_NS, Stop("x"))]
    stage = perform(folder, tunes, events, answer=answers.append, **more)
    stage.answers = [(answer.text, answer.problem) for answer in answers]
    assert stage.port.sounding == set()
    assert_replays(folder, DEFAULT_MODEL)
    return stage


def onsets(stage, player, part=0):
    notes = stage.session.parts[part].notes
    return sorted(note.onset_tick for note in notes if note.player == player)


def spans_of(stage, player):
    """(onset, end, pitch) of all notes of somebody."""
    notes = stage.session.parts[0].notes
    return sorted((n.onset_tick, n.end_tick, n.pitch) for n in notes if n.player == player)


def test_a_chart_begins_with_the_next_chorus_in_the_same_tempo(tmp_path):
    stage = played(tmp_path, (3, "tempo 180"), (5, VAMP), until=30)
    before, after = stage.session.parts
    assert (before.end_tick, after.start_tick) == (12 * BAR, 0)
    assert after.controls["tempo_bpm"] == 180
    started_ns = before.start_ns + round(3.0 * BAR_NS) + round(9 * BAR_NS * 200 / 180)
    assert abs(after.start_ns - started_ns) < S / 20
    assert max(note.onset_tick for note in before.notes) < 12 * BAR
    assert onsets(stage, "bass", 1)[0] == 0, "the band is there on the first beat"
    assert stage.answers[1] == ("'| Fm7 | Bb7 |' from the next chorus on", False)


def test_the_first_notes_are_worked_out_before_the_time_of_the_first_beat_is_chosen(
    tmp_path, monkeypatch
):
    """Which takes longer than the lead where it rehearses: the first beat was late, or dropped."""
    done, when_opened = [], []
    work_out, opened = Ensemble.work_out, LocalSender.opened
    monkeypatch.setattr(
        Ensemble, "work_out", lambda self, tick: [done.append(tick), work_out(self, tick)]
    )
    monkeypatch.setattr(
        LocalSender,
        "opened",
        lambda self, clock: [when_opened.extend(done), opened(self, clock)][1],
    )
    played(tmp_path, until=4)
    assert when_opened == [HORIZON_TICK]


def test_what_of_a_typed_chart_cannot_be_read_is_said(tmp_path):
    stage = played(tmp_path, (5, "chart | Dm7 | Gx7 |"), until=14)
    assert [text[:28] for text, problem in stage.answers] == [
        "'| Dm7 | Gx7 |' from the nex",
        "Cannot read chord 'Gx7' in b",
    ]


def test_another_chart_now_and_then_the_same_again_is_another_solo(tmp_path):
    stage = played(tmp_path, (2.5, f"{VAMP} now"), (8.5, f"{VAMP} now"), until=16)
    ends = [part.end_tick for part in stage.session.parts[:2]]
    assert ends == [3 * BAR, 6 * BAR]
    lines = [[n.pitch for n in part.notes if n.is_solo] for part in stage.session.parts[1:]]
    assert lines[0][:8] != lines[1][:8]


def test_a_set_goes_on_when_told_and_its_changes_hold(tmp_path):
    lines = (2, "next"), (3, "tempo 150"), (4, "density 0.8")
    stage = played(tmp_path, *lines, tunes=SET, until=60)
    first, second = stage.session.parts
    assert first.end_tick == 13 * BAR, "a bar of count-in and a chorus"
    assert (first.number, second.number, second.start_tick) == (0, 1, 0)
    assert second.controls["tempo_bpm"] != 150
    assert second.controls["density"] == 0.8
    assert stage.summary.why == "finished"


def test_in_the_last_chorus_a_chart_comes_in_place_of_the_ending(tmp_path):
    tune = replace(TUNE, plan=Plan(choruses=1, ending="tag"))
    stage = played(tmp_path, (5, VAMP), tunes=(tune,))
    before, after = stage.session.parts
    assert before.end_tick == 12 * BAR
    assert after.whole_end_tick is not None
    assert stage.summary.why == "finished", "it is played as often as the tune was to be"


def test_stopped_it_is_silent_and_starts_from_the_top(tmp_path):
    stage = played(tmp_path, (4.3, "stop"), (5, "density 0.5"), (9, "start"), until=14)
    before, after = stage.session.parts
    gap = [ns for ns, data in stage.port.sent if 4.4 * BAR_NS < ns - before.start_ns < 9 * BAR_NS]
    assert gap == []
    assert (after.start_tick, after.controls["density"]) == (0, 0.5)
    assert 0 < after.start_ns - 9 * BAR_NS < S // 10
    assert [text for text, _ in stage.answers] == ["stop", "density 0.5", "start"]


def test_while_stopped_a_chart_begins_at_once_and_stop_ends_all(tmp_path):
    stage = played(tmp_path, (4, "stop"), (6, VAMP), (9, "stop"), until=12)
    first, second = (part.end_tick for part in stage.session.parts)
    assert (first, second) == (pytest.approx(4 * BAR, abs=100), pytest.approx(3 * BAR, abs=150))


def test_what_cannot_be_is_said_and_nothing_changes(tmp_path):
    stage = played(tmp_path, (1, "next"), (2, "start"), (3, "mute trumpet"), until=6)
    assert all(problem for _, problem in stage.answers)
    said = [text for text, _ in stage.answers]
    assert said[0] == "There is no next tune: this is the last."
    assert "expected solo or piano or bass or drums" in said[2]
    assert len(stage.session.parts) == 1


def test_a_clock_that_is_followed_is_not_stopped_but_takes_a_chart(tmp_path):
    times = [S + round(n * 60 * S / 200 / 24) for n in range(1500)]
    events = [(ns, ClockMessage(ns, b"\xf8")) for ns in times]
    events.append((times[48] - 1000, ClockMessage(times[48] - 1000, b"\xfa")))
    events += [*typed((6, "stop"), (7, VAMP)), (18 * S, Stop("x"))]
    answers = []
    stage = perform(
        tmp_path,
        (TUNE,),
        sorted(events, key=lambda event: event[0]),
        answer=answers.append,
        clock="midi",
        follower=ClockFollower("DAW", round(60 * S / 200)),
    )
    assert [answer.problem for answer in answers if answer.text][-2:] == [True, False]
    assert [part.title for part in stage.session.parts][-1] == "| Fm7 | Bb7 |"
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_a_mixer_silences_whom_it_should_and_nobody_plays_otherwise(tmp_path):
    (tmp_path / "plain").mkdir()
    plain = played(tmp_path / "plain", until=30)
    lines = (3.03, "mute piano"), (6, "unmute piano"), (8, "solo bass, solo"), (12.4, "solo off")
    flick = (16.1, "mute bass"), (16.2, "unmute bass")  # all of it within what is planned
    stage = played(tmp_path, *lines, (14, "volume bass 0.6"), *flick, until=30)
    steers = [row for row in stage.session.parts[0].steers if not row.steer.volumes]
    guard_tick = GUARD_NS / BAR_NS * BAR
    assert all(row.open_tick - row.tick == pytest.approx(guard_tick, abs=1) for row in steers)
    muted, unmuted, alone, all_again, *flicked = (row.open_tick for row in steers)
    first, second = (muted, unmuted), (alone, all_again)
    silent = {"piano": [first, second], "drums": [second], "bass": [tuple(flicked)], "solo": []}
    cut = 0
    for player, spans in silent.items():
        expected = []
        for onset_tick, end_tick, pitch in spans_of(plain, player):
            if not any(start <= onset_tick < end for start, end in spans):
                ends = [start for start, _ in spans if onset_tick < start < end_tick]
                cut += len(ends)
                expected.append((onset_tick, min([*ends, end_tick]), pitch))
        assert spans_of(stage, player) == sorted(expected)
    assert cut >= 3
    volumes = [(ns, data) for ns, data in stage.port.sent if data[0] == 0xB2 and data[1] == 7]
    assert volumes == [(14 * BAR_NS, bytes((0xB2, 7, 76)))]


@pytest.mark.parametrize("latency", [Latency(), Latency(-60.0)])
def test_whoever_is_muted_is_silent_at_once_whatever_else_is_done(tmp_path, latency):
    """What the tune before had handed over too; and muted at the halt of a clock, not there afterwards."""
    guard_ns = GUARD_NS + S // 500
    rng = np.random.default_rng(14)
    for switch in (f"{VAMP} now", "loop 1-2 now", "tempo 80 over 2", "panic"):
        bars = 4 + rng.random(2) * 3
        lines = (3.5, switch), (bars[0], "mute piano, bass"), (bars[1] + 3, "unmute bass")
        stage = played(tmp_path, *lines, until=14, latency=latency)
        at = {bar * BAR_NS: line for bar, line in lines}
        mute_ns, unmute_ns = [*at][1:]
        late = [(ns, data) for ns, data in stage.port.sent if mute_ns + guard_ns < ns < unmute_ns]
        assert {data[0] for _, data in late} & {0x91, 0x81, 0x92, 0x82} == set(), switch
        back = [ns for ns, data in stage.port.sent if data[0] == 0x92 and ns >= unmute_ns]
        assert back[0] < unmute_ns + BAR_NS


def test_what_was_typed_holds_when_all_is_read_again(tmp_path):
    """And where it does not fit what was read, that is said, and it plays on."""
    eight = replace(TUNE, chart=load_chart("| Dm7 | G7 | Cmaj7 | % | Em7 | A7 | Dm7 | G7 |"))
    louder = Mixer({"bass": 0.9, "piano": 0.5})
    band = band_of("guitar,bass,drums", 1)
    fresh = [
        Config((replace(eight, controls={"tempo_bpm": 90.0, "density": 0.5}),), mixer=louder),
        Config((replace(eight, chart=load_chart("| Dm7 |")),)),
        Config((eight,), model="etudes"),
        Config((eight,), band=band, mode="duet", soloists=(SoloistConfig(program=71),)),
    ]
    fresh[0] = replace(fresh[0], band=band_of("piano,bass,drums", 1), seed=99)
    lines = (2, "loop 5-6 now"), (2, "tempo 180"), (2, "volume bass 0.6"), (2, "mute drums")
    more = (2, "player Charlie Parker"), (2, "@solo density 0.25"), (12, "chart | Fm7 | Bb7 | now")
    events = [(8 * BAR_NS, Reload()), (9 * BAR_NS, Reload()), (10 * BAR_NS, Reload())]
    events += [(20 * BAR_NS, Reload()), (26 * BAR_NS, Stop("x"))]
    said = []
    stage = perform(
        tmp_path,
        (TUNE,),
        sorted([*typed(*lines, *more), *events], key=lambda event: event[0]),
        reload=lambda: fresh.pop(0),
        answer=lambda answer: said.append((answer.text, answer.problem)),
    )
    wrong = [text for text, problem in said if problem]
    assert [text[:49] for text in wrong] == [
        "Nothing was read again, it plays on as before: Ca",
        "Nothing was read again, it plays on as before: Th",
    ]
    assert "Cannot loop bars '5-6'" in wrong[0]
    assert "Charlie Parker" in wrong[1]
    _, looped, again, vamp, last = stage.session.parts
    assert (looped.title, again.title) == ("Blues in F", eight.chart.title)
    assert vamp.title == last.title == "| Fm7 | Bb7 |"
    assert {part.controls["tempo_bpm"] for part in (again, vamp, last)} == {180.0}
    assert again.controls["density"] == 0.5
    configs = configs_of(stage.session)
    assert [configs[part.config].tunes[0].plan.loop for part in (again, last)] == ["5-6", ""]
    assert not onsets(stage, "drums", 2) and not onsets(stage, "drums", 4)
    assert onsets(stage, "guitar", 4) and configs[-1].mode == "duet"
    sounds = [tuple(d) for _, d in stage.port.sent if d[0] & 0xF0 == 0xC0 or d[1] == 7]
    assert sounds[3:] == [(0xB2, 7, 76), (0xB1, 7, 64), (0xC0, 71), (0xC3, 26)]
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_whoever_is_muted_while_a_clock_stands_still_is_not_there_when_it_goes_on(tmp_path):
    pulse_ns = 60 * S // 200 // 24
    starts = {48: b"\xfa", 480: b"\xfc", 700: b"\xfb"}
    events = [(S + n * pulse_ns, b"\xf8") for n in range(1500)]
    events += [(S + n * pulse_ns - 1000, data) for n, data in starts.items()]
    events = [(ns, ClockMessage(ns, data)) for ns, data in sorted(events)]
    muted_ns = S + 600 * pulse_ns
    events.append((muted_ns, parse_steer("mute bass")))
    follower = ClockFollower("DAW", round(60 * S / 200))
    events = sorted([*events, (18 * S, Stop("x"))], key=lambda event: event[0])
    stage = perform(tmp_path, (TUNE,), events, clock="midi", follower=follower)
    after = {data[0] for ns, data in stage.port.sent if ns > S + 700 * pulse_ns}
    assert (0x92 in after, 0x99 in after) == (False, True)
    assert stage.port.sounding == set()
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_the_mixer_holds_through_tunes(tmp_path):
    lines = (1, "mute drums"), (2, "next now")
    stage = played(tmp_path, *lines, tunes=SET, until=60)
    assert onsets(stage, "drums", 1) == []
    assert len(onsets(stage, "bass", 1)) > 5


def knob(number, *values):
    return [
        (18 * S + n * S // 50, Heard(18 * S + n * S // 50, bytes((0xB0, number, v))))
        for n, v in enumerate(values)
    ]


def test_a_knob_turns_a_control_and_says_so_when_it_rests(tmp_path):
    answers, kept = [], []
    events = [*typed((2, "learn density"), (5, "forget swing")), *knob(20, 10, *range(60, 100))]
    stage = perform(
        tmp_path,
        (TUNE,),
        [*events, (24 * S, Stop("x"))],
        answer=answers.append,
        keep=kept.append,
    )
    texts = [answer.text for answer in answers]
    assert texts[:3] == [
        "Move what is to do 'density': a knob, a key, a pedal of the input.",
        "Nothing is bound to 'swing'.",
        "cc 20 does 'density' from now on",
    ]
    assert texts[3:] == ["density 0.559"]
    assert [[(one.key, one.line) for one in row] for row in kept] == [[("cc 20", "density")]]
    assert len(stage.session.parts[0].steers) == 37, "from where it met what held"
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_a_pad_that_is_struck_again_undoes_what_it_did(tmp_path):
    bindings = read_bindings({"note 36": "mute piano", "note 37": "solo bass", "note 38": "duet"})
    struck = enumerate((36, 36, 37, 36, 37, 38, 38), 4)
    events = [(n * S, Heard(n * S, bytes((0x90, pitch, 90)))) for n, pitch in struck]
    said = []
    events.append((12 * S, Stop("x")))
    perform(tmp_path, (TUNE,), events, bindings=bindings, answer=lambda a: said.append(a.text))
    assert said == [
        "mute piano", "unmute piano", "solo bass", "mute piano", "solo off", "duet", "duet",
    ]  # fmt: skip
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_pads_choose_tunes_and_silence_what_sounds(tmp_path):
    bindings = read_bindings({"program": "tune", "note 36": "panic", "cc 64": "tap"})
    events = [
        (5 * S, Heard(5 * S, bytes((0x90, 36, 1)))),
        (6 * S, Heard(6 * S, bytes((0xC0, 5)))),
        (7 * S, Heard(7 * S, bytes((0xC0, 1)))),
        *(
            (n * S // 2, Heard(n * S // 2, bytes((0xB0, 64, 127 * (n % 2 == 0)))))
            for n in range(16, 23)
        ),
    ]
    answers = []
    stage = perform(tmp_path, SET, events, bindings=bindings, answer=answers.append)
    texts = [answer.text for answer in answers]
    assert texts[:3] == [
        "panic",
        "There is no tune 6 in a set of 2.",
        "tune 2 from the next chorus on",
    ]
    assert "tempo 60" in texts
    assert stage.session.parts[1].number == 1
    assert stage.port.sounding == set()
    assert_replays(tmp_path, DEFAULT_MODEL)


def test_a_set_jumps_to_a_tune_and_back_with_other_solos(tmp_path):
    stage = played(
        tmp_path, (1, "tune 2 now"), (4, "tune 1 now"), (8, "tune 2 now"), tunes=SET, until=12
    )
    assert [part.number for part in stage.session.parts] == [0, 1, 0, 1]
    lines = [[n.pitch for n in stage.session.parts[at].notes if n.is_solo] for at in (1, 3)]
    assert lines[0][:5] != lines[1][:5]
    header = stage.session.header
    assert [len(reload["tunes"]) for reload in stage.session.reloads] == [2, 2, 2]
    assert stage.session.reloads[0]["tunes"] == header["tunes"]
    log = [json.loads(line) for line in stage.log.read_text().splitlines()]
    assert [[*line["reload"]["tunes_at"]] for line in log if "reload" in line] == [
        ["1"],
        ["0"],
        ["1"],
    ]


def test_who_follows_our_clock_is_stopped_and_started(tmp_path):
    stage = played(tmp_path, (4, "stop"), (9, "start"), until=12, clock_out="same")
    system = [data[0] for _, data in stage.port.sent if data[0] in (0xFA, 0xFB, 0xFC)]
    assert system[:3] == [0xFA, 0xFC, 0xFA]
    pulses = [ns for ns, data in stage.port.sent if data[0] == 0xF8]
    assert not any(4.1 * BAR_NS < ns < 8.9 * BAR_NS for ns in pulses)


def test_with_a_partner_too_everything_at_once_replays(tmp_path):
    lines = (
        (1, "trade 2 first me"), (3, "mute drums"), (4.5, f"{VAMP} now"), (9, "tune 2 now"), (11, "duet"),
        (13, "solo bass, solo"), (14.2, "stop"), (15, "solo off"), (16, "start"), (19, "loop 1-2"),
        (22, "good"), (24, "tune 1 now"),
    )  # fmt: skip
    notes = []
    for n in range(120):
        ns = S + n * S // 4
        pitch = 60 + 7 * n % 12
        notes += [
            (ns, Heard(ns, bytes((0x90, pitch, 80)))),
            (ns + S // 5, Heard(ns + S // 5, bytes((0x80, pitch, 64)))),
        ]
    events = sorted([*typed(*lines), *notes, (28 * BAR_NS, Stop("x"))], key=lambda event: event[0])
    answers = []
    tunes = tuple(replace(tune, plan=Plan(choruses=40)) for tune in SET)
    stage = perform(tmp_path, tunes, events, answer=answers.append)
    assert [answer.text for answer in answers if answer.problem] == []
    assert len(stage.session.parts) >= 5
    assert sum("heard" in line for line in stage.log.read_text().splitlines()) > 50
    assert stage.port.sounding == set()
    assert_replays(tmp_path, DEFAULT_MODEL)
