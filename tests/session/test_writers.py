"""The recording and the log of a session, told the same things."""

from __future__ import annotations

import pytest
from session_maker import BAR, MODEL, config_of, journals, note_at, performance_of, sound

from improv.errors import OutputFileError
from improv.performance.assemble import lineup_of
from improv.performance.steering import Steer
from improv.session.reader import read_file
from improv.session.writers import Writers

PORT = {"port": "synth", "realtime": True}


@pytest.fixture(autouse=True)
def state(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))


def opened(tmp_path, *, record=True, log=True):
    config = config_of(log=tmp_path / "a.jsonl" if log else None)
    writers = Writers()
    writers.open(config, MODEL, tmp_path / "a.mid" if record else None, PORT)
    return writers, config


def played(writers, config):
    """A bar of it, with all that can happen."""
    performance = performance_of(config)
    for writer in writers:
        writer.tune(performance)
    sound([*writers], performance, note_at(1, 0))
    writers.steered(Steer(controls={"density": 0.5}), 480, 960)
    writers.said("The port is gone.", True)
    writers.port("out", "synth", False)
    writers.clock("stop", 960)
    writers.reloaded(config, MODEL)
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


def test_a_log_that_cannot_be_opened_is_said_and_the_recording_let_go(tmp_path):
    config = config_of(log=tmp_path / "nowhere" / "a.jsonl")
    writers = Writers()
    with pytest.raises(OutputFileError, match="nowhere"):
        writers.open(config, MODEL, tmp_path / "a.mid", PORT)
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
