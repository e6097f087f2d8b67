"""The recording and the log of a session, told the same things."""

from __future__ import annotations

from pathlib import Path

import pytest
from session_maker import (
    BAR,
    MODEL,
    begun,
    config_of,
    journals,
    killed,
    note_at,
    performance_of,
    sound,
)

from improv.errors import OutputFileError
from improv.midi.ports import PortInfo
from improv.performance.assemble import lineup_of
from improv.performance.steering import Steer
from improv.session.reader import read_file
from improv.session.writers import Writers

PORT = PortInfo("synth", "jack", False)
NO_PORT = PortInfo("", "none", False)


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))


def opened(tmp_path, *, record=True, log=True):
    config = config_of(
        log=tmp_path / "a.jsonl" if log else None, record=tmp_path / "a.mid" if record else None
    )
    writers = Writers()
    assert writers.open(config, MODEL, PORT, True) == ()
    return writers, config


def played(writers, config):
    """A bar of it, with all that can happen."""
    performance = performance_of(config)
    for writer in writers:
        writer.tune(performance)
    sound([*writers], performance, note_at(1, 0))
    writers.tell(lambda log: log.steered(Steer(controls={"density": 0.5}), 480, 960))
    writers.tell(lambda log: log.said("The port is gone.", True))
    writers.tell(lambda log: log.port("out", "synth", False))
    writers.tell(lambda log: log.clock("stop", 960))
    writers.tell(lambda log: log.reloaded(config, MODEL))
    return writers.close(BAR, "SIGINT", lineup_of(config))


def test_both_are_told_the_same(tmp_path):
    writers, config = opened(tmp_path)
    assert len(list(writers)) == 2
    (journal,) = journals()
    for writer in writers:
        assert writer._lines.flush(20.0)
    kept = journal.read_bytes()
    assert len(kept.splitlines()) == 1
    take = played(writers, config)
    assert [note.onset_tick for note in take.tracks[0].notes] == [0]
    assert (tmp_path / "a.mid").exists()
    assert journals() == []
    session = read_file(tmp_path / "a.jsonl")
    assert (session.header["port"], session.header["realtime"]) == ("synth", True)
    assert (session.why, len(session.reloads), session.messages) == ("SIGINT", 1, 2)
    assert session.parts[0].steers[0].steer == Steer(controls={"density": 0.5})


@pytest.mark.parametrize("record", [True, False])
def test_one_of_them_is_enough(tmp_path, record):
    writers, config = opened(tmp_path, record=record, log=not record)
    assert len(list(writers)) == 1
    take = played(writers, config)
    assert (take is not None) == record
    assert (tmp_path / "a.mid").exists() == record
    assert (tmp_path / "a.jsonl").exists() != record


def test_with_none_nothing_is_left(tmp_path):
    writers, config = opened(tmp_path, record=False, log=False)
    assert played(writers, config) is None
    assert [*tmp_path.iterdir()] == []
    assert writers.failed == ()


@pytest.mark.parametrize("asked", [True, False])
def test_without_a_port_a_recording_is_left_where_it_plays(tmp_path, monkeypatch, asked):
    monkeypatch.chdir(tmp_path)
    config = config_of(record=tmp_path / "a.mid" if asked else None)
    writers = Writers()
    assert writers.open(config, MODEL, NO_PORT, False) == ()
    assert writers.record == (tmp_path / "a.mid" if asked else Path("session.mid"))
    played(writers, config)
    assert [path.name for path in tmp_path.glob("*.mid")] == ["a.mid" if asked else "session.mid"]


def test_where_that_cannot_be_written_it_is_said_and_played_on(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "session.mid").mkdir()
    writers = Writers()
    (said,) = writers.open(config_of(), MODEL, NO_PORT, False)
    assert said.startswith("No recording is left: Cannot write 'session.mid': it is a folder")
    assert writers.record is None
    assert played(writers, config_of()) is None


def test_what_a_session_before_has_left_is_recovered_and_said(tmp_path):
    recording, performance = begun(tmp_path / "gig.mid")
    sound([recording], performance, note_at(1, 0))
    killed(recording)
    writers = Writers()
    (said,) = writers.open(config_of(), MODEL, PORT, False)
    assert "'gig.mid' of a session that ended without warning is recovered" in said
    assert (tmp_path / "gig.mid").exists()


def test_a_log_that_cannot_be_opened_is_said_and_the_recording_let_go(tmp_path):
    config = config_of(log=tmp_path / "nowhere" / "a.jsonl", record=tmp_path / "a.mid")
    writers = Writers()
    with pytest.raises(OutputFileError, match="nowhere"):
        writers.open(config, MODEL, PORT, True)
    writers.let_go()
    assert journals() == []


def test_where_nothing_was_played_no_recording_is_left(tmp_path):
    writers, _ = opened(tmp_path)
    writers.let_go()
    assert journals() == []
    assert not (tmp_path / "a.mid").exists()


def test_whether_they_are_whole_is_said_for_each(tmp_path, monkeypatch):
    writers, config = opened(tmp_path)

    def full(fd, data):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("improv.session.journal.os.write", full)
        played(writers, config)
    (said,) = writers.failed
    assert "a.jsonl" in said and "No space left on device" in said


def test_of_two_with_the_same_names_the_second_takes_others_and_says_so(tmp_path):
    first, config = opened(tmp_path)
    second = Writers()
    log, mid, log_2, mid_2 = (
        tmp_path / name for name in ("a.jsonl", "a.mid", "a-2.jsonl", "a-2.mid")
    )
    assert second.open(config, MODEL, PORT, True) == (
        f"Another session records {str(mid)!r}; this one will be saved as {str(mid_2)!r}.",
        f"Another session writes the log {str(log)!r}; this one writes {str(log_2)!r}.",
    )
    assert second.record == mid_2
    for writers in (second, first):
        assert played(writers, config) is not None and writers.remark == ""
        assert writers.failed == ()
    for path in (mid, mid_2):
        assert path.read_bytes() == mid.read_bytes()
    for path in (log, log_2):
        assert (read_file(path).messages, read_file(path).damaged) == (2, 0)
    third, _ = opened(tmp_path)  # both have gone: the names are free
    third.let_go()


def test_what_another_program_writes_meanwhile_is_not_replaced(tmp_path):
    """A session with another state folder, of another user, or no session at all."""
    writers, config = opened(tmp_path)
    (tmp_path / "a.mid").write_bytes(b"theirs")
    played(writers, config)
    assert (tmp_path / "a.mid").read_bytes() == b"theirs"
    assert writers.record == tmp_path / "a-2.mid" and writers.record.exists()
    assert "meanwhile; the recording is saved as" in writers.remark


def test_what_is_there_from_before_is_replaced(tmp_path):
    (tmp_path / "a.mid").write_bytes(b"old")
    writers, config = opened(tmp_path)
    played(writers, config)
    assert (tmp_path / "a.mid").read_bytes()[:4] == b"MThd"
    assert writers.record == tmp_path / "a.mid"
