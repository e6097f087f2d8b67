"""Solos as JSON lines."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from improv.corpus.events import each_event, read_events, write_events
from improv.errors import InputFileError
from improv.music.transcription import Heard, Transcription

SOLO = Transcription(
    id="Trane_1",
    title="Œuvre “1”",
    performer="A Player",
    instrument="ts",
    style="HARDBOP",
    rhythmfeel="SWING",
    tempo_bpm=201.5,
    key="Bb-maj",
    beats_per_bar=4,
    chords=((0, "C-7"), (24, "F7/A"), (48, "NC")),
    sections=((0, "A1", 1), (384, "B1", 1)),
    notes=(Heard(-6, 5, 60, 61.25), Heard(0, 30, 63, None), Heard(8, 1, 127, -3.0)),
)


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    """Plain and gzipped, with every field."""
    for name in ("a.jsonl", "a.jsonl.gz"):
        write_events(tmp_path / name, [SOLO, SOLO])
        assert read_events(tmp_path / name) == [SOLO, SOLO]
    plain = (tmp_path / "a.jsonl").read_bytes()
    assert gzip.decompress((tmp_path / "a.jsonl.gz").read_bytes()) == plain


def test_the_same_solos_give_the_same_bytes(tmp_path: Path) -> None:
    """No time and no name is in the compressed file."""
    write_events(tmp_path / "a.jsonl.gz", [SOLO])
    write_events(tmp_path / "b.jsonl.gz", [SOLO])
    assert (tmp_path / "a.jsonl.gz").read_bytes() == (tmp_path / "b.jsonl.gz").read_bytes()


def test_gaps_are_filled_and_unknown_fields_passed_over(tmp_path: Path) -> None:
    """NaN, null and missing texts are empty; a missing loudness or tempo is usual."""
    path = tmp_path / "a.jsonl"
    path.write_text(
        '{"key": NaN, "title": null, "chords": [], "sections": [[0, "A", null]], "colour": {"a": 1},'
        ' "notes": [[0, 3, 60], [4, 3, 61, NaN]]}\n\n'
    )
    [solo] = read_events(path)
    assert (solo.id, solo.key, solo.title) == ("a.jsonl:1", "", "")
    assert (solo.tempo_bpm, solo.beats_per_bar) == (120.0, 4)
    assert solo.sections == ((0, "A", 0),)
    assert solo.notes == (Heard(0, 3, 60, None), Heard(4, 3, 61, None))


GOOD = {"notes": [[0, 3, 60, None]], "chords": [[0, "C7"]]}


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("{", "expected one JSON object a line"),
        ("[" * 100_000, "nests too deep"),
        ("[1]", "expected an object with 'notes' and 'chords', not \\[1\\]"),
        (json.dumps({"chords": []}), "expected a list as 'notes', not None"),
        (json.dumps({"notes": []}), "expected a list as 'chords', not None"),
        (json.dumps({**GOOD, "ticks_per_beat": 480}), "'ticks_per_beat' is 480; 12 was expected"),
        (json.dumps({**GOOD, "beats_per_bar": "4/4"}), "'beats_per_bar' is '4/4'"),
        (json.dumps({**GOOD, "notes": [[0, 3]]}), r"expected \[onset, duration, pitch, .*\[0, 3\]"),
        (json.dumps({**GOOD, "notes": [[0.5, 3, 60]]}), r"not \[0.5, 3, 60\]"),
        (json.dumps({**GOOD, "notes": [[True, 3, 60]]}), r"not \[True, 3, 60\]"),
        (json.dumps({**GOOD, "notes": [[10**12, 3, 60]]}), r"Cannot read a note"),
        (json.dumps({**GOOD, "notes": [[0, 3, 128]]}), "the pitch 128 at step 0"),
        (json.dumps({**GOOD, "notes": [[0, 0, 60]]}), "the duration 0 at step 0"),
        (json.dumps({**GOOD, "notes": [[4, 3, 60], [4, 3, 61]]}), "onset 4 does not come after 4"),
        (json.dumps({**GOOD, "chords": [[0, 7]]}), r"expected \[step, symbol\], not \[0, 7\]"),
        (json.dumps({**GOOD, "chords": [[4, "C"], [0, "F"]]}), "step 0 is written after 4"),
        (json.dumps({**GOOD, "sections": ["A"]}), r"expected \[step, label, chorus\], not 'A'"),
        (json.dumps({**GOOD, "sections": 3}), "expected a list as 'sections', not 3"),
    ],
)
def test_a_bad_line_is_named(tmp_path: Path, line: str, said: str) -> None:
    """One sentence with the file and the line, whatever the rubbish."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"{json.dumps(GOOD)}\n{line}\n")
    with pytest.raises(InputFileError, match=said) as caught:
        read_events(path)
    assert "a.jsonl', line 2" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_bad_line_does_not_hide_the_others(tmp_path: Path) -> None:
    """Read one by one, each line is a solo or its own error."""
    path = tmp_path / "a.jsonl"
    path.write_text(f"rubbish\n{json.dumps(GOOD)}\n")
    found = list(each_event(path))
    assert [line for line, _ in found] == [1, 2]
    assert isinstance(found[0][1], InputFileError)
    assert isinstance(found[1][1], Transcription)


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (gzip.compress(b"x" * 1000, mtime=0)[:-9], "compressed content is damaged"),
        (b"\x1f\x8bnothing", "compressed content is damaged"),
        (b"\xff\xfe\x00", "expected lines of JSON in UTF-8, but byte 0"),
    ],
)
def test_a_damaged_file_is_one_sentence(tmp_path: Path, content: bytes, said: str) -> None:
    """Truncated, not gzip in truth, or not text."""
    path = tmp_path / "a.jsonl.gz"
    path.write_bytes(content)
    with pytest.raises(InputFileError, match=said):
        read_events(path)


def test_no_file_and_a_folder_are_one_sentence(tmp_path: Path) -> None:
    """What cannot be opened is named with the reason."""
    with pytest.raises(InputFileError, match=r"none\.jsonl': No such file"):
        read_events(tmp_path / "none.jsonl")
    with pytest.raises(InputFileError, match="Is a directory"):
        read_events(tmp_path)


@pytest.mark.shared
def test_the_shared_files_are_read(shared_dir: Path, tmp_path: Path) -> None:
    """All solos and notes of the protocol; written and read again they are the same."""
    for name, solos, notes in (("train", 355, 149_053), ("valid", 39, 20_714)):
        found = read_events(shared_dir / "eval" / f"{name}.jsonl.gz")
        assert (len(found), sum(len(solo.notes) for solo in found)) == (solos, notes)
        if name == "valid":
            write_events(tmp_path / "again.jsonl", found)
            assert read_events(tmp_path / "again.jsonl") == found
