"""Sessions played again from their logs: the same notes, whatever came in."""

from __future__ import annotations

from dataclasses import replace
from itertools import islice

import numpy as np
import pytest
from log_damage import damaged, exchanged
from session_stage import BAR, SET, STEERS, S, changed, perform

from improv import smf
from improv.charts.library import load_chart
from improv.config import Config, Plan, SoloistConfig, Tune
from improv.corpus.midi import read_midi
from improv.errors import ImprovError
from improv.midi.events import ClockMessage, Heard, Reload, Stop
from improv.midi.messages import SUSTAIN, control, note_off, note_on
from improv.partner.ears import Ears
from improv.performance.form import band_of
from improv.performance.steering import Steer
from improv.session.reader import read
from improv.session.replay import compare, play_again
from improv.session.restore import take_of
from improv.sync.midi_clock import ClockFollower


def assert_as_logged(played, models):
    outcome = compare(played.session, play_again(played.session, models))
    assert outcome.difference == ""
    assert outcome.unheard < 20, "only what was on its way when it ended"
    ons_and_offs = 2 * sum(len(part.notes) for part in played.session.parts)
    assert outcome.messages == ons_and_offs > 50
    made = played.folder / "again.mid"
    smf.write_midi(made, take_of(played.session))
    assert made.read_bytes() == (played.folder / "a.mid").read_bytes()


def test_a_set_with_steering_and_tempos_comes_out_as_logged(steered, models):
    assert len(steered.session.parts) == 2
    assert sum(len(part.steers) for part in steered.session.parts) == len(STEERS)
    assert steered.session.damaged == 0
    assert_as_logged(steered, models)


