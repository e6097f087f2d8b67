"""Small files that unfold, and files that claim to be huge: one sentence, little time and little memory."""

from __future__ import annotations

import gzip
import io
import json
import struct
import sys
import zipfile
from pathlib import Path

import pytest
from bombs import MOST_MB, command_mb
from step_maker import write_course_model

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs limits on processes")

HEADER = b"MThd\0\0\0\6\0\1\0\1\1\xe0"


def track(events: bytes) -> bytes:
    return HEADER + b"MTrk" + struct.pack(">I", len(events)) + events


def zipped(big: str, *others: tuple[str, str], megabytes: int = 300) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        for name, text in others:
            archive.writestr(name, text)
        with archive.open(big, "w", force_zip64=True) as file:
            for _ in range(megabytes):
                file.write(b" " * (1 << 20))
    return content.getvalue()


def many(count: int) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        for number in range(count):
            archive.writestr(f"{number}.xml", "")
    return content.getvalue()


CONTAINER = '<container><rootfiles><rootfile full-path="a.xml"/></rootfiles></container>'
ENTITIES = "".join(
    f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip("abcdefgh", "bcdefghi", strict=True)
)
BOMBS = {
    "zip.mxl": (lambda: zipped("a.xml"), "unpacks to over"),
    "named.mxl": (
        lambda: zipped("a.xml", ("META-INF/container.xml", CONTAINER)),
        "unpacks to over",
    ),
    "container.mxl": (
        lambda: zipped("META-INF/container.xml", ("a.xml", "<score-partwise/>")),
        "Cannot find chords",
    ),
    "many.mxl": (lambda: many(30_000), "a zip of over 1,000 files"),
    "deep.musicxml": (lambda: b"<score-partwise>" + b"<a>" * 1_000_000, "deep"),
    "wide.musicxml": (lambda: b"<score-partwise>" + b"<a/>" * 1_040_000, "elements"),
    "entities.musicxml": (
        lambda: f'<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa">{ENTITIES}]><score-partwise>&i;'.encode(),
        "declares the entity",
    ),
    "notes.mid": (
        lambda: track(b"\0\x90\x3c\x40" + b"\0\x3c\0\0\x3c\x40" * 2_000_000),
        "1,000,000 events",
    ),
    "texts.mid": (lambda: track(b"\0\xff\6\2C7" * 200_000), "50,000 texts"),
    "meters.mid": (lambda: track(b"\x10\xff\x58\4\4\2\x18\x08" * 200_000), "50,000 texts"),
    "tracks.mid": (lambda: HEADER + b"MTrk\0\0\0\0" * 1_900_000, "1,000,000 events"),
    "far.mid": (lambda: track(b"\0\x90\x3c\x40\xff\xff\xff\x7f\x3c\0\0\xff\6\2C7"), "beats"),
}


@pytest.mark.parametrize("name", BOMBS)
def test_charts_and_solos_that_unfold(tmp_path, name):
    make, said = BOMBS[name]
    path = tmp_path / name
    path.write_bytes(make())
    assert command_mb("chart", "show", str(path), status=4, said="Cannot ") < MOST_MB
    out = tmp_path / "out"
    assert (
        command_mb("corpus", "build", str(path), "--out", str(out), status=5, said="No solo")
        < MOST_MB
    )
    [dropped] = json.loads((out / "manifest.json").read_text())["dropped"]
    assert said in dropped["why"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("deep.jsonl", lambda: b'{"notes": ' + b"[" * 2_000_000, "nests too deep"),
        (
            "objects.jsonl",
            lambda: b'{"notes": 1, "x": ' + b'{"a":' * 1_000_000,
            "nests too deep",
        ),
        (
            "number.jsonl",
            lambda: b'{"notes": [[' + b"9" * 3_000_000 + b", 1, 60]]}",
            "numbers are too long",
        ),
        (
            "zeros.jsonl.gz",
            lambda: gzip.compress(bytes(200 << 20), 1),
            "a line of it has over 8 MB",
        ),
        (
            "lines.jsonl.gz",
            lambda: gzip.compress(b"\n" * (64 << 20), 1),
            "unpacks to over 50 times",
        ),
    ],
)
def test_lines_that_unfold(tmp_path, name, content, said):
    path = tmp_path / name
    path.write_bytes(content())  # made here, not whenever tests are collected
    words = ("corpus", "build", str(path), "--out", str(tmp_path / "out"))
    assert command_mb(*words, status=5, said="No solo") < MOST_MB
    [dropped] = json.loads((tmp_path / "out" / "manifest.json").read_text())["dropped"]
    assert said in dropped["why"]
    assert (
        command_mb("evaluate", "--model", "etudes", "--events", str(path), status=4, said="Cannot")
        < MOST_MB
    )


