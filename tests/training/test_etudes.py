"""From folders of MIDI files to a model folder: walking, skipping, refusing, repeating."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from improv import resources
from improv.cell.load import load_model
from improv.errors import CorpusError, InputFileError
from improv.soloist.grammars import grammar_for
from improv.training import etudes
from improv.training.etudes import midi_files, train_solos
from improv.training.fit import FitSettings

TINY = FitSettings(units=(8,), epochs=2, window=16, lanes=4)


@pytest.fixture
def solos(tmp_path) -> Path:
    """A folder with six of the built-in solos, two of them in folders below."""
    folder = tmp_path / "solos"
    (folder / "below").mkdir(parents=True)
    for number, path in enumerate(sorted(resources.data_dir().glob("*.mid"))[:6]):
        shutil.copy(path, folder / "below" if number < 2 else folder)
    return folder


def test_folders_are_walked_and_every_file_comes_once(solos):
    """Files below too, by name; a file also named by itself is not taken twice."""
    (solos / "notes.txt").write_text("not music")
    (solos / "UPPER.MIDI").write_bytes(b"")
    found = midi_files([solos, next(solos.glob("*.mid"))])
    assert len(found) == len(set(found)) == 7
    assert solos / "UPPER.MIDI" in found
    assert solos / "notes.txt" not in found
    assert midi_files([solos / "notes.txt"]) == [solos / "notes.txt"]


def test_a_path_that_is_not_there_and_a_folder_without_midi_are_refused(tmp_path):
    """Each in its own words."""
    with pytest.raises(InputFileError, match="no file or folder"):
        midi_files([tmp_path / "none"])
    with pytest.raises(CorpusError, match="no MIDI file"):
        midi_files([tmp_path])


def test_no_good_file_is_an_error_that_says_why(tmp_path):
    """The first reason is given, and how many files there were."""
    (tmp_path / "a.mid").write_bytes(b"")
    (tmp_path / "b.mid").write_bytes(b"MThd")
    with pytest.raises(CorpusError, match=r"None of the 2 MIDI files.*a\.mid.*empty"):
        train_solos([tmp_path], tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_a_corpus_too_small_for_its_window_is_refused_before_tensorflow(solos, tmp_path):
    """With both numbers."""
    with pytest.raises(CorpusError, match=r"too small.*window of 100000"):
        train_solos([solos], tmp_path / "out", window=100_000)
    assert not (tmp_path / "out").exists()


@pytest.mark.train
def test_a_bad_file_is_skipped_and_reported_and_the_rest_is_trained_on(solos, tmp_path):
    """The model loads, its grammar fits, and its card names every file used or left out."""
    pytest.importorskip("tensorflow", exc_type=ImportError)
    (solos / "bad.mid").write_bytes(b"MThd and then nothing")
    report = train_solos([solos], tmp_path / "out", name="mine", seed=3, settings=TINY)
    assert report.files == 6
    assert [skipped.path.name for skipped in report.skipped] == ["bad.mid"]
    model = load_model(tmp_path / "out")
    card = model.card
    assert card == report.card
    assert card.name == "mine" and card.training["seed"] == 3
    assert len(card.corpus["files"]) == 6
    assert card.corpus["skipped"][0]["file"] == "bad.mid"
    assert str(tmp_path) not in json.dumps(card.corpus)
    assert sum(each["held_out"] for each in card.corpus["files"]) == 1
    assert card.scores["valid_nats_per_token"] > 0
    grammar = grammar_for(
        card.grammar_name, card.grammar_version, card.vocabulary, card.grammar_fingerprint, "mine"
    )
    assert (grammar.n_inputs, len(grammar.vocabulary)) == (
        model.cell.n_inputs,
        model.cell.n_outputs,
    )


@pytest.mark.train
def test_the_same_files_and_seed_give_the_same_folder(solos, tmp_path):
    """Byte for byte, wherever the files lie."""
    pytest.importorskip("tensorflow", exc_type=ImportError)
    shutil.copytree(solos, tmp_path / "copy")
    train_solos([solos], tmp_path / "one", name="x", settings=TINY)
    train_solos([tmp_path / "copy"], tmp_path / "two", name="x", settings=TINY)
    for name in ("cell.keras", "model.json", "README.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_the_shipped_cell_is_the_built_in_corpus_trained_with_the_defaults():
    """Every file of data/ and no other, by its sha256; the settings and the seed are the defaults."""
    card = load_model(resources.models_dir() / etudes.BUILT_IN_NAME).card
    trained_on = {each["file"]: each["sha256"] for each in card.corpus["files"]}
    assert trained_on == {
        path.name: etudes.sha256_of(path) for path in midi_files([resources.data_dir()])
    }
    defaults = {
        key: list(value) if isinstance(value, tuple) else value
        for key, value in vars(FitSettings()).items()
    }
    assert {key: card.training[key] for key in defaults} == defaults
    assert card.training["seed"] == etudes.DEFAULT_SEED
    assert card.licence == "CC0-1.0"
