"""Lines on their way to a disk that is slow, full or gone."""

from __future__ import annotations

import os
import subprocess
import sys
import threading

import pytest

from improv.files import hold, open_to_write
from improv.session import journal
from improv.session.journal import Claim, Journal, open_held

SOON_S = 20.0


def read_all(fd, into):
    with os.fdopen(fd, "rb") as stream:
        into.append(stream.read())


def opened(path):
    return open_to_write(path)[0]


def numbered(count):
    return [b'{"n": %d}\n' % number for number in range(count)]


def test_every_line_is_there_in_order(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = Journal(opened(path))
    for line in numbered(5000):
        lines.write(line)
    lines.close(SOON_S)
    assert path.read_bytes() == b"".join(numbered(5000))
    assert lines.problem() == ""


def test_what_was_handed_over_is_in_the_file_before_it_is_closed(tmp_path):
    path = tmp_path / "a.jsonl"
    lines = Journal(opened(path))
    lines.write(b"one\n")
    assert lines.flush(SOON_S)
    assert path.read_bytes() == b"one\n"
    lines.close(SOON_S)


def test_it_is_synced_without_being_closed(tmp_path, monkeypatch):
    synced = threading.Event()
    monkeypatch.setattr(journal, "_SYNC_S", 0.01)
    monkeypatch.setattr(journal.os, "fsync", lambda fd: synced.set())
    lines = Journal(opened(tmp_path / "a.jsonl"))
    lines.write(b"one\n")
    assert synced.wait(SOON_S)
    lines.close(SOON_S)


def test_it_is_not_synced_for_every_line(tmp_path, monkeypatch):
    """At most once a second, and once at the end."""
    synced = []
    monkeypatch.setattr(journal, "_SYNC_NS", 10**18)
    monkeypatch.setattr(journal, "_SYNC_S", 3600.0)
    monkeypatch.setattr(journal.os, "fsync", lambda fd: synced.append(fd))
    lines = Journal(opened(tmp_path / "a.jsonl"))
    for line in numbered(500):
        lines.write(line)
        lines.flush(SOON_S)
    assert not synced
    lines.close(SOON_S)
    assert len(synced) == 1


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="no /dev/full on this system")
@pytest.mark.parametrize("keeps", [True, False])
def test_a_full_disk_is_said_and_what_it_refuses_is_kept_where_that_is_wanted(keeps):
    lines = Journal(os.open("/dev/full", os.O_WRONLY), keeps=keeps)
    for line in numbered(3):
        lines.write(line)
    lines.close(SOON_S)
    assert "No space left" in lines.problem()
    assert lines.kept == (b"".join(numbered(3)) if keeps else b"")


def test_a_disk_that_fills_up_in_the_middle_of_a_line_loses_nothing_that_is_kept(tmp_path):
    path = tmp_path / "a.jsonl"
    really, left = os.write, [10]

    def write(fd, data):
        if not left[0]:
            raise OSError(28, "No space left on device")
        wrote = really(fd, data[: left[0]])
        left[0] -= wrote
        return wrote

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(journal.os, "write", write)
        lines = Journal(opened(path), keeps=True)
        for line in numbered(5):
            lines.write(line)
        lines.close(SOON_S)
    assert path.read_bytes() + lines.kept == b"".join(numbered(5))
    assert len(path.read_bytes()) == 10


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe that blocks")
def test_what_does_not_take_it_costs_lines_and_no_time(monkeypatch):
    """A pipe that nobody reads stands in for a disk that hangs."""
    monkeypatch.setattr(journal, "MOST_WAITING", 3)
    read_fd, write_fd = os.pipe()
    blocked = Journal(write_fd)
    blocked.write(b"x" * 1_000_000)  # more than a pipe holds: the thread waits in its write
    os.read(read_fd, 1)
    for line in numbered(10):
        blocked.write(line)
    assert blocked.lost == 7
    rest: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(read_fd, rest))
    blocked.close(0.01)
    assert "does not accept it" in blocked.problem(), "and closing does not wait for ever"
    reader.start()
    blocked.close(SOON_S)
    reader.join(SOON_S)
    assert rest[0].endswith(b"".join(numbered(3)))
    assert "7 lines are missing" in blocked.problem()


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pipe that blocks")
def test_where_lines_are_missing_the_file_says_so(monkeypatch):
    monkeypatch.setattr(journal, "MOST_WAITING", 1)
    read_fd, write_fd = os.pipe()
    lines = Journal(write_fd)
    lines.write(b"x" * 1_000_000 + b"\n")
    os.read(read_fd, 1)
    for line in numbered(3):
        lines.write(line)
    text: list[bytes] = []
    reader = threading.Thread(target=read_all, args=(read_fd, text))
    reader.start()
    assert lines.flush(SOON_S)
    lines.write(b"on it goes\n")
    lines.close(SOON_S)
    reader.join(SOON_S)
    assert text[0].splitlines()[1:] == [b'{"n": 0}', b'{"lost": 2}', b"on it goes"]


def test_a_held_file_is_known_from_one_whose_holder_has_died(tmp_path):
    fd, path = open_held(tmp_path / "made", "gig-", ".jsonl")
    assert path.parent == tmp_path / "made"
    assert path.name.startswith("gig-") and path.name.endswith(".jsonl")
    code = "import os, sys; from improv.files import hold; " + (
        "print(hold(os.open(sys.argv[1], os.O_RDWR)))"
    )

    def asked():
        return subprocess.run(
            [sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True
        ).stdout.strip()

    assert asked() == "False"
    os.close(fd)
    assert asked() == "True"


def test_a_file_is_held_by_one(tmp_path):
    fd, path = open_held(tmp_path, "a", ".jsonl")
    other = os.open(path, os.O_RDWR)
    assert not hold(other)
    os.close(fd)
    assert hold(other)
    os.close(other)


def test_a_new_file_that_somebody_clears_away_at_once_is_made_again(tmp_path, monkeypatch):
    """Between making and holding, a start of another session may have found it empty."""
    really, names = journal.hold, []

    def held(fd):
        if not names:
            (name,) = tmp_path.iterdir()
            names.append(name)
            name.unlink()
        return really(fd)

    monkeypatch.setattr(journal, "hold", held)
    fd, path = open_held(tmp_path, "a", ".jsonl")
    assert path.exists() and path not in names
    os.close(fd)


def test_the_state_folder_is_what_the_environment_says_or_the_platforms(monkeypatch, tmp_path):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path))
    assert journal.state_folder() == tmp_path
    monkeypatch.delenv("JAZZ_IMPROV_STATE")
    assert journal.state_folder().name == "jazz-improv"


def test_a_name_is_held_until_it_is_let_go_or_its_process_dies(tmp_path, monkeypatch):
    monkeypatch.setenv("JAZZ_IMPROV_STATE", str(tmp_path / "state"))
    target = tmp_path / "gig.mid"
    (tmp_path / "link.mid").symlink_to(target)
    first = Claim(target)
    Claim(tmp_path / "other.mid").close()
    for name in (target, tmp_path / "link.mid"):
        with pytest.raises(FileExistsError):
            Claim(name)
    first.close()
    first.close()
    killed = Claim(target)
    os.close(killed._fd)
    Claim(target).close()
    assert not target.exists() and [*(tmp_path / "state" / "names").iterdir()] == []
