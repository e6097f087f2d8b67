"""Files are written whole or not at all, and what was there before is respected."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from improv import files
from improv.errors import InputFileError, OutputFileError


def test_a_file_appears_only_when_it_is_whole(tmp_path):
    path = tmp_path / "x.mid"
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_bytes(b"half")
        raise RuntimeError
    assert list(tmp_path.iterdir()) == []
    files.write_bytes(path, b"whole")
    assert [p.name for p in tmp_path.iterdir()] == ["x.mid"]


def test_an_old_file_stays_until_the_new_one_is_whole(tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), files.replacing(path) as temporary:
        temporary.write_bytes(b"new")
        raise RuntimeError
    assert path.read_bytes() == b"old"


def test_a_link_stays_a_link_and_its_file_gets_the_bytes(tmp_path):
    target, link = tmp_path / "target.mid", tmp_path / "link.mid"
    target.write_bytes(b"old")
    link.symlink_to(target)
    files.write_bytes(link, b"new")
    assert link.is_symlink()
    assert target.read_bytes() == b"new"


def test_a_private_file_stays_private(tmp_path):
    path = tmp_path / "x.mid"
    path.write_bytes(b"old")
    path.chmod(0o600)
    files.write_bytes(path, b"new")
    assert path.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("make", [os.mkfifo, os.mkdir], ids=["pipe", "folder"])
def test_what_is_no_file_is_not_replaced(tmp_path, make):
    path = tmp_path / "x.mid"
    make(path)
    with pytest.raises(OutputFileError, match=r"x\.mid"):
        files.check_writable(path)
    with pytest.raises(OutputFileError), files.replacing(path):
        pass
    assert path.exists() and not path.is_file()


def test_the_longest_name_there_is_can_be_written(tmp_path):
    path = tmp_path / ("x" * 251 + ".mid")
    files.check_writable(path)
    files.write_bytes(path, b"whole")
    assert path.read_bytes() == b"whole"


def test_a_folder_replaces_its_forerunner_whole(tmp_path):
    path = tmp_path / "cell"
    for content in ("old", "new"):
        with files.replacing_folder(path) as temporary:
            (temporary / "model.json").write_text(content)
    assert (path / "model.json").read_text() == "new"
    with pytest.raises(RuntimeError), files.replacing_folder(path) as temporary:
        raise RuntimeError
    assert [p.name for p in tmp_path.iterdir()] == ["cell"]


def test_only_ordinary_files_are_read_and_no_more_of_them_than_is_wanted(tmp_path):
    path = tmp_path / "a"
    path.write_bytes(b"12345")
    assert files.read_ordinary(path, 9) == b"12345"
    assert files.read_ordinary(path, 3) == b"1234"
    os.mkfifo(tmp_path / "pipe")
    for name in ("pipe", "nothing", "x" * 300):
        with pytest.raises(OSError):
            files.read_ordinary(tmp_path / name, 9)
    with pytest.raises(IsADirectoryError):
        files.read_ordinary(tmp_path, 9)


@pytest.mark.parametrize(
    ("name", "why"),
    [
        ("none", "no such file"),
        (".", "it is a folder"),
        ("pipe", "no ordinary"),
        ("a", "over 0 MB"),
    ],
)
def test_what_cannot_be_read_is_said_in_one_sentence(tmp_path, name, why):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "a").write_bytes(b"12345")
    assert files.content_of(tmp_path / "a", 5) == b"12345"
    with pytest.raises(
        InputFileError, match=rf"^Cannot read set '.*': .*{why}.*; expected tunes\.$"
    ):
        files.content_of(tmp_path / name, 4, what="set ", expected="expected tunes")


def test_what_is_written_to_is_emptied_and_held(tmp_path):
    path = tmp_path / "log.jsonl"
    path.write_text("old")
    fd, name = files.open_to_write(path)
    assert (name, path.read_bytes()) == (path, b"")
    assert not files.hold(os.open(path, os.O_RDWR))
    os.close(fd)


def test_what_another_writes_is_left_alone_and_the_next_free_name_taken(tmp_path):
    path = tmp_path / "log.jsonl"
    first, _ = files.open_to_write(path)
    os.write(first, b"one")
    (tmp_path / "log-2.jsonl").write_text("old")
    second, name = files.open_to_write(path)
    third, other = files.open_to_write(path)
    os.write(second, b"two")
    assert [name.name, other.name] == ["log-3.jsonl", "log-4.jsonl"]
    assert path.read_bytes() == b"one"
    assert (tmp_path / "log-2.jsonl").read_text() == "old"
    for fd in (first, second, third):
        os.close(fd)
    fd, name = files.open_to_write(path)  # whoever held it has gone
    assert name == path
    os.close(fd)


@pytest.mark.parametrize("name", ["folder", "pipe", "no/where", "/dev/full", "/dev/null", "a\0b"])
def test_what_cannot_be_written_to_is_one_sentence_at_once(tmp_path, name):
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    for ask in (files.open_to_write, files.check_writable):
        with pytest.raises(OutputFileError, match="Cannot write"):
            ask(tmp_path / name)


def owned_by(uid, monkeypatch):
    """Links belong to `uid`, as far as anybody sees; whatever else to this user."""
    lstat = Path.lstat

    def seen(path):
        found = lstat(path)
        if not stat.S_ISLNK(found.st_mode):
            return found
        return os.stat_result([*found[:4], uid, *found[5:]])

    monkeypatch.setattr(Path, "lstat", seen)


@pytest.mark.skipif(not hasattr(os, "getuid"), reason="links have no owner here")
def test_a_link_that_another_user_made_is_not_followed(tmp_path, monkeypatch):
    real = tmp_path / "real"
    real.mkdir()
    (tmp_path / "folder").symlink_to("real")
    (tmp_path / "link").symlink_to("folder/../real/target")
    (tmp_path / "two").symlink_to("link")
    ways = [tmp_path / name for name in ("link", "two", "folder/target")]
    owned_by(os.getuid(), monkeypatch)
    for way in ways:
        files.write_bytes(way, b"ours")
        assert (real / "target").read_bytes() == b"ours"
    owned_by(os.getuid() + 1, monkeypatch)
    for way in ways:
        with pytest.raises(OutputFileError, match="a link that another user made"):
            files.write_bytes(way, b"theirs")
        with pytest.raises(OutputFileError, match="a link that another user made"):
            files.open_to_write(way)
    assert (real / "target").read_bytes() == b"ours"


def test_links_in_a_circle_are_one_sentence(tmp_path):
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(OutputFileError, match="Cannot write"):
        files.check_writable(tmp_path / "a")


def test_what_another_program_wrote_meanwhile_is_not_replaced(tmp_path):
    path = tmp_path / "gig.mid"
    before = files.state_of(path)
    assert files.write_unless_changed(path, b"one", before) == path
    assert files.write_unless_changed(path, b"two", before) == tmp_path / "gig-2.mid"
    now = files.state_of(path)
    assert files.write_unless_changed(path, b"three", now) == path
    assert (path.read_bytes(), (tmp_path / "gig-2.mid").read_bytes()) == (b"three", b"two")


def test_a_file_is_read_once_until_it_changes(tmp_path):
    """And not at all where there is none; what the reader raises is raised each time."""
    asked = []

    @files.until_changed
    def read(path):
        asked.append(path)
        if not (text := path.read_text()):
            raise InputFileError("empty")
        return text

    path = tmp_path / "some.txt"
    assert read(path) is None and read(tmp_path / "\0") is None and not asked
    path.write_text("one")
    assert (read(path), read(path), len(asked)) == ("one", "one", 1)
    path.write_text("another")
    assert (read(path), len(asked)) == ("another", 2)
    path.write_text("")
    for _ in range(2):
        with pytest.raises(InputFileError):
            read(path)
