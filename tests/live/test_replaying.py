"""Sessions played again from their logs: the same notes, whatever came in; some bars with another seed."""

from __future__ import annotations

import json
import queue
from itertools import pairwise
from pathlib import Path
from types import SimpleNamespace

import mido
import pytest

from improv import smf
from improv.cell.load import find_model, load_model
from improv.charts.library import load_chart
from improv.cli.tunes import seats_of
from improv.config import DEFAULT_MODEL, Config, Tune
from improv.errors import ImprovError, InputFileError
from improv.live.arrangement import Plan
from improv.live.daemon import play
from improv.live.encore import play_once_more
from improv.live.ensemble import SOLO
from improv.live.events import ClockMessage, Reload, Stop
from improv.live.fakes import LocalSender, ManualClock, RecordingPort
from improv.live.follow import ClockFollower
from improv.live.laid_out import take_of
from improv.live.logbook import read_file
from improv.live.replaying import compare, play_again
from improv.live.retake import NotAsLoggedError, Span, retake
from improv.live.steering import Steer

S = 1_000_000_000
BAR = 1920
PLAN = Plan(choruses=2, count_in_bars=1, ending="tag", key_cycle="fourths")
SET = (
    Tune(load_chart("blues"), PLAN, {"tempo_bpm": 200.0}, "wave"),
    Tune(load_chart("Key: C\n| Dm7 | G7 | 3/4 Cmaj7 | % |"), Plan(choruses=2), {"density": 0.3}),
)
STEERS = (
    (3 * S, Steer(controls={"density": 0.6, "lay_back_ms": 30.0})),
    (9 * S, Steer({"Charlie Parker": 1.0}, "hardbop", {"tempo_bpm": 190.0}, over_bars=2)),
    (20 * S, Steer(controls={"swing": 1.0, "tempo_bpm": 120.0})),
    (30 * S, Steer(controls={"swing": None})),
)


def perform(folder: Path, tunes=SET, events=(), **more):
    """Through the daemon, in time that nobody waits for."""
    hooks = {name: more.pop(name) for name in ("follower", "reload") if name in more}
    band = seats_of("piano,bass,drums", False, 1)
    config = Config(
        tunes, seed=5, band=band, record=folder / "a.mid", log=folder / "a.jsonl", **more
    )
    clock, inbox, port = ManualClock(), queue.SimpleQueue(), RecordingPort()
    for ns, item in events:
        clock.at(ns, item)
    summary = play(config, clock, inbox, out=LocalSender(clock, inbox, port), **hooks)
    return SimpleNamespace(
        folder=folder,
        summary=summary,
        port=port,
        log=folder / "a.jsonl",
        session=read_file(folder / "a.jsonl"),
    )


@pytest.fixture(scope="module")
def model():
    return load_model(find_model(DEFAULT_MODEL))


@pytest.fixture(scope="module")
def models(model):
    return lambda header: (model, None)


@pytest.fixture(scope="module")
def steered(tmp_path_factory):
    """A set of two tunes, and changes of everything while it plays."""
    return perform(tmp_path_factory.mktemp("steered"), events=STEERS)


def assert_as_logged(played, models):
    outcome = compare(played.session, play_again(played.session, models))
    assert outcome.difference == ""
    assert outcome.unheard < 20, "only what was on its way when it ended"
    ons_and_offs = 2 * sum(len(segment.notes) for segment in played.session.segments)
    assert outcome.messages == ons_and_offs > 50
    made = played.folder / "again.mid"
    smf.write_midi(made, smf.take_file(take_of(played.session)))
    assert made.read_bytes() == (played.folder / "a.mid").read_bytes()


def test_a_set_with_steering_and_tempos_comes_out_as_logged(steered, models):
    assert len(steered.session.segments) == 2
    assert sum(len(segment.steers) for segment in steered.session.segments) == len(STEERS)
    assert steered.session.damaged == 0
    assert_as_logged(steered, models)


def test_one_that_was_stopped_in_the_middle(tmp_path, models):
    endless = (Tune(load_chart("blues"), Plan(count_in_bars=2), {}, "build"),)
    played = perform(tmp_path, endless, [(25 * S, Stop("SIGINT"))])
    assert played.session.why == "SIGINT"
    assert_as_logged(played, models)


def test_one_that_was_reloaded_with_another_chart_and_band(tmp_path, models):
    endless = (Tune(load_chart("blues"), Plan(), {}, "build"),)
    other = (Tune(load_chart("Key: Bb\n| Cm7 | F7 | Bbmaj7 | Ebmaj7 |"), Plan()),)

    def reload():
        return Config(other, seed=77, band=seats_of("bass", False, 1), style="bebop")

    events = [(9 * S, Steer(controls={"density": -0.4})), (12 * S, Reload()), (25 * S, Stop("x"))]
    played = perform(tmp_path, endless, events, reload=reload)
    before, after = played.session.segments
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
    assert [segment.start_tick for segment in played.session.segments] == [0, 6 * BAR]
    assert_as_logged(played, models)
    length_tick = played.summary.take.chart.length_tick
    assert 12 * BAR <= length_tick <= 21 * BAR, "while the clock stood nothing is recorded"


