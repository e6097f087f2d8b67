"""What is asked for, and what is refused before the work; that a cell comes of it, tests/training shows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

import improv
from improv import resources
from improv.api.training import check_target, held_out_nats, request_of
from improv.errors import InputFileError, MissingError, ModelError, OutputFileError
from improv.training.line.own import BUILT_IN_UNITS

ASKED = {
    "out": None,
    "base": None,
    "valid": None,
    "name": None,
    "melody": "",
    "steps": None,
    "units": None,
    "seed": 1,
}


def test_without_paths_it_is_the_built_in_corpus():
    request = request_of([], **ASKED)
    assert list(request.paths) == [resources.data_dir()]
    assert (request.name, request.target, request.units) == (
        "etudes",
        Path("cells/etudes"),
        BUILT_IN_UNITS,
    )
    assert request_of([], **ASKED | {"base": "bebop"}).units is None


def test_the_name_is_that_of_the_first_path(tmp_path):
    (tmp_path / "mine.mid").touch()
    assert request_of([tmp_path / "mine.mid"], **ASKED).target == Path("cells/mine")
    asked = ASKED | {"name": "ours", "out": tmp_path / "there", "base": "bebop"}
    request = request_of([tmp_path], **asked)
    assert (request.name, request.target) == ("ours", tmp_path / "there")
    assert request.base == improv.load("bebop").model.path


def test_what_is_not_there(tmp_path):
    with pytest.raises(InputFileError, match="nowhere"):
        request_of([tmp_path / "nowhere"], **ASKED)
    with pytest.raises(ModelError, match="bepop"):
        request_of([tmp_path], **ASKED | {"base": "bepop"})


def test_what_must_not_be_replaced(tmp_path):
    target = tmp_path / "cell"
    assert check_target(target, force=False) == {}
    target.mkdir()
    (target / "model.json").write_text(json.dumps({"scores": {"valid_nats_per_note": 3.5}}))
    with pytest.raises(OutputFileError, match=r"already \(3\.500 nats"):
        check_target(target, force=False)
    assert held_out_nats(check_target(target, force=True)) == 3.5
    (target / "model.json").rename(target / "else.json")
    with pytest.raises(OutputFileError, match="something that is not a model"):
        check_target(target, force=True)
    with pytest.raises(OutputFileError, match="a file has that name"):
        check_target(target / "else.json", force=True)


def test_it_needs_an_extra(monkeypatch, tmp_path):
    monkeypatch.setattr("importlib.util.find_spec", lambda library: None)
    with pytest.raises(MissingError, match=r"improv\.train needs TensorFlow.*\[train\]"):
        improv.train(tmp_path)


@pytest.mark.train
def test_the_sizes_of_a_base_are_its_own(tmp_path):
    pytest.importorskip("tensorflow", reason="needs the extra [train]")
    with pytest.raises(ValueError, match="units are those of the base"):
        improv.train(tmp_path, base="bebop", units=(8, 6))
