"""The table of feels and the words that name them."""

from __future__ import annotations

import pytest

from improv.errors import ChartError
from improv.music.feel import DEFAULT_FEEL, FEELS, parse_feel
from improv.music.tempo import FASTEST_BPM, SLOWEST_BPM


@pytest.mark.parametrize(
    ("text", "feel"),
    [
        ("swing", "medium swing"),
        ("Bossa Nova", "bossa"),
        ("STRAIGHT-FUNK", "funk"),
        ("  jazz   waltz ", "waltz"),
        ("straight", "straight"),
        ("Blues Shuffle", "shuffle"),
    ],
)
def test_words_of_musicians(text, feel):
    assert parse_feel(text) == feel


@pytest.mark.parametrize("name", FEELS)
def test_each_row_is_found_by_its_name_and_has_a_tempo_that_can_be_played(name):
    feel = FEELS[name]
    assert parse_feel(name) == feel.name == name
    assert SLOWEST_BPM <= feel.tempo_bpm <= FASTEST_BPM


def test_every_word_means_one_feel():
    words = [word for feel in FEELS.values() for word in (feel.name, *feel.also)]
    assert len(words) == len(set(words))
    assert DEFAULT_FEEL in FEELS


def test_an_unknown_feel_is_named_with_what_was_perhaps_meant():
    with pytest.raises(ChartError, match=r"'bosa'.*perhaps 'bossa'.*expected medium swing"):
        parse_feel("bosa")
