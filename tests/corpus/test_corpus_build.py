"""`jazz-improv corpus build`: from files of all kinds to one folder, whatever else lies among them."""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import shutil
from collections.abc import Sequence
from pathlib import Path

import pytest
from musicxml_maker import chord, score, words

from improv.cli import main
from improv.corpus import read_sources
from improv.corpus.build import build_corpus, read_manifest
from improv.corpus.events import read_events, write_events
from improv.corpus.sources import Result, Task, find_source, kind_of, read_tasks
from improv.corpus.workers import read_here
from improv.errors import CorpusError, InputFileError, OutputFileError
from improv.music.transcription import Heard, Transcription
from tests.corpus.test_musicxml_corpus import BAR

ROOT = Path(__file__).parents[2]
FOUR_BARS = ROOT / "tests/fixtures/four_bars.mid"
CHORDS = ((0, "C7"), (48, "F7"))


def solo(name: str, first: int = 60) -> Transcription:
    notes = tuple(Heard(6 * at, 5, first + at % 7) for at in range(20))
    return Transcription(name, name, "P", "ts", "", "", 120, "C-maj", 4, CHORDS, (), notes)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A folder with one file of each kind, a bad one of each, and what is no music."""
    folder = tmp_path / "mixed"
    (folder / "deep" / "er").mkdir(parents=True)
    shutil.copy(FOUR_BARS, folder / "deep" / "er" / "four.mid")
    (folder / "bad.mid").write_bytes(FOUR_BARS.read_bytes()[:20])
    bars = [chord("C") + BAR, chord("F") + words("GO TO TRIO") + BAR] * 2
    (folder / "lead.xml").write_bytes(score(*bars))
    (folder / "worse.musicxml").write_bytes(b"<score-partwise")
    write_events(folder / "events.jsonl.gz", [solo("One"), solo("Two", 65)])
    (folder / "some.jsonl").write_text('{"notes": 3}\n')
    (folder / "settings.xml").write_text("<settings/>")
    (folder / "LICENSE").write_text("Free for all.\nReally.\n")
    (folder / ".hidden.mid").write_bytes(b"x")
    return folder


def test_a_folder_of_everything_becomes_a_corpus(mixed: Path, tmp_path: Path) -> None:
    """Solos in order of names, each called after its file; the manifest says all the rest."""
    corpus = build_corpus([mixed], tmp_path / "out")
    names = ["One", "Two", "lead", "deep/er/four"]
    solos = read_events(tmp_path / "out" / "solos.jsonl.gz")
    assert [each.id for each in solos] == names and solos == corpus.solos
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text())
    assert manifest == corpus.manifest
    content = gzip.decompress((tmp_path / "out" / "solos.jsonl.gz").read_bytes())
    assert manifest["solos_sha256"] == hashlib.sha256(content).hexdigest()
    counts = manifest["counts"]
    assert (counts["files"], counts["solos"], counts["notes"]) == (6, 4, 20 + 20 + 16 + 28)
    assert (counts["meters"], counts["dropped"]) == ({"4/4": 4}, {"unreadable": 3})
    [source] = manifest["sources"]
    assert source["path"] == "mixed" and source["licence"] == "Free for all (LICENSE)"
    assert source["kinds"] == {"midi": 2, "musicxml": 2, "events": 2}
    assert source["passed_over"] == 2
    assert [each["what"] for each in manifest["dropped"]] == ["bad", "some:1", "worse"]
    assert "Cannot read 'bad.mid': it begins like a MIDI file" in manifest["dropped"][0]["why"]
    assert [each["id"] for each in manifest["solos"]] == names
    assert any("GO TO TRIO" in each["what"] for each in manifest["remarks"])
    assert str(tmp_path) not in json.dumps(manifest)


def test_the_same_sources_give_the_same_bytes(mixed: Path, tmp_path: Path) -> None:
    """Anywhere, on any number of processes."""
    for number in range(12):
        write_events(mixed / f"more{number}.jsonl", [solo(f"M{number}", 50 + number)])
    elsewhere = tmp_path / "elsewhere" / "mixed"
    shutil.copytree(mixed, elsewhere)
    build_corpus([mixed], tmp_path / "a", jobs=1)
    build_corpus([elsewhere], tmp_path / "b", jobs=2)
    for name in ("solos.jsonl.gz", "manifest.json"):
        assert (tmp_path / "a" / name).read_bytes() == (tmp_path / "b" / name).read_bytes()


def test_a_corpus_is_a_source_with_its_licence(mixed: Path, tmp_path: Path) -> None:
    """What was built can be built on; what is there twice is there once."""
    build_corpus([mixed], tmp_path / "a")
    again = build_corpus([tmp_path / "a", mixed], tmp_path / "b")
    assert [each.id for each in again.solos] == ["One", "Two", "lead", "deep/er/four"]
    assert again.manifest["sources"][0]["licence"] == "Free for all (LICENSE)"
    assert again.manifest["counts"]["dropped"] == {"unreadable": 3, "duplicate": 4}


def test_a_chart_beside_a_midi_file_is_not_read_as_a_solo(tmp_path: Path) -> None:
    """It belongs to that file."""
    shutil.copy(FOUR_BARS, tmp_path / "four.mid")
    (tmp_path / "four.musicxml").write_bytes(score(*[chord("C") + BAR] * 4))
    assert find_source(tmp_path).kinds == {"midi": 1}


def test_kinds_are_known_by_content(tmp_path: Path, mixed: Path) -> None:
    """Whatever the name; a name counts where the content says nothing."""
    for name, kind in (
        ("deep/er/four.mid", "midi"),
        ("lead.xml", "musicxml"),
        ("events.jsonl.gz", "events"),
        ("settings.xml", None),
        ("LICENSE", None),
    ):
        shutil.copy(mixed / name, tmp_path / "unnamed")
        assert kind_of(tmp_path / "unnamed") == kind
    (tmp_path / "a.mid").write_bytes(b"")
    assert kind_of(tmp_path / "a.mid") == "midi"
    with pytest.raises(InputFileError, match="No such file"):
        kind_of(tmp_path / "none")


def test_what_is_named_and_is_not_there_is_in_the_report(tmp_path: Path, mixed: Path) -> None:
    """The rest goes on."""
    (tmp_path / "empty").mkdir()
    none, text = tmp_path / "none", mixed / "LICENSE"
    solos, left_out = read_sources([none, text, tmp_path / "empty", mixed / "events.jsonl.gz"])
    assert [each.id for each in solos] == ["One", "Two"]
    assert [what for what, _ in left_out] == [str(none), str(text), str(tmp_path / "empty")]
    assert "No such file" in left_out[0][1] and "expected MIDI" in left_out[1][1]


def test_where_nothing_is_usable_every_reason_is_said_and_written(
    tmp_path: Path, mixed: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The manifest is there, and stands in nobody's way when the sources are mended."""
    folder, out = tmp_path / "odd", tmp_path / "out"
    folder.mkdir()
    for name in ("a.mid", "b.mid"):
        (folder / name).write_bytes(b"MThd")
    (folder / "c.jsonl").write_text('{"notes": 1}')
    none = tmp_path / "none"
    with pytest.raises(CorpusError, match=r"\(4 unreadable\).*manifest\.json"):
        build_corpus([folder, none], out)
    names = [each["what"] for each in read_manifest(out)["dropped"]]
    assert names == ["a", "b", "c:1", str(none)] and read_events(out / "solos.jsonl.gz") == []
    assert main(["corpus", "build", str(folder), str(none), "--out", str(out)]) == 5
    said = capsys.readouterr().err
    assert said.count("left out: ") == 4 and "No solo can be used of" in said
    assert main(["corpus", "build", str(mixed), "--out", str(out)]) == 0
    assert main(["corpus", "build", str(mixed), "--out", str(out)]) == 8  # solos are not replaced


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="this system has no pipes with names")
def test_odd_names_and_pipes_stop_nothing(tmp_path: Path) -> None:
    """A name that is no text, and files that never end."""
    folder = tmp_path / "odd"
    folder.mkdir()
    shutil.copy(FOUR_BARS, os.fsencode(folder) + b"/four\xff.mid")
    Path(os.fsdecode(os.fsencode(folder) + b"/bad\xff.mid")).write_bytes(b"MThd")
    for name in ("LICENSE", "pipe.mid"):
        os.mkfifo(folder / name)
    corpus = build_corpus([folder, folder / "pipe.mid", Path("/dev/zero")], tmp_path / "out")
    assert [each.id for each in corpus.solos] == ["four?"]
    assert [each.what for each in corpus.dropped] == ["bad?", str(folder / "pipe.mid"), "/dev/zero"]
    assert read_events(tmp_path / "out" / "solos.jsonl.gz") == corpus.solos
    for name in (folder / "pipe.mid", Path("/dev/zero")):
        with pytest.raises(InputFileError, match="not an ordinary file"):
            read_events(name)


