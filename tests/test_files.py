"""Files are written whole or not at all, and what was there before is respected."""

from __future__ import annotations

import os

import pytest

from improv import files
from improv.errors import OutputFileError


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
