"""Lines of a file, and what claims to be much longer than it is."""

from __future__ import annotations

import gzip
import random
from pathlib import Path

import pytest
from bombs import MOST_MB, refused_mb

from improv.corpus.lines import MOST_LINE_BYTES, each_line
from improv.errors import InputFileError


@pytest.mark.parametrize("size", [0, 1, 3_000_000])
def test_lines_are_those_of_the_file_packed_or_not(tmp_path: Path, size: int) -> None:
    """Also of several members one after the other, with padding behind."""
    dice = random.Random(size)
    content = b"".join(dice.randbytes(dice.randrange(900)) for _ in range(size // 450))
    packed = gzip.compress(content)
    two = gzip.compress(content[:700]) + gzip.compress(content[700:]) + b"\0" * 512
    for number, stored in enumerate((content, packed, two)):
        path = tmp_path / str(number)
        path.write_bytes(stored)
        assert list(each_line(path)) == content.splitlines(keepends=True) or (
            b"".join(each_line(path)) == content
        )


def test_a_line_without_end_is_refused(tmp_path: Path) -> None:
    """Packed and not."""
    path = tmp_path / "x"
    path.write_bytes(b"x" * (MOST_LINE_BYTES + 2_000_000))
    with pytest.raises(InputFileError, match="a line of it has over 8 MB"):
        list(each_line(path))
    path.write_bytes(gzip.compress(path.read_bytes()))
    with pytest.raises(InputFileError, match="a line of it"):
        list(each_line(path))


def gzip_of(path: Path, line: bytes, mb: int) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for _ in range(mb):
            file.write(line * ((1 << 20) // len(line)))
    return path


@pytest.mark.parametrize("line", [b"\n", b"{}\n", b"0,0,0,0,0,0,0\n", b"\0"])
def test_what_unpacks_to_gigabytes_is_refused_in_little_memory(tmp_path: Path, line: bytes) -> None:
    """As solos and as tables, whatever is in it."""
    bomb = gzip_of(tmp_path / "solos.csv.gz", line, 200)
    assert refused_mb(f"read_events({str(bomb)!r})", "InputFileError") < MOST_MB
    for name in ("beats", "notes"):
        (tmp_path / f"{name}.csv").write_text("id\n")
    bomb.write_bytes(gzip.compress(b"id\n") + bomb.read_bytes())
    assert refused_mb(f"read_tables(Path({str(tmp_path)!r}))", "InputFileError") < MOST_MB


def test_a_file_of_lines_that_are_no_solos_is_refused_early(tmp_path: Path) -> None:
    """Two million of them would be two million reasons."""
    path = tmp_path / "x.jsonl"
    path.write_bytes(b"{}\n" * 2_000_000)
    assert refused_mb(f"read_events({str(path)!r})", "InputFileError") < MOST_MB