# -- processes


def read_or_die(tasks: Sequence[Task]) -> list[Result]:
    """As `read_tasks`, but a file of this name is the end of the process that reads it."""
    if any(task.name == "deadly" for task in tasks):
        os._exit(1)
    return read_tasks(tasks)


def test_a_file_that_ends_its_process_is_named_and_the_rest_goes_on(tmp_path: Path) -> None:
    """All others are read, in order."""
    for number in range(16):
        write_events(tmp_path / f"a{number:02}.jsonl", [solo(f"a{number:02}")])
    (tmp_path / "deadly.jsonl").write_bytes((tmp_path / "a00.jsonl").read_bytes())
    tasks = find_source(tmp_path).tasks
    seen: list[int] = []
    results = read_here(tasks, 2, seen.append, read_or_die)
    assert [result.task for result in results] == tasks
    assert seen == sorted(seen) and seen[-1] == 17
    names = [each.id for result in results for each in result.reading.solos]
    assert names == [f"a{number:02}" for number in range(16)]
    [dropped] = [each for result in results for each in result.reading.dropped]
    assert dropped.what == "deadly" and "crashes the process" in dropped.sentence


# -- the command


def test_the_command_says_what_it_did(mixed: Path, tmp_path: Path, capsys) -> None:
    """Bad files on stderr, a summary on stdout; --json for programs; the folder is not replaced unasked."""
    out = tmp_path / "out"
    assert main(["corpus", "build", str(mixed), "--out", str(out)]) == 0
    said = capsys.readouterr()
    assert said.out.startswith("4 solos of ")
    assert "licence: Free for all (LICENSE)" in said.out and "left out: 3 unreadable" in said.out
    assert "jazz-improv: left out: Cannot read 'bad.mid'" in said.err
    assert main(["corpus", "build", str(mixed), "--out", str(out)]) == OutputFileError.status
    assert "already" in capsys.readouterr().err
    assert main(["corpus", "build", str(mixed), "--out", str(out), "--force", "--json"]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["counts"]["solos"] == 4 and report["out"] == str(out)
    assert main(["corpus", "show", str(out)]) == 0
    assert capsys.readouterr().out.startswith("4 solos of ")
    assert main(["corpus", "show", str(out), "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["format"] == "jazz-improv corpus 1"


def test_the_command_refuses_before_it_reads(mixed: Path, tmp_path: Path, capsys) -> None:
    """A folder of something else, a file, and what is no corpus."""
    assert main(["corpus", "build", str(mixed), "--out", str(mixed)]) == OutputFileError.status
    assert "something that is not a corpus" in capsys.readouterr().err
    assert main(["corpus", "build", str(mixed), "--out", str(FOUR_BARS)]) == OutputFileError.status
    assert main(["corpus", "show", str(mixed)]) == InputFileError.status
    (mixed / "manifest.json").write_text('{"format": "jazz-improv corpus 1"}')
    assert main(["corpus", "show", str(mixed)]) == InputFileError.status
    assert main(["corpus", "build", "--out", str(tmp_path / "x")]) == 2
    assert "Traceback" not in capsys.readouterr().err


def test_the_melody_is_passed_on(tmp_path: Path, capsys) -> None:
    """A track that is not there is the reason, with those that are."""
    out = str(tmp_path / "out")
    assert main(["corpus", "build", str(FOUR_BARS), "--out", out, "--melody", "oboe"]) == 5
    assert "'oboe'" in capsys.readouterr().err
    assert main(["corpus", "build", str(FOUR_BARS), "--out", out, "--melody", "sol"]) == 0
    assert json.loads((tmp_path / "out" / "manifest.json").read_text())["melody"] == "sol"
