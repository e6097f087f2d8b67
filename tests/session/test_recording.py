"""Recordings: on disk as they are heard, a MIDI file at the end, whatever the end is."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace
from types import SimpleNamespace

import mido
import pytest
from session_maker import (
    BAR,
    FOUR_BARS,
    MODEL,
    THREE_FOUR,
    begun,
    config_of,
    header,
    journals,
    killed,
    note_at,
    performance_of,
    release,
    rows,
    sound,
    strike,
)

from improv.config import Plan, SoloistConfig
from improv.performance.assemble import lineup_of
from improv.session import reader
from improv.session import writer as session
from improv.session.recovery import recover_sessions
from improv.session.writer import Recording, SessionLog

CONFIG = config_of()
LINEUP = lineup_of(CONFIG)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))


# -- the usual end


def test_what_was_heard_becomes_a_midi_file_and_the_journal_goes(tmp_path):
    target = tmp_path / "gig.mid"
    recording, performance = begun(target)
    sound([recording], performance, note_at(1, 0), note_at(2, 480, player="bass", channel=1))
    assert len(journals()) == 1 and not target.exists()
    take = recording.leave(BAR, LINEUP, "SIGINT")
    assert rows(take) == [(0, 240, 60)] and rows(take, 1) == [(480, 720, 60)]
    assert [n.onset_tick for n in take.written] == [0]
    midi = mido.MidiFile(target)
    assert [m.note for m in midi.tracks[1] if m.type == "note_on"] == [60]
    assert not journals()


def test_a_dropped_note_is_not_recorded_and_a_silenced_one_ends_there(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    strike([recording], performance, note_at(1, 0), dropped=True)
    strike([recording], performance, note_at(2, 480, ticks=960))
    release([recording], performance, note_at(2, 480, ticks=960), tick=700)
    assert rows(recording.take(BAR, LINEUP)) == [(480, 700, 60)]


def test_one_that_was_released_late_ends_where_it_was_to_end(tmp_path):
    """Its sender had died, and another made up for it when it could."""
    recording, performance = begun(tmp_path / "gig.mid")
    strike([recording], performance, note_at(1, 480, ticks=200))
    release([recording], performance, note_at(1, 480, ticks=200), tick=1800)
    assert rows(recording.take(BAR, LINEUP)) == [(480, 680, 60)]


def test_one_that_is_still_sounding_ends_with_the_session(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    strike([recording], performance, note_at(1, 480, ticks=960))
    assert rows(recording.take(800, LINEUP)) == [(480, 800, 60)]


@pytest.mark.parametrize("target", [None, "gig.mid"])
def test_what_was_not_begun_leaves_nothing(tmp_path, target):
    recording = Recording(target and tmp_path / target)
    recording.start(header(CONFIG))
    recording.close()
    assert not journals()
    assert recording.take(0, LINEUP) is None


def test_nothing_is_left_of_a_session_that_ended_before_its_first_beat(tmp_path):
    target = tmp_path / "gig.mid"
    recording, _ = begun(target)
    assert recording.leave(0, LINEUP) is None
    assert not target.exists() and not journals()


# -- tempo, and parts of a tune


def test_tempos_are_those_that_were_played(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    recording.tempo(480, 132.0)
    recording.tempo(960, 132.0)  # known already
    recording.tempo(1440, 96.5)
    sound([recording], performance, note_at(1, 0))
    take = recording.leave(BAR, LINEUP)
    assert take.tempos == ((0, 120.0), (480, 132.0), (1440, 96.5))
    told = [m for m in mido.MidiFile(tmp_path / "gig.mid").tracks[0] if m.type == "set_tempo"]
    assert [round(mido.tempo2bpm(m.tempo), 2) for m in told] == [120.0, 132.0, 96.5]


def test_the_ritard_of_an_ending_is_there_once_whether_or_not_it_is_told(tmp_path):
    config = config_of(plan=Plan(choruses=1, ending="hold"))
    takes = []
    for tells in (False, True):
        recording, performance = begun(tmp_path / "gig.mid", config)
        for tick, bpm in performance.tempo.changes_after(0) if tells else ():
            recording.tempo(tick, bpm)
        sound([recording], performance, note_at(1, 0))
        takes.append(recording.take(5 * BAR, LINEUP))
    assert takes[0].tempos == takes[1].tempos
    assert len(takes[0].tempos) == 5


def test_a_change_of_tempo_replaces_the_ritard_that_was_to_come(tmp_path):
    recording, _ = begun(tmp_path / "gig.mid", config_of(plan=Plan(choruses=1, ending="hold")))
    recording.tempo(480, 200.0)
    assert recording.take(5 * BAR, LINEUP).tempos == ((0, 120.0), (480, 200.0))


def test_parts_of_a_tune_lie_one_behind_the_other(tmp_path):
    """Two bars, then from the last bar on (a song position), then the waltz from its middle."""
    config = config_of(FOUR_BARS, THREE_FOUR, plan=Plan(choruses=1))
    recording, first = begun(tmp_path / "gig.mid", config)
    sound([recording], first, note_at(1, 0), note_at(2, BAR))
    recording.ended(2 * BAR)
    second = performance_of(config, start_tick=3 * BAR)
    recording.tune(second)
    sound([recording], second, note_at(3, 3 * BAR, pitch=62), note_at(4, 3 * BAR + 480, pitch=64))
    recording.ended(4 * BAR)
    waltz = performance_of(config, 1, start_tick=1440 + 480)
    recording.tune(waltz)
    sound([recording], waltz, note_at(5, 1440 + 480, pitch=65))
    take = recording.take(2 * 1440, LINEUP)
    assert rows(take) == [
        (0, 240, 60),
        (BAR, BAR + 240, 60),
        (2 * BAR, 2 * BAR + 240, 62),
        (2 * BAR + 480, 2 * BAR + 720, 64),
        (3 * BAR + 480, 3 * BAR + 720, 65),  # at its place in the bar
    ]
    assert take.chart.length_tick == 3 * BAR + 1440
    symbols = [(tick, chord and chord.text) for tick, chord in take.chart.changes]
    assert symbols == [(0, "Dm7"), (BAR, "G7"), (2 * BAR, "Cmaj7"), (3 * BAR, "D7")]
    assert take.tempos == ((0, 120.0), (2 * BAR, 120.0), (3 * BAR, 180.0))
    assert take.chart.title == "Four bars, Waltz"


def test_what_is_told_late_is_in_the_part_it_was_played_in(tmp_path):
    """A reload makes a new part while notes of the old one are still on their way."""
    recording, first = begun(tmp_path / "gig.mid")
    sounding, late = note_at(1, BAR - 480, ticks=960), note_at(2, BAR - 240)
    strike([recording], first, sounding)
    recording.ended(BAR)
    second = performance_of(CONFIG, start_tick=2 * BAR)
    recording.tune(second)
    moved = [
        replace(n, onset_tick=n.onset_tick + BAR, end_tick=n.end_tick + BAR)
        for n in (late, sounding)
    ]
    strike([recording], second, moved[0])
    release([recording], second, moved[0])
    release([recording], second, moved[1])
    sound([recording], second, note_at(3, 2 * BAR))
    take = recording.take(3 * BAR, LINEUP)
    assert rows(take) == [(BAR - 480, BAR, 60), (BAR - 240, BAR, 60), (BAR, BAR + 240, 60)]


def test_a_part_that_ended_before_it_began_is_left_out(tmp_path):
    recording, first = begun(tmp_path / "gig.mid")
    sound([recording], first, note_at(1, 0))
    recording.ended(BAR)
    recording.tune(performance_of(CONFIG, start_tick=2 * BAR))
    assert recording.take(2 * BAR, LINEUP).chart.length_tick == BAR


# -- where it is kept


def test_where_the_state_folder_cannot_be_written_the_journal_is_beside_the_file(
    tmp_path, monkeypatch
):
    (tmp_path / "file").touch()
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "file" / "state"))
    target = tmp_path / "out" / "gig.mid"
    target.parent.mkdir()
    recording, performance = begun(target)
    sound([recording], performance, note_at(1, 0))
    assert len(list(target.parent.iterdir())) == 1
    assert not recording.warning
    killed(recording)
    assert recover_sessions() == []
    assert len(recover_sessions(target)) == 1
    assert [path.name for path in target.parent.iterdir()] == ["gig.recovered.mid"]


def test_where_nothing_can_be_written_it_is_kept_in_memory_and_that_is_said(tmp_path, monkeypatch):
    (tmp_path / "file").touch()
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "file" / "state"))
    recording, performance = begun(tmp_path / "file" / "gig.mid")
    assert "would be lost in a crash" in recording.warning
    sound([recording], performance, note_at(1, 0))
    assert rows(recording.take(BAR, LINEUP)) == [(0, 240, 60)]


def test_a_disk_that_fills_up_costs_no_note(tmp_path, monkeypatch):
    """What the journal cannot take is kept in memory; the .mid may fit, or goes elsewhere."""
    really, left = os.write, [3000]

    def write(fd, data):
        if not left[0]:
            raise OSError(28, "No space left on device")
        wrote = really(fd, data[: left[0]])
        left[0] -= wrote
        return wrote

    recording, performance = begun(tmp_path / "gig.mid")
    with monkeypatch.context() as patch:
        patch.setattr("improv.session.journal.os.write", write)
        sound([recording], performance, *(note_at(n, n * 480) for n in range(1, 41)))
        take = recording.take(42 * 480, LINEUP)
    assert not left[0]
    assert len(take.tracks[0].notes) == 40
    assert recording.failed == ""


# -- hours


def test_recording_for_hours_keeps_nothing_in_memory(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    log = SessionLog(tmp_path / "gig.jsonl")
    writers = [recording, log]
    sizes = []
    for part in range(4):
        for number in range(2000):
            at = part * 2000 + number
            sound(writers, performance, note_at(at + 1, at * 240, ticks=200))
        for writer in writers:
            assert writer._lines.flush(20.0)
        gc.collect()
        sizes.append(sys.getallocatedblocks())
    assert max(sizes) - sizes[0] < 1000, "blocks, for 6000 notes in two writers"
    assert len(recording.take(8000 * 240, LINEUP).tracks[0].notes) == 8000


# -- the log


def test_every_kind_of_line_can_be_read_again(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    log.start(header(CONFIG))
    performance = performance_of(CONFIG)
    log.tune(performance)
    sound([log], performance, note_at(1, 0))
    log.steered(session.Steer(style="bebop", controls={"density": 0.5}), 480, 960)
    log.clock("seek", 480)
    log.port("out", "synth", False)
    log.said("The port 'synth' is gone.", problem=True)
    log.tempo(960, 133.0)
    log.close(BAR, "SIGTERM")
    log.close(BAR, "SIGTERM")
    read = reader.read_file(tmp_path / "log.jsonl")
    (part,) = read.parts
    assert (read.damaged, read.lost, read.messages, read.why) == (0, 0, 2, "SIGTERM")
    assert part.steers == [
        reader.Steered(480, 960, session.Steer(style="bebop", controls={"density": 0.5}))
    ]
    assert part.tempos == [(0, 120.0), (960, 133.0)]
    assert (part.end_tick, len(part.notes)) == (BAR, 1)
    kinds = [
        next(iter(json.loads(line))) for line in (tmp_path / "log.jsonl").read_text().splitlines()
    ]
    assert kinds == [
        "jazz_improv", "tune", "planned_ns", "planned_ns", "steer", "clock", "port", "said", "tempo_bpm",
        "ended",
    ]  # fmt: skip


def test_a_message_that_belongs_to_no_note_is_logged_but_a_pulse_is_not(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    for data in (b"\xfa", b"\xf8", b"\xc0\x20"):
        log.heard(session.Report(0, 5, 6, data), None, 0)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["bytes"] for line in lines] == ["fa", "c0 20"]


def test_a_header_is_the_same_config_again():
    from improv.session.header import config_of as again

    config = config_of(
        FOUR_BARS, THREE_FOUR, plan=Plan(choruses=3, key_cycle="fourths", ending="tag"), seed=7,
        soloists=(
            SoloistConfig("parker", 2, None, "Charlie Parker", "bebop", 8, controls={"density": -1.0}),
            SoloistConfig("low", 3, 70, low_pitch=34, high_pitch=70),
        ),
    )  # fmt: skip
    config = replace(
        config, tunes=(replace(config.tunes[0], controls={"density": 0.5}, arc="wave"),)
    )
    assert again(json.loads(json.dumps(header(config))), "x") == config


def test_another_model_holds_on_through_the_reloads_that_follow(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    log.start(header(CONFIG))
    other = replace_model(MODEL, "etudes")
    log.reloaded(CONFIG, other)
    log.reloaded(config_of(seed=3))
    log.close()
    read = reader.read_file(tmp_path / "log.jsonl")
    assert [read.header_of(at)["model"] for at in range(3)] == ["bebop", "etudes", "etudes"]
    assert [read.header_of(at)["seed"] for at in range(3)] == [0, 0, 3]


def replace_model(model, name):
    card = SimpleNamespace(name=name, weights_sha256="cd" * 32)
    return SimpleNamespace(card=card, path=model.path.with_name(name))