def heard_from(seed, seconds):
    """A partner who plays lines and chords, holds a pedal now and then and is late at times."""
    rng, ns, events = np.random.default_rng(seed), S, []
    while ns < seconds * S:
        pitches = rng.integers(50, 80, 1 if rng.random() < 0.7 else 4)
        up_ns = ns + int(rng.integers(S // 20, S))
        events += [(ns, Heard(ns, note_on(0, int(p), 80))) for p in pitches]
        events += [(up_ns, Heard(up_ns, note_off(0, int(p)))) for p in pitches]
        if rng.random() < 0.1:
            events.append((ns, Heard(ns, control(0, SUSTAIN, int(rng.integers(0, 128))))))
        ns += int(rng.integers(S // 50, S // 2))
    return events


@pytest.mark.parametrize("mode", ["solo", "trade 2"])
def test_one_with_a_partner_comes_out_as_logged_and_the_partner_can_be_learned_from(
    tmp_path, models, mode
):
    events = sorted([*heard_from(1, 60), *STEERS], key=lambda event: event[0])
    tunes = (SET[0], replace(SET[0], arc="steady"))
    played = perform(tmp_path, tunes, events, ears=Ears(), input="keys", mode=mode)
    assert [len(part.partner) > 20 for part in played.session.parts] == [True, True]
    assert_as_logged(played, models)
    alone = tmp_path / "alone"
    alone.mkdir()
    without = perform(alone, tunes, STEERS)
    comping = [
        [(n.onset_tick, n.pitch) for n in session.parts[0].notes if n.player == "piano"]
        for session in (played.session, without.session)
    ]
    assert comping[0] != comping[1], "the band leaves room"
    reading = read_midi(tmp_path / "a.mid", "gig", melody="partner")
    assert len(reading.solos[0].notes) > 20


@pytest.mark.usefixtures("rehearsing")
def test_one_whose_mode_was_changed_with_praise_in_between(tmp_path, models):
    """What is taken back, what is rehearsed, and what is left to a partner follows from the log alone."""
    said = [Steer(mode="answer"), Steer(reward="good"), Steer(mode="duet"), Steer(reward="again")]
    said += [Steer(mode="trade 2 first me"), Steer(mode="back riffs"), Steer(mode="solo")]
    steers = [((4 + 6 * at) * S, steer) for at, steer in enumerate(said)]
    events = sorted([*heard_from(2, 60), *steers], key=lambda event: event[0])
    plan = replace(SET[0].plan, choruses=3)
    tunes = (replace(SET[0], plan=plan, controls={**SET[0].controls, "rehearse": 2.0}),)
    played = perform(tmp_path, tunes, events, ears=Ears(), input="keys", mode="trade 2")
    assert_as_logged(played, models)


@pytest.mark.usefixtures("rehearsing")
def test_one_that_rehearses_comes_out_as_logged(tmp_path, models):
    """With plans that were taken back, and rehearsing that ends and begins again."""
    tunes = (replace(SET[0], controls={"tempo_bpm": 240.0, "rehearse": 3.0}),)
    steers = [
        (3 * S, Steer(controls={"density": 0.6})),
        (5 * S, Steer({"Charlie Parker": 1.0}, "hardbop", {"tempo_bpm": 190.0}, over_bars=2)),
        (11 * S, Steer(controls={"rehearse": 0.0})),
        (14 * S, Steer(controls={"rehearse": 2.0, "temperature": 1.2})),
    ]
    played = perform(tmp_path, tunes, steers)
    assert_as_logged(played, models)
    other = tmp_path / "other"
    other.mkdir()
    plain = perform(other, (replace(SET[0], controls={"tempo_bpm": 240.0}),), steers[:2])
    solos = [
        [(n.onset_tick, n.pitch) for n in each.session.parts[0].notes if n.player == "solo"]
        for each in (played, plain)
    ]
    assert solos[0] != solos[1]


def test_one_that_was_stopped_in_the_middle(tmp_path, models):
    endless = (Tune(load_chart("blues"), Plan(count_in_bars=2), {}, "build"),)
    played = perform(tmp_path, endless, [(25 * S, Stop("SIGINT"))])
    assert played.session.why == "SIGINT"
    assert_as_logged(played, models)


def test_one_that_was_reloaded_with_another_chart_and_band(tmp_path, models):
    endless = (Tune(load_chart("blues"), Plan(), {}, "build"),)
    other = (Tune(load_chart("Key: Bb\n| Cm7 | F7 | Bbmaj7 | Ebmaj7 |"), Plan()),)

    def reload():
        soloists = (SoloistConfig(style="bebop"),)
        return Config(other, seed=77, soloists=soloists, band=band_of("bass", 1))

    events = [(9 * S, Steer(controls={"density": -0.4})), (12 * S, Reload()), (25 * S, Stop("x"))]
    played = perform(tmp_path, endless, events, reload=reload)
    before, after = played.session.parts
    assert before.title != after.title
    last = max(note.onset_tick for note in before.notes)
    assert before.end_tick - last < 960, "it played on up to the bar line"
    assert_as_logged(played, models)


def pulses(first_ns, beats, bpm):
    step = 60 * S / bpm / 24
    return [
        (round(first_ns + n * step), ClockMessage(round(first_ns + n * step), b"\xf8"))
        for n in range(round(beats * 24))
    ]


def message(ns, *data):
    return ns, ClockMessage(ns, bytes(data))


def test_one_that_followed_a_clock_and_was_sent_elsewhere(tmp_path, models):
    """Start, a faster tempo, stop, a song position, continue."""
    tunes = (Tune(load_chart("blues"), Plan(choruses=2)),)
    events = [
        *pulses(S, 4, 140),
        message(3 * S, 0xFA),
        *pulses(3 * S + 1000, 24, 140),
        *pulses(14 * S, 24, 150),
        message(24 * S, 0xFC),
        message(84 * S, 0xF2, 16 * 6, 0),
        *pulses(85 * S, 4, 150),
        message(87 * S, 0xFB),
        *pulses(87 * S + 1000, 24, 150),
        (97 * S, Stop("x")),
    ]
    played = perform(
        tmp_path, tunes, events, clock="midi", follower=ClockFollower("DAW", round(60 * S / 140))
    )
    assert [part.start_tick for part in played.session.parts] == [0, 6 * BAR]
    assert_as_logged(played, models)
    length_tick = played.summary.take.chart.length_tick
    assert 12 * BAR <= length_tick <= 21 * BAR, "while the clock stood nothing is recorded"


# -- what differs


def solo_ons(lines):
    return [
        line for line in lines if line.get("player") == "solo" and line["bytes"].startswith("90")
    ]


def test_another_pitch_is_found_and_said_with_its_place(steered, models, tmp_path):
    def wrong_note(lines):
        line = solo_ons(lines)[60]
        status, pitch, velocity = line["bytes"].split()
        line["bytes"] = f"{status} {int(pitch, 16) ^ 1:02x} {velocity}"
        said["tick"] = line["tick"]

    said = {}
    session = changed(steered, tmp_path, wrong_note)
    outcome = compare(session, play_again(session, models))
    chart = load_chart("blues")
    bar = (said["tick"] - BAR) // BAR
    place = f"{bar // chart.bars + 1}.{bar % chart.bars + 1}"
    assert f"from bar {place} on (tick {said['tick']})" in outcome.difference
    assert outcome.difference.count("velocity") == 2


@pytest.mark.parametrize("what", ["end", "token", "missing", "more", "seed", "steer"])
def test_every_other_difference_is_found(steered, models, tmp_path, what):
    def change(lines):
        on = solo_ons(lines)[40]
        off = next(
            line for line in lines if line.get("note") == on["note"] and line["bytes"][0] == "8"
        )
        if what == "end":
            off["tick"] += 1
        elif what == "token":
            on["token"] = "something else"
        elif what == "missing":
            lines.remove(on)
        elif what == "more":
            lines.insert(lines.index(off) + 1, {**on, "note": 99999, "tick": on["tick"] + 7})
        elif what == "seed":
            lines[0]["seed"] += 1
        else:
            lines.remove(next(line for line in lines if "steer" in line))

    session = changed(steered, tmp_path, change)
    assert compare(session, play_again(session, models)).difference


def test_what_a_vanished_port_swallowed_is_no_difference(steered, models, tmp_path):
    def vanish(lines):
        at = lines.index(solo_ons(lines)[40])
        gone = {"port": "out", "name": "synth", "there": False}
        lost = [line for line in lines[at : at + 40] if "bytes" in line]
        for line in lost:
            lines.remove(line)
        lines[at:at] = [gone, {**gone, "there": True}]

    session = changed(steered, tmp_path, vanish)
    outcome = compare(session, play_again(session, models))
    assert outcome.difference == "" and outcome.unheard >= 10


def test_a_damaged_log_is_played_again_or_said_in_a_sentence(steered, models):
    """Whatever the damage; and no sentence holds what a terminal would obey."""
    lines = steered.log.read_bytes().splitlines()
    begun = lines[: next(at for at, line in enumerate(lines) if at > 80 and b"bytes" in line)]
    rng = np.random.default_rng(3)
    for content in (*islice(exchanged(begun), 0, None, 211), *damaged(begun, 40, rng)):
        session = read(content.split(b"\n"), "x.jsonl")
        try:
            take = take_of(session)
            said = compare(session, play_again(session, models)).difference
        except ImprovError as error:
            said, take = str(error), None
        assert "\n" not in said and "\x1b" not in said and len(said) < 700
        if take is not None:
            assert smf.midi_bytes(take).startswith(b"MThd")
