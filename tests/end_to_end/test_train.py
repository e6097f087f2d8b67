"""Train, load, play: the offline half of the road through the command line, as a user goes it."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import mido
import pytest

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
    "blues_F.mid",
    "blues_Bb.mid",
    "rhythm_Bb.mid",
    "song_F.mid",
    "ballad_Eb.mid",
    "vamp_D.mid",
]
QUICK = ["--epochs", "2", "--units", "16", "--seed", "3"]


@pytest.fixture
def solos(tmp_path, monkeypatch) -> Path:
    """A user's folder: a few solos, one of them damaged."""
    monkeypatch.chdir(tmp_path)
    folder = tmp_path / "solos"
    folder.mkdir()
    available = [name for name in SOLOS if (resources.data_dir() / name).exists()]
    assert len(available) >= 3
    for name in available:
        shutil.copy(resources.data_dir() / name, folder)
    (folder / "damaged.mid").write_bytes(b"MThd but then nothing")
    return folder


def test_a_folder_of_solos_becomes_a_cell_that_plays(solos, capsys):
    assert main(["train", "solos", *QUICK]) == 0
    said = capsys.readouterr()
    assert "left out" in said.err and "damaged.mid" in said.err
    assert "jazz-improv --model cells/solos" in said.out
    card = load_model(Path("cells/solos")).card
    assert card.name == "solos"
    assert card.units == (16,)
    assert card.corpus["skipped"][0]["file"] == "damaged.mid"
    assert Path("cells/solos/README.md").read_text().startswith("# solos")

    assert (
        main(["generate", "--model", "cells/solos", "--seed", "1", "--out", "x.mid", "--json"]) == 0
    )
    assert json.loads(capsys.readouterr().out)["notes"] > 0
    assert mido.MidiFile("x.mid").length > 10


def test_progress_names_epoch_loss_and_time_left(solos, capsys):
    main(["train", "solos", *QUICK])
    assert "epoch 2/2" in (err := capsys.readouterr().err)
    assert "nats a token" in err and "left" in err


def test_the_same_files_and_seed_give_the_same_bytes(solos):
    for out in ("a", "b"):
        assert main(["train", "solos", *QUICK, "--out", out]) == 0
    for name in ("cell.keras", "model.json"):
        first = Path("a", name).read_text(errors="replace").replace('"a"', '"b"')
        assert first == Path("b", name).read_text(errors="replace")


def test_a_model_is_not_replaced_unasked(solos, capsys):
    assert main(["train", "solos", *QUICK]) == 0
    assert main(["train", "solos", *QUICK]) == 8
    assert "--force" in capsys.readouterr().err
    assert main(["train", "solos", *QUICK, "--force"]) == 0
    assert main(["train", "solos", *QUICK, "--force", "--out", "solos"]) == 8
    assert "something else than a model" in capsys.readouterr().err


def test_both_engines_play_the_same_notes(solos, capsys):
    """The Keras cell and the NumPy cell differ by less than any draw can notice here."""
    assert main(["train", "solos", *QUICK, "--units", "12,8"]) == 0
    for engine in ("numpy", "keras"):
        arguments = [
            "--model",
            "cells/solos",
            "--engine",
            engine,
            "--seed",
            "5",
            "--out",
            f"{engine}.mid",
        ]
        assert main(["generate", *arguments]) == 0
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