HEADS = {
    "a.mid": HEADER,
    "a.musicxml": b"<score-partwise>",
    "a.mxl": b"PK\3\4",
    "a.abc": b"X:1\nT:a\nK:C\n",
    "a.txt": b"| C7 |",
    "a.html": b"<a href='irealb://",
    "a.jsonl": b'{"notes": [], "chords": []}\n',
    "a.jsonl.gz": b"\x1f\x8b\x08\0",
    "wjazzd.db": b"SQLite format 3\0",
}


@pytest.fixture(params=HEADS)
def endless(request, tmp_path) -> Path:
    """A file of ten gigabytes that takes no room on the disk."""
    return hole(tmp_path / request.param, HEADS[request.param])


def hole(path: Path, head: bytes = b"{") -> Path:
    path.write_bytes(head)
    with path.open("r+b") as file:
        file.truncate(10 << 30)
    return path


def test_files_of_ten_gigabytes(endless, tmp_path):
    assert command_mb("chart", "show", str(endless), status=4, said="Cannot ") < MOST_MB
    words = ("corpus", "build", str(endless), "--out", str(tmp_path / "out"))
    assert command_mb(*words, status=5, said="jazz-improv: ") < MOST_MB


def test_what_lies_beside_them(tmp_path):
    """A licence is read to its first sentence; a manifest and a config file are not read at all."""
    folder = tmp_path / "solos"
    folder.mkdir()
    (folder / "a.jsonl").write_text("{}\n")
    hole(folder / "LICENSE", b"Free for all. ")
    hole(folder / "manifest.json")
    words = ("corpus", "build", str(folder), "--out", str(tmp_path / "out"))
    assert command_mb(*words, status=5, said="No solo") < MOST_MB
    assert "Free for all" in (tmp_path / "out" / "manifest.json").read_text()
    assert command_mb("corpus", "show", str(folder), status=4, said="64 MB") < MOST_MB
    config = hole(tmp_path / "c.toml", b"tempo = 3\n")
    assert command_mb("--config", str(config), "config", status=2, said="c.toml") < MOST_MB


@pytest.mark.parametrize("name", ["model.json", "cell.keras"])
def test_parts_of_a_model(tmp_path, name):
    """Of any command that loads one."""
    folder = write_course_model(tmp_path / "m")
    hole(folder / name)
    out = str(tmp_path / "a.mid")
    assert (
        command_mb("generate", "--model", str(folder), "--out", out, status=6, said=name) < MOST_MB
    )


@pytest.mark.parametrize("name", ["feel.json", "quotes.bin"])
@pytest.mark.parametrize("content", [None, b"[" * 3_000_000])
def test_what_lies_beside_a_cell(tmp_path, name, content):
    from improv import resources

    folder = tmp_path / "m"
    folder.mkdir()
    for path in (resources.models_dir() / "etudes").iterdir():
        (folder / path.name).write_bytes(path.read_bytes())
    if content is None:
        hole(folder / name)
    else:
        (folder / name).write_bytes(content)
    words = (
        "generate",
        "--model",
        str(folder),
        "--chart",
        "| C7 |",
        "--out",
        str(tmp_path / "a.mid"),
    )
    assert command_mb(*words, status=6, said=name) < MOST_MB
