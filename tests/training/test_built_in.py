"""The cell of the built-in corpus: what is shipped is what `jazz-improv train` without PATHS makes."""

from __future__ import annotations

import importlib.util
import json
import shutil
from pathlib import Path

import pytest

from improv import resources
from improv.cell.load import load_model
from improv.cli import main
from improv.corpus.build import read_corpus
from improv.training.line.card_file import read_card_file
from improv.training.line.own import BUILT_IN_CARD, BUILT_IN_UNITS, DEFAULT_SEED
from improv.training.line.solos import sha256_of, split_by_tune


def test_the_shipped_cell_learned_from_the_built_in_corpus_as_it_is_with_the_defaults():
    """Every solo of data/ and no other, note for note; the settings and the seed are the defaults."""
    model = load_model(resources.models_dir() / "etudes")
    card, said = model.card, read_card_file(resources.models_dir() / BUILT_IN_CARD)
    corpus = read_corpus([resources.data_dir()], jobs=1)
    assert len(corpus.solos) == 85 and not corpus.dropped
    train, valid = split_by_tune(corpus.solos)
    assert card.corpus["train_sha256"] == sha256_of(train)
    assert card.corpus["valid_sha256"] == sha256_of(valid)
    assert (card.units, card.training["seed"]) == (BUILT_IN_UNITS, DEFAULT_SEED)
    assert (card.name, card.licence) == ("etudes", "CC0-1.0") == (said.name, said.licence)
    assert card.extra["sampling"] == said.sampling


@pytest.mark.train
@pytest.mark.skipif(
    importlib.util.find_spec("tensorflow") is None, reason="needs the extra [train]"
)
def test_without_paths_the_built_in_corpus_is_trained_on(tmp_path, monkeypatch, capsys):
    """Here thirteen of its solos."""
    (tmp_path / "data").mkdir()
    for path in sorted(resources.data_dir().glob("*.mid"))[::7]:
        shutil.copy(path, tmp_path / "data")
    monkeypatch.setattr(resources, "data_dir", lambda: tmp_path / "data")
    monkeypatch.chdir(tmp_path)
    assert main(["train", "--steps", "1", "--units", "4,4", "--json"]) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["out"], told["solos"] + told["held_out"]) == (str(Path("cells/etudes")), 13)
    card = load_model(Path("cells/etudes")).card
    assert (card.name, card.units, card.licence) == ("etudes", (4, 4), "CC0-1.0")