# -- what differs


def changed(played, tmp_path, change):
    """The session with its lines changed by a function, from the first that it changes."""
    lines = [json.loads(line) for line in played.log.read_text().splitlines()]
    change(lines)
    path = tmp_path / "changed.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines))
    return read_file(path)


def solo_ons(lines):
    return [line for line in lines if line.get("player") == SOLO and line["bytes"].startswith("90")]


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


@pytest.mark.parametrize(
    "change",
    [
        lambda lines: lines[0].pop("seed"),
        lambda lines: lines[0].update(log=1),
        lambda lines: lines[0].update(band=[{"instrument": "kazoo", "channel": 2, "program": 0}]),
        lambda lines: lines[0]["tunes"][0]["chart"].update(changes=[]),
        lambda lines: lines[0]["tunes"].pop(),
        lambda lines: lines[0].update(tunes=3),
    ],
)
def test_a_damaged_header_is_one_sentence(steered, models, tmp_path, change):
    session = changed(steered, tmp_path, change)
    with pytest.raises(InputFileError) as error:
        play_again(session, models)
    assert str(error.value).count("\n") == 0 and "changed.jsonl" in str(error.value)


@pytest.mark.parametrize("content", [b"", b"\x00\xff" * 50, b"{}", b"[1]\n", b"a song\n"])
def test_what_is_no_log_is_one_sentence(tmp_path, content):
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match="no log of a session"):
        read_file(path)
    for missing in (tmp_path / "nowhere.jsonl", tmp_path):
        with pytest.raises(InputFileError, match="Cannot read"):
            read_file(missing)


def test_any_damaged_line_is_skipped_or_said(steered, tmp_path):
    """Whatever becomes of a line: no traceback."""
    lines = steered.log.read_bytes().splitlines()
    kinds = {tuple(json.loads(line))[:2]: at for at, line in enumerate(lines)}
    for at in kinds.values():
        value = json.loads(lines[at])
        for name in value:
            for bad in (None, "x", [], {}):
                damaged = json.dumps({**value, name: bad}).encode()
                path = tmp_path / "damaged.jsonl"
                path.write_bytes(
                    b"\n".join(
                        [*lines[:1], *lines[max(1, at - 5) : at], damaged, *lines[at + 1 : at + 5]]
                    )
                )
                try:
                    take_of(read_file(path))
                except ImprovError as error:
                    assert str(error).count("\n") == 0


# -- live


def test_live_it_is_the_same_messages_at_the_same_times(steered):
    clock, inbox, port = ManualClock(), queue.SimpleQueue(), RecordingPort()
    out = LocalSender(clock, inbox, port)
    assert play_once_more(steered.session, out, clock, inbox) == "finished"
    out.quit()
    assert len(port.sent) > 1000
    assert port.sent == steered.port.sent[: len(port.sent)]
    assert port.sounding == set()


def test_live_it_stops_when_told_and_nobody_can_steer_it(steered):
    clock, inbox, port = ManualClock(), queue.SimpleQueue(), RecordingPort()
    clock.at(2 * S, Steer(controls={"density": 1.0}))
    clock.at(5 * S, Stop("SIGTERM"))
    out, told = LocalSender(clock, inbox, port), []
    assert play_once_more(steered.session, out, clock, inbox, answer=told.append) == "SIGTERM"
    out.quit()
    assert [answer.problem for answer in told] == [True]
    assert port.sounding == set() and clock.now_ns() == 5 * S


# -- some bars with another seed


def keys(notes):
    return [(n.onset_tick, n.end_tick, n.pitch, n.velocity, n.player) for n in notes]


def by_onset(session, tune=0, player=None):
    notes = session.segments[tune].notes
    return sorted(
        (n for n in notes if player in (None, n.player)), key=lambda n: (n.onset_tick, n.pitch)
    )


@pytest.mark.parametrize(
    ("text", "bars"),
    [("17-20", (16, 20)), ("2.5-2.8", (16, 20)), ("1.1", (0, 1)), ("12-14", (11, 14))],
)
def test_only_those_bars_are_played_with_another_seed(steered, models, text, bars):
    done = retake(steered.session, Span.parse(text), 99, models)
    start, end = ((1 + bar) * BAR for bar in bars)
    before, now = steered.session, done.session

    def outside(session):
        return [
            n
            for n in by_onset(session)
            if not (n.player == SOLO and start <= n.written.onset_tick < end)
        ]

    kept, was = outside(now), outside(before)
    assert [(n.onset_tick, n.pitch, n.velocity) for n in kept] == [
        (n.onset_tick, n.pitch, n.velocity) for n in was
    ]
    changed_ends = [(a, b) for a, b in zip(keys(kept), keys(was), strict=True) if a != b]
    assert len(changed_ends) <= 1, "only the note before the border may end sooner"
    inside = [n for n in by_onset(now, player=SOLO) if start <= n.written.onset_tick < end]
    assert keys(inside) != keys(
        n for n in by_onset(before, player=SOLO) if start <= n.written.onset_tick < end
    )
    assert (done.before, done.now) == (
        len(by_onset(before, player=SOLO)) - len(by_onset(now, player=SOLO)) + len(inside),
        len(inside),
    )
    assert now.segments[1].notes == before.segments[1].notes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("text", ["3-4", "17-20"])
