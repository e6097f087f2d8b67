"""What is said of a corpus: read strictly."""

from __future__ import annotations

import json

import pytest

from improv.errors import InputFileError
from improv.training.line.card_file import CardFile, read_card_file


def test_all_of_it_may_be_left_out(tmp_path):
    path = tmp_path / "card.json"
    path.write_text("{}")
    assert read_card_file(path) == CardFile()
    path.write_text(json.dumps({"licence": "CC0-1.0", "sampling": {"pitch_top_p": 0.9}}))
    assert read_card_file(path) == CardFile(licence="CC0-1.0", sampling={"pitch_top_p": 0.9})


@pytest.mark.parametrize(
    ("content", "named"),
    [
        (None, "no such file"),
        ("{", "not JSON"),
        ("[]", "JSON object"),
        ('{"license": "x"}', "'license'"),
        ('{"licence": 3}', "'licence'"),
        ('{"sampling": {"a": "b"}}', "'sampling'"),
        ("[" * 100_000, "not JSON"),
    ],
)
def test_rubbish_is_named(tmp_path, content, named):
    path = tmp_path / "card.json"
    if content is not None:
        path.write_text(content)
    with pytest.raises(InputFileError) as refused:
        read_card_file(path)
    assert named in str(refused.value) and "card.json" in str(refused.value)
    assert "\n" not in str(refused.value)
