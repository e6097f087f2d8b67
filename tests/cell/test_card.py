"""The model card: written, read back, and refused in one sentence where it is damaged."""

from __future__ import annotations

import json

import pytest

from improv.cell.card import ModelCard, card_text, read_card
from improv.errors import ModelError

CARD = ModelCard(
    name="étude",
    grammar_name="seed",
    grammar_version=1,
    grammar_fingerprint="abc",
    vocabulary=("r:1", "1^:6"),
    n_inputs=9,
    units=(3, 4),
    weights_sha256="0" * 64,
    corpus={"files": [{"file": "a.mid"}]},
    extra={"chord_sets": [[1.5]]},
)


def test_a_card_is_read_back_as_it_was_written(tmp_path):
    """Names with accents and nested facts too; the same card gives the same bytes."""
    (tmp_path / "model.json").write_text(card_text(CARD), encoding="utf-8")
    assert read_card(tmp_path / "model.json") == CARD
    assert card_text(read_card(tmp_path / "model.json")) == card_text(CARD)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"units": None}, "'units'.*a list of whole numbers above 0"),
        ({"units": [3, 0]}, "'units'"),
        ({"units": [True]}, "'units'"),
        ({"n_inputs": "9"}, "'n_inputs'.*a whole number above 0"),
        ({"n_inputs": True}, "'n_inputs'"),
        ({"vocabulary": []}, "'vocabulary'.*a list of texts"),
        ({"vocabulary": ["a", 1]}, "'vocabulary'"),
        ({"name": 3}, "'name'.*text"),
        ({"corpus": []}, "'corpus'.*an object"),
        ({"colour": "red"}, "unknown field 'colour'"),
        ({"format": 2}, "format 2.*reads format 1"),
        ({"format": True}, "format True"),
    ],
)
def test_a_wrong_field_is_named(tmp_path, change, message):
    """The sentence names the field and what was expected."""
    path = tmp_path / "model.json"
    path.write_text(json.dumps({**json.loads(card_text(CARD)), **change}))
    with pytest.raises(ModelError, match=message):
        read_card(path)


@pytest.mark.parametrize("name", ["format", "name", "vocabulary", "extra"])
def test_a_missing_field_is_named(tmp_path, name):
    """Nothing is filled in by guessing."""
    path = tmp_path / "model.json"
    document = json.loads(card_text(CARD))
    del document[name]
    path.write_text(json.dumps(document))
    with pytest.raises(ModelError, match=name):
        read_card(path)


@pytest.mark.parametrize("content", [b"", b"{", b"\xff\xfe", b"[1]"])
def test_what_is_no_card_is_refused(tmp_path, content):
    """Empty, truncated, binary, or JSON of another shape."""
    (tmp_path / "model.json").write_bytes(content)
    with pytest.raises(ModelError, match=r"model\.json"):
        read_card(tmp_path / "model.json")
