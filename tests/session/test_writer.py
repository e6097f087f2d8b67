"""Recordings and logs: on disk as they are heard, and what is left at the end, whatever the end is."""

from __future__ import annotations

import gc
import json
import os
import sys
from dataclasses import replace

import mido
import pytest
from plan_maker import plan
from session_maker import (
    BAR,
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

from improv.midi.events import Report
from improv.originality.quote import Quote
from improv.performance.assemble import lineup_of
from improv.performance.played import PlayedNote
from improv.session.reader import read_file
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


def test_a_message_that_belongs_to_no_note_is_logged_but_a_pulse_is_not(tmp_path):
    log = SessionLog(tmp_path / "log.jsonl")
    for data in (b"\xfa", b"\xf8", b"\xc0\x20"):
        log.heard(Report(0, 5, 6, data), None, 0)
    log.close()
    lines = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert [line["bytes"] for line in lines] == ["fa", "c0 20"]


def test_a_note_belongs_to_its_part_however_often_all_is_read_again_meanwhile(tmp_path):
    """Reloads in a storm begin hundreds of parts at one bar line, before the bar up to there is over."""
    log = SessionLog(tmp_path / "log.jsonl")
    performance, note = performance_of(CONFIG), note_at(1, 960)
    log.start(header(CONFIG))
    log.tune(performance)
    for number in range(300):
        again = performance_of(CONFIG, start_tick=BAR)
        log.ended(BAR)
        log.tune(replace(again, first_id=2 + number))
    strike([log], performance, note)
    release([log], performance, note)
    log.close()
    parts = read_file(tmp_path / "log.jsonl").parts
    assert [len(part.notes) for part in parts] == [1] + 300 * [0]
    assert (parts[0].notes[0].onset_tick, parts[0].notes[0].end_tick) == (960, 1200)


NOTE = PlayedNote(7, 480, 720, 62, 90, 0, "solo", "1^:6")
QUOTE = Quote("Clifford Brown", "Joy Spring", 9, "chorus 2, bar 5")


def logged(tmp_path, *heard) -> list[dict]:
    log = SessionLog(tmp_path / "log.jsonl")
    for report, note in heard:
        log.heard(report, note, 480)
    log.close()
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_the_plan_of_a_phrase_has_a_line_before_its_first_note(tmp_path):
    """Which readers pass over."""
    note = replace(NOTE, plan=plan(480, takes_up=2))
    on, off = (Report(7, 0, 0, bytes((status, 62, 90))) for status in (0x90, 0x80))
    late = replace(on, dropped=True)
    line, *messages = logged(tmp_path, (on, note), (off, note), (late, note))
    assert line == {
        "phrase": "about 14 notes, eighths, to E5, as 3 phrases ago",
        "notes": 14,
        "division": "eighths",
        "target_pitch": 76,
        "centre_pitch": 76,
        "loudness": "as before",
        "touch": "as usual",
        "takes_up": 2,
        "tick": 480,
        "note": 7,
    }
    assert len(messages) == 3 and not any("phrase" in line for line in messages)
    performance = performance_of(CONFIG)
    log = SessionLog(tmp_path / "whole.jsonl")
    log.start(header(CONFIG))
    log.tune(performance)
    sound([log], performance, note)
    log.close()
    session = read_file(tmp_path / "whole.jsonl")
    assert session.damaged == 0 and len(session.parts[0].notes) == 1


def test_a_quote_has_a_line_before_the_note_that_goes_on_with_it(tmp_path):
    note = replace(NOTE, quote=QUOTE)
    on, off = (Report(7, 0, 0, bytes((status, 62, 90))) for status in (0x90, 0x80))
    quote, *messages = logged(tmp_path, (on, note), (off, note))
    assert quote == {
        "quote": "quoting Clifford Brown, Joy Spring, 9 notes",
        "performer": "Clifford Brown",
        "title": "Joy Spring",
        "notes": 9,
        "place": "chorus 2, bar 5",
        "tick": 480,
        "note": 7,
    }
    assert [line["bytes"] for line in messages] == ["90 3e 5a", "80 3e 5a"]


def test_a_note_that_was_dropped_quotes_nobody(tmp_path):
    report = Report(7, 0, 0, bytes((0x90, 62, 90)), dropped=True)
    (line,) = logged(tmp_path, (report, replace(NOTE, quote=QUOTE)))
    assert line["dropped"]
    assert "quote" not in line


def test_a_note_that_quotes_nobody_has_its_own_line_only(tmp_path):
    (line,) = logged(tmp_path, (Report(7, 0, 0, bytes((0x90, 62, 90))), NOTE))
    assert set(line) == {"planned_ns", "sent_ns", "bytes", "tick", "player", "token", "note"}
