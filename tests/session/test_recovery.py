"""Recordings of sessions that were killed, made into MIDI files on the next start."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import replace
from itertools import islice
from pathlib import Path

import mido
import numpy as np
import pytest
from log_damage import damaged, exchanged
from session_maker import (
    BAR,
    BASS,
    FOUR_BARS,
    THREE_FOUR,
    begun,
    config_of,
    journals,
    killed,
    note_at,
    performance_of,
    sound,
)

from improv.config import Plan
from improv.errors import OutputFileError
from improv.performance.assemble import lineup_of
from improv.session.journal import BESIDE_SUFFIX, SUFFIX
from improv.session.recovery import recover_sessions
from improv.session.writer import journals_folder

CONFIG = config_of()
LINEUP = lineup_of(CONFIG)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))


CHILD = """
import sys
from pathlib import Path
from session_maker import *
from improv.session.writer import Recording
recording = Recording(Path(sys.argv[1]))
config = config_of()
recording.start(header(config))
performance = performance_of(config)
recording.tune(performance)
for number in range(1, 200):
    sound([recording], performance, note_at(number, number * 480))
strike([recording], performance, note_at(200, 200 * 480, ticks=4800))
recording._lines.flush(20.0)  # it takes milliseconds, of which this need not be one
print("playing", flush=True)
sys.stdin.read()
"""


def test_a_recording_survives_kill_9(tmp_path):
    target = tmp_path / "gig.mid"
    child = subprocess.Popen(
        [sys.executable, "-c", CHILD, str(target)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[1] / "helpers")},
    )
    assert child.stdout.readline() == b"playing\n"
    assert recover_sessions() == [], "it lives"
    child.kill()
    child.wait()
    child.stdin.close()
    child.stdout.close()
    (said,) = recover_sessions()
    assert said == (
        f"The recording 'gig.mid' of a session that ended without warning is recovered as {str(target)!r}: "
        "51 bars, up to chorus 13, bar 3 of 'Four bars'."
    )
    midi = mido.MidiFile(target)
    kinds = [m.type for m in midi.tracks[1] if m.type in ("note_on", "note_off")]
    assert kinds.count("note_on") == kinds.count("note_off") == 200
    assert recover_sessions() == [] and not journals()


def test_what_is_recovered_is_what_would_have_been_left(tmp_path):
    """Ritard, count-in, two tunes: from the journal alone the same bytes as from the session itself."""
    config = config_of(
        FOUR_BARS, THREE_FOUR, plan=Plan(choruses=2, count_in_bars=1, ending="hold", key="Eb")
    )
    for name, ends in (("a.mid", True), ("b.mid", False)):
        recording, first = begun(tmp_path / name, config)
        sound([recording], first, note_at(1, BAR), note_at(2, 9 * BAR, player="bass", channel=1))
        second = performance_of(config, 1)
        recording.ended(first.arrangement.end_tick)
        recording.tune(second)
        end_tick = second.arrangement.end_tick
        recording.tempo(1440, 150.0)
        sound([recording], second, note_at(3, end_tick - 480, ticks=479))
        if ends:
            recording.leave(end_tick, lineup_of(config))
        else:
            recording.ended(end_tick)
            killed(recording)
    recover_sessions()
    assert (tmp_path / "a.mid").read_bytes() == (tmp_path / "b.mid").read_bytes()


def test_a_reload_with_another_chart_is_recovered(tmp_path):
    recording, first = begun(tmp_path / "gig.mid")
    sound([recording], first, note_at(1, 0))
    recording.ended(BAR)
    other = config_of(THREE_FOUR, band=(*BASS, replace(BASS[0], instrument="drums", channel=9)))
    recording.reloaded(other)
    second = performance_of(other, start_tick=1440)
    recording.tune(second)
    sound([recording], second, note_at(2, 1440), note_at(3, 1440, player="drums", channel=9))
    killed(recording)
    assert "of 'Waltz'" in recover_sessions()[0]
    midi = mido.MidiFile(tmp_path / "gig.mid")
    assert [track.name for track in midi.tracks[1:]] == ["Solo", "Bass", "Drums"]
    assert [m.text for m in midi.tracks[0] if m.type == "marker"] == ["Dm7", "D7"]


def test_a_file_that_is_there_is_never_replaced(tmp_path):
    target = tmp_path / "gig.mid"
    target.write_bytes(b"mine")
    for _ in range(2):
        recording, performance = begun(target)
        sound([recording], performance, note_at(1, 0))
        killed(recording)
    said = recover_sessions()
    assert target.read_bytes() == b"mine"
    for name, line in zip(("gig.recovered.mid", "gig.recovered-2.mid"), said, strict=True):
        assert name in line
        assert mido.MidiFile(tmp_path / name).length > 0


def test_the_name_that_this_session_will_need_is_not_taken(tmp_path):
    target = tmp_path / "gig.mid"
    recording, performance = begun(target)
    sound([recording], performance, note_at(1, 0))
    killed(recording)
    recover_sessions(target)
    assert not target.exists() and (tmp_path / "gig.recovered.mid").exists()


def test_a_damaged_last_line_is_skipped(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    sound([recording], performance, note_at(1, 0), note_at(2, 480))
    killed(recording)
    (path,) = journals()
    path.write_bytes(path.read_bytes()[:-30])
    assert "is recovered" in recover_sessions()[0]
    notes = [m for m in mido.MidiFile(tmp_path / "gig.mid").tracks[1] if m.type == "note_on"]
    assert len(notes) == 2, "the second ends where all ends"


@pytest.mark.parametrize("content", [b"", b'{"jazz_imp', b"\x00\n" * 50, b"[]\n{}\n", b"{}\n" * 9])
def test_a_journal_that_says_nothing_is_left_or_removed_but_stops_nobody(content):
    journals_folder().mkdir(parents=True)
    path = journals_folder() / f"gig-1{SUFFIX}"
    path.write_bytes(content)
    said = recover_sessions()
    said_first = b"\n" in content  # else it was killed while it wrote its first line
    assert len(said) == said_first
    assert all("cannot be recovered" in line and line.count("\n") == 0 for line in said)
    assert [p.name for p in journals()] == ([f"{path.name}.damaged"] if said_first else [])
    assert recover_sessions() == []


def test_where_the_midi_file_cannot_be_written_it_is_tried_again_and_said_once(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    recording, performance = begun(folder / "gig.mid")
    sound([recording], performance, note_at(1, 0))
    killed(recording)
    folder.rmdir()
    (said,) = recover_sessions()
    assert "'gig.mid'" in said and "No such file or directory" in said and "said only once" in said
    assert recover_sessions() == []
    folder.mkdir()
    assert "is recovered" in recover_sessions()[0]
    assert (folder / "gig.mid").exists()
    assert journals() == []


def test_a_recording_that_could_not_be_written_at_the_end_is_recovered(tmp_path):
    folder = tmp_path / "stick"
    folder.mkdir()
    recording, performance = begun(folder / "gig.mid")
    sound([recording], performance, note_at(1, 0))
    folder.rmdir()
    with pytest.raises(OutputFileError):
        recording.leave(BAR, LINEUP)
    folder.mkdir()
    assert "1 bar, up to chorus 1, bar 1" in recover_sessions()[0]


def left_by(tmp_path, name="gig.mid"):
    """The journal that a killed session has left, of which every line can be read."""
    recording, performance = begun(tmp_path / name)
    sound([recording], performance, *(note_at(number, 480 * number) for number in range(1, 9)))
    killed(recording)
    (path,) = journals()
    return path


def test_no_damage_of_a_journal_stops_anybody(tmp_path):
    """It is recovered, or set aside and said once; a second start finds nothing more."""
    path = left_by(tmp_path)
    lines = path.read_bytes().splitlines()
    rng = np.random.default_rng(7)
    contents = [*islice(exchanged(lines), 0, None, 29), *damaged(lines, 150, rng)]
    for content in contents:
        path.write_bytes(content)
        path.chmod(0o600)
        said = recover_sessions(tmp_path / "today.mid")
        assert len(said) <= 1 and all("\n" not in line and "\x1b" not in line for line in said)
        assert not path.exists() or "tried again" in said[0]
        for left in journals():
            left.unlink()
        assert recover_sessions() == []


def test_what_can_be_read_is_recovered_and_the_damaged_journal_kept(tmp_path):
    path = left_by(tmp_path)
    lines = path.read_bytes().splitlines(keepends=True)
    lines[4] = lines[4].replace(b'"tick": ', b'"tick": 9999999999')
    path.write_bytes(b"".join(lines))
    (said,) = recover_sessions()
    assert "is recovered as" in said
    assert f"had 1 damaged line; it is left as '{path}.damaged'" in said
    notes = [m for m in mido.MidiFile(tmp_path / "gig.mid").tracks[1] if m.type == "note_on"]
    assert len(notes) in (7, 8)
    assert recover_sessions() == []


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
@pytest.mark.parametrize("planted", ["another's", "a link", "a pipe"])
def test_what_another_may_have_planted_is_not_looked_at(tmp_path, monkeypatch, planted):
    path = left_by(tmp_path)
    if planted == "another's":
        monkeypatch.setattr("improv.session.recovery.os.getuid", lambda: os.geteuid() + 1)
    else:
        elsewhere = tmp_path / "elsewhere"
        path.rename(elsewhere)
        path.symlink_to(elsewhere) if planted == "a link" else os.mkfifo(path)
    assert recover_sessions() == []
    assert not (tmp_path / "gig.mid").exists()


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="files have no owner here")
@pytest.mark.parametrize("planted", ["mode", "second name"])
def test_what_others_may_have_written_to_is_set_aside(tmp_path, planted):
    path = left_by(tmp_path)
    if planted == "mode":
        path.chmod(0o622)
    else:
        os.link(path, tmp_path / "too")
    (said,) = recover_sessions()
    assert said == (
        "The journal of a session that ended without warning cannot be recovered: other users may have "
        f"written to it; it is left as '{path}.damaged'."
    )
    assert not (tmp_path / "gig.mid").exists()
    assert recover_sessions() == []


def test_a_journal_beside_its_recording_is_for_no_other_folder(tmp_path):
    path = left_by(tmp_path)
    stick = tmp_path / "stick"
    stick.mkdir()
    beside = stick / f".gig-1{BESIDE_SUFFIX}"
    path.rename(beside)
    (said,) = recover_sessions(stick / "today.mid")
    assert "is for another folder than its own" in said
    assert not (tmp_path / "gig.mid").exists()
    assert recover_sessions(stick / "today.mid") == []


@pytest.mark.parametrize("target", ["gig.mid", 5, None])
def test_a_journal_that_names_no_place_is_set_aside(tmp_path, monkeypatch, target):
    monkeypatch.chdir(tmp_path)
    path = left_by(tmp_path)
    first, *lines = path.read_bytes().splitlines(keepends=True)
    header = json.loads(first)
    header["recording"]["target"] = target
    path.write_bytes(b"".join([json.dumps(header).encode() + b"\n", *lines]))
    (said,) = recover_sessions()
    assert "does not say what it is a recording for" in said
    assert [*tmp_path.glob("*.mid")] == []
