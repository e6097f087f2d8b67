"""Train, load, play: the offline half of the road through the command line, as a user goes it."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import mido
import pytest
from step_maker import write_course_model

from improv import resources
from improv.cell.load import load_model
from improv.cli import main

pytestmark = [
    pytest.mark.train,
    pytest.mark.skipif(
        importlib.util.find_spec("tensorflow") is None, reason="needs the extra [train]"
    ),
]

SOLOS = [
    *("blues_F", "blues_Bb", "rhythm_Bb", "song_F", "ballad_Eb", "vamp_C"),
    *("blues_A", "rhythm_F", "song_C", "ballad_F", "vamp_F", "blues_C"),
]


@pytest.fixture
def solos(tmp_path, monkeypatch) -> Path:
    """A user's folder: a few solos, one of them damaged."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "solos"
    folder.mkdir()
    for name in SOLOS:
        shutil.copy(resources.data_dir() / f"{name}.mid", folder)
    (folder / "damaged.mid").write_bytes(b"MThd but then nothing")
    return folder


def test_a_folder_of_solos_becomes_a_cell_that_plays(solos, capsys):
    assert main(["train", "solos", "--units", "8,6", "--steps", "2"]) == 0
    said = capsys.readouterr()
    assert "left out" in said.err and "damaged.mid" in said.err
    assert "jazz-improv --model cells/solos" in said.out
    card = load_model(Path("cells/solos")).card
    assert (card.name, card.grammar_name, card.units) == ("solos", "line", (8, 6))
    assert card.corpus["left_out"] == "1 unreadable"
    assert Path("cells/solos/README.md").read_text().startswith("# solos")

    assert (
        main(["generate", "--model", "cells/solos", "--seed", "1", "--out", "x.mid", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] > 0
    assert mido.MidiFile("x.mid").length > 10


def test_what_is_no_model_is_not_replaced_even_when_told_to(solos, capsys):
    assert main(["train", "solos", "--force", "--out", "solos"]) == 8
    assert "something that is not a model" in capsys.readouterr().err
    assert (solos / "blues_F.mid").is_file()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (["solos", "--epochs", "3"], "--epochs"),
        (["solos", "--faithful"], "--faithful"),
        (["solos", "--units", "64"], "'64'"),
        (["solos", "--from", "x", "--units", "8,8"], "--units"),
        (["--epochs", "3"], "--epochs"),
        (["solos", "--preset", "coursera", "--valid", "solos"], "--valid"),
    ],
)
def test_options_that_do_not_go_together_are_refused(solos, capsys, arguments, named):
    assert main(["train", *arguments]) == 2
    assert named in capsys.readouterr().err
    assert not Path("cells").exists()


def test_a_base_of_another_grammar_is_refused(solos, capsys):
    course = str(write_course_model(solos.parent / "course"))
    assert main(["train", "solos", "--from", course]) == 6
    assert "'seed'" in capsys.readouterr().err
    assert main(["train", "solos", "--from", "bepob"]) == 6
    assert "bepob" in capsys.readouterr().err
    assert not Path("cells").exists()


def test_both_engines_play_the_same_notes(solos):
    """The Keras cell and the NumPy cell differ by less than any draw can notice here."""
    assert main(["train", "solos", "--units", "12,8", "--steps", "2"]) == 0
    for engine in ("numpy", "keras"):
        arguments = ["--model", "cells/solos", "--engine", engine, "--seed", "5"]
        assert main(["generate", *arguments, "--out", f"{engine}.mid"]) == 0
    assert Path("numpy.mid").read_bytes() == Path("keras.mid").read_bytes()


@pytest.mark.shared
def test_the_course_s_road(shared_dir, tmp_path, monkeypatch, capsys):
    """Train on its file, generate its five-chord-set solo both ways, and play its cell live."""
    monkeypatch.chdir(tmp_path)
    midi = shared_dir / "seed" / "original_metheny.mid"
    assert main(["train", "--preset", "coursera", str(midi), "--epochs", "40", "--seed", "1"]) == 0
    assert "jazz-improv generate --model cells/original_metheny" in capsys.readouterr().out
    model = ["--model", "cells/original_metheny"]
    for faithful in ([], ["--faithful"]):
        assert main(["generate", *model, "--out", "my_music.mid", "--seed", "1", *faithful]) == 0
        lines = capsys.readouterr().out.splitlines()
        assert lines[0] == "Predicting new values for different set of chords."
        for number, line in enumerate(lines[1:6], 1):
            assert line.startswith("Generated ")
            assert line.endswith(f'for the set of chords ("{number}") and after pruning')
        assert lines[6] == "Your generated music is saved in my_music.mid"
        assert mido.MidiFile("my_music.mid").length > 10
    play = ["--backend", "none", "--choruses", "1", "--tempo", "400", "--seed", "1", "--quiet"]
    assert main([*model, *play, "--chart", "| Dm7 | G7 |", "--record", "live.mid"]) == 0
    assert len([m for m in mido.MidiFile("live.mid").tracks[1] if m.type == "note_on"]) > 5
    assert Path("cells/original_metheny/model.json").is_file()