def test_nothing_overlaps_or_is_doubled_at_the_borders(steered, models, seed, text):
    done = retake(steered.session, Span.parse(text), seed, models, band_too=bool(seed % 2))
    solo = by_onset(done.session, player=SOLO)
    assert all(a.end_tick <= b.onset_tick for a, b in pairwise(solo))
    take = take_of(done.session)
    for track, row in zip(smf.take_file(take).tracks[1:], take.tracks, strict=True):
        sounding: set[int] = set()
        for event in track:
            if event.type == "note_on":
                assert event.note not in sounding, row.name
                sounding.add(event.note)
            elif event.type == "note_off":
                sounding.remove(event.note)
        assert not sounding, row.name


def test_the_new_line_begins_where_the_old_one_would_have(steered, models):
    """The state is that of the logged line up to the border, wait included."""
    start = (1 + 16) * BAR
    firsts = set()
    for seed in range(4):
        solo = by_onset(
            retake(steered.session, Span.parse("17-20"), seed, models).session, player=SOLO
        )
        firsts.add(next(n.written.onset_tick for n in solo if n.written.onset_tick >= start))
    old = by_onset(steered.session, player=SOLO)
    assert firsts == {next(n.written.onset_tick for n in old if n.written.onset_tick >= start)}


def test_the_same_seed_takes_the_same_bars_and_another_others(steered, models):
    takes = [
        keys(by_onset(retake(steered.session, Span.parse("5-8"), seed, models).session))
        for seed in (1, 1, 2)
    ]
    assert takes[0] == takes[1] != takes[2]


def test_the_band_plays_anew_only_where_it_is_asked_to(steered, models):
    alone, too = (
        retake(steered.session, Span.parse("17-20"), 9, models, band_too=band)
        for band in (False, True)
    )
    for player in ("piano", "bass", "drums"):
        was = keys(by_onset(steered.session, player=player))
        assert keys(by_onset(alone.session, player=player)) == was
        now = keys(by_onset(too.session, player=player))
        assert now != was
        start, end = 17 * BAR, 21 * BAR
        assert [row for row in now if row[0] < start] == [row for row in was if row[0] < start]
        assert [row for row in now if row[0] >= end] == [row for row in was if row[0] >= end]


def test_bars_of_the_second_tune(steered, models):
    done = retake(steered.session, Span.parse("2.1-2.2"), 4, models, tune=1)
    assert (done.first_bar, done.last_bar) == ("2.1", "2.2")
    assert done.session.segments[0].notes == steered.session.segments[0].notes
    assert keys(by_onset(done.session, 1)) != keys(by_onset(steered.session, 1))


@pytest.mark.parametrize(
    "text", ["", "x", "4-2", "0-3", "0.1-0.2", "1-2.5", "1.5-", "2.5-1.2", "1..2"]
)
def test_bars_that_are_none_are_said(text):
    with pytest.raises(ValueError, match=r"^[A-Z].*'17-20'.*\.$"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("text", "tune"), [("99-100", 0), ("3.1", 0), ("1.13", 0), ("1-2", 2), ("2.9", 1)]
)
def test_bars_that_were_not_played_are_said(steered, models, text, tune):
    with pytest.raises(ValueError, match=r"\.$"):
        retake(steered.session, Span.parse(text), 1, models, tune=tune)


def test_bars_of_the_tag_are_counted_through(steered, models):
    done = retake(steered.session, Span.parse("25-28"), 3, models)
    assert done.now and done.before


def test_a_log_that_is_not_what_was_played_cannot_be_taken_again(steered, models, tmp_path):
    session = changed(steered, tmp_path, lambda lines: lines[0].update(seed=6))
    with pytest.raises(NotAsLoggedError, match="differs"):
        retake(session, Span.parse("17-20"), 1, models)


def test_spans_read_as_they_are_shown():
    assert Span.parse("2.5-8") == Span.parse("2.5-2.8") == Span.parse("5-8", 2) == Span(2, 5, 2, 8)
    assert Span.parse(" 17 - 20 ") == Span(0, 17, 0, 20)
    assert Span.parse("7") == Span(0, 7, 0, 7)


def test_a_take_is_a_midi_file_like_any_other(steered, models, tmp_path):
    done = retake(steered.session, Span.parse("17-20"), 3, models)
    take = take_of(done.session)
    smf.write_midi(tmp_path / "take.mid", smf.take_file(take))
    again, was = mido.MidiFile(tmp_path / "take.mid"), mido.MidiFile(steered.folder / "a.mid")
    assert again.length == pytest.approx(was.length, abs=1e-6)
    assert again.tracks[0] == was.tracks[0]
