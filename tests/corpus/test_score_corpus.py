"""Solos from the scores that music21 reads, beside all others."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import score_maker
from musicxml_maker import chord, score

from improv.charts import score as score_module
from improv.cli import main
from improv.corpus import read_sources
from improv.corpus.build import build_corpus
from improv.corpus.musicxml import read_other_scores
from improv.corpus.reading import NO_CHORDS, NO_MELODY, UNREADABLE
from improv.corpus.sources import MUSICXML, SCORE, find_source, kind_of
from improv.errors import MissingError
from tests.corpus.test_musicxml_corpus import BAR

pytest.importorskip("music21")

CHORDS = ["Bb7", "C-7", "F7alt", "Bbmaj7"]
TUNE = "X:1\nT:Swing\nM:4/4\nL:1/8\nQ:1/4=180\nK:Bb\n{}\n"


def read(tmp_path: Path, text: str, name: str = "tune.abc"):
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return read_other_scores(path, Path(name).stem)


@pytest.fixture
def mixed(tmp_path: Path) -> Path:
    """A score of each format, a file of several tunes, and what is refused."""
    folder = tmp_path / "mixed"
    folder.mkdir()
    (folder / "a.abc").write_text(score_maker.abc(CHORDS))
    (folder / "b.krn").write_text(score_maker.kern(CHORDS[2:] * 3, "chord"))
    (folder / "c.xml").write_text(score_maker.mei(CHORDS[1:]))
    score_maker.capella(folder / "d.capx", CHORDS * 2)
    (folder / "e.nwctxt").write_text(score_maker.noteworthy([*CHORDS, "C6/9"]))
    bars = '"C"c2d2 e2f2 | "G7"g2f2 e2d2 | "C"c2e2 g2e2 |]'
    two = [TUNE.format(bars), TUNE.format(bars.replace("c2e2", "e2g2"))]
    (folder / "f.abc").write_text("\n".join([*two, TUNE.format("c8 |]")]))
    (folder / "g.mei").write_text("<mei/>")
    (folder / "h.musicxml").write_bytes(score(*[chord("C") + BAR, chord("F") + BAR] * 3, BAR))
    (folder / "notes.md").write_text("# Not a score\n")
    return folder


def test_every_format_gives_its_notes_and_its_chords(mixed: Path, tmp_path: Path) -> None:
    corpus = build_corpus([mixed], tmp_path / "out")
    by_id = {solo.id: solo for solo in corpus.solos}
    assert sorted(by_id) == ["a", "b", "c", "d", "e", "f#Swing", "f#Swing (2)", "h"]
    assert by_id["a"].chords == ((0, "Bb7"), (48, "Cm7"), (96, "F7alt"), (144, "Bbmaj7"))
    assert [(n.onset_step, n.pitch) for n in by_id["a"].notes][:5] == [
        *((0, 60), (12, 62), (24, 64), (36, 65), (48, 60)),
    ]
    for name, count in (("a", 4), ("b", 6), ("c", 3), ("d", 8), ("e", 5)):
        assert [n.pitch for n in by_id[name].notes] == [*score_maker.PITCHES] * count
        assert by_id[name].title == (score_maker.TITLE if name != "d" else "d")
    assert by_id["f#Swing"].tempo_bpm == 180
    [source] = corpus.manifest["sources"]
    assert source["kinds"] == {"musicxml": 1, "score": 7} and source["passed_over"] == 1
    dropped = {each["what"]: each for each in corpus.manifest["dropped"]}
    assert set(dropped) == {"f#Swing", "g"}
    assert (dropped["f#Swing"]["reason"], dropped["g"]["reason"]) == (NO_CHORDS, UNREADABLE)
    assert dropped["g"]["why"].startswith("Cannot read 'g.mei': music21 cannot read it as MEI (")
    assert str(tmp_path) not in json.dumps(corpus.manifest)


def test_the_same_bytes_on_any_number_of_processes(mixed: Path, tmp_path: Path) -> None:
    for jobs in (1, 2):
        build_corpus([mixed], tmp_path / str(jobs), jobs=jobs)
    for name in ("solos.jsonl.gz", "manifest.json"):
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "2" / name).read_bytes()


def test_train_and_corpus_build_take_them(mixed: Path, tmp_path: Path, capsys) -> None:
    """By name on the command line too; what cannot be read is said on stderr."""
    given = [str(mixed / name) for name in ("a.abc", "d.capx", "g.mei")]
    assert main(["corpus", "build", *given, "--out", str(tmp_path / "out")]) == 0
    said = capsys.readouterr()
    assert "2 solos" in said.out and "music21 cannot read it as MEI" in said.err
    solos, left_out = read_sources([mixed / "a.abc", mixed / "g.mei"])
    assert (len(solos), len(left_out)) == (1, 1)


@pytest.mark.parametrize(
    ("text", "reason", "sentence"),
    [
        (
            TUNE.format("c8 | d8 |]"),
            NO_CHORDS,
            "Cannot find chords in '{}': expected chord symbols",
        ),
        (TUNE.format('"C"z8 | "F"z8 |]'), NO_MELODY, "Cannot find a melody in '{}': no part of it"),
        (TUNE.format('"C"[ceg]8 | "F"[fac]8 |]'), NO_MELODY, "no part of it is a single line"),
        ("nothing\n", UNREADABLE, "'{}'"),
    ],
)
def test_what_is_missing_is_said_in_a_sentence(text, reason, sentence, tmp_path):
    [dropped] = read(tmp_path, text).dropped
    assert (dropped.what, dropped.reason) == ("tune", reason)
    assert sentence.format(tmp_path / "tune.abc") in dropped.sentence


def test_upbeats_are_played_and_played_again(tmp_path):
    """The last bar of the repeat leaves a beat to the upbeat behind its `|:`."""
    tune = '|: c2 | "C"d8 | "F"e6 :| g2 | "C"a8 | "F"b8 |]'
    [solo] = read(tmp_path, TUNE.format(tune).replace("K:Bb", "K:C")).solos
    assert [(n.onset_step, n.pitch) for n in solo.notes] == [
        *(
            (-12, 72),
            (0, 74),
            (48, 76),
            (84, 72),
            (96, 74),
            (144, 76),
            (180, 79),
            (192, 81),
            (240, 83),
        ),
    ]


def test_grace_notes_ties_and_tuplets(tmp_path):
    tune = '"C"{g}c2- c2 (3efg {ab}c\'2 | "F"f8- | "F"f4 z4 |]'
    [solo] = read(tmp_path, TUNE.format(tune).replace("K:Bb", "K:C")).solos
    assert [(n.onset_step, n.duration_step, n.pitch) for n in solo.notes] == [
        *((0, 24, 72), (24, 4, 76), (28, 4, 77), (32, 4, 79), (36, 12, 84), (48, 72, 77)),
    ]


def test_the_melody_is_in_one_voice_and_the_chords_in_another(tmp_path):
    tune = 'V:1\nc2d2 e2f2 | g8 |]\nV:2\n"C"[CEG]8 | "F"[FAc]8 |]\n'
    [solo] = read(tmp_path, TUNE.format(tune).replace("K:Bb", "K:C")).solos
    assert [n.pitch for n in solo.notes] == [72, 74, 76, 77, 79]
    assert solo.chords == ((0, "C"), (48, "F"))


def test_files_are_known_by_what_they_hold(tmp_path):
    for name, text in (
        ("tune.txt", score_maker.abc(["C"])),
        ("tune", score_maker.kern(["C"])),
        ("tune.xml", score_maker.mei(["C"])),
    ):
        (tmp_path / name).write_text(text)
        assert kind_of(tmp_path / name) == SCORE
    (tmp_path / "tune.mxl").write_bytes(b"PK\x03\x04" + b"\0" * 26 + b"score.xml")
    assert kind_of(tmp_path / "tune.mxl") == MUSICXML
    (tmp_path / "tune.mid").write_bytes(b"MThd")
    names = [task.shown for task in find_source(tmp_path).tasks]
    assert names == ["tune", "tune.mid"]  # the others are charts that go with it


def test_without_music21_one_sentence_says_what_to_install(mixed, tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(score_module.importlib.util, "find_spec", lambda name: None)
    corpus = build_corpus([mixed], tmp_path / "out", jobs=1)
    assert [solo.id for solo in corpus.solos] == ["h"]
    assert all("pip install 'jazz-improv[train]'" in each.sentence for each in corpus.dropped)
    with pytest.raises(MissingError):
        build_corpus([mixed / "a.abc"], tmp_path / "out")
    assert main(["corpus", "build", str(mixed / "a.abc"), "--out", str(tmp_path / "o")]) == 9
    assert "needs music21, `pip install 'jazz-improv[train]'`" in capsys.readouterr().err
