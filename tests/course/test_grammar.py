"""The seed's grammar, live over charts."""

from __future__ import annotations

import numpy as np
import pytest
from choosers import first
from hypothesis import given
from hypothesis import strategies as st

from improv.course.choose import dice
from improv.course.grammar import SeedGrammar, length_tick
from improv.course.pitch import chord
from improv.course.place import ANY_HARMONY, HIGH_PITCH, LOW_PITCH, Harmony, place
from improv.course.token import parse_token
from improv.errors import ModelError
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter
from improv.music.note import Note

VOCABULARY = (
    "A,0.250,<M2,d-4>",
    "C,0.250",
    "C,0.333,<P4,m-2>",
    "C,0.667,<P11,M7>",
    "R,0.250",
    "S,0.333",
    "S,0.250,<m3,m-3>",
    "X,0.500,<m2,P-4>",
)
BAR = 4 * 480


def chart(*symbols: str | None) -> Chart:
    changes = tuple(
        (bar * BAR, None if text is None else parse_chord(text)) for bar, text in enumerate(symbols)
    )
    return Chart("Test", Meter(4), 120, changes, len(symbols) * BAR)


def play(symbols: Chart, count: int, seed: int = 0) -> list[tuple[str, Note | None]]:
    grammar = SeedGrammar(VOCABULARY)
    rng = np.random.default_rng(seed)
    decoder = grammar.decoder(symbols, rng)
    played = []
    for _ in range(count):
        mask = decoder.mask()
        allowed = np.arange(len(VOCABULARY)) if mask is None else np.flatnonzero(mask)
        token = int(rng.choice(allowed))
        played.append((VOCABULARY[token], decoder.feed(token)))
    return played


def test_the_cell_sees_the_last_token() -> None:
    grammar = SeedGrammar(VOCABULARY)
    decoder = grammar.decoder(chart("C"), np.random.default_rng(0))
    assert grammar.n_inputs == len(VOCABULARY)
    assert decoder.inputs() == []
    decoder.feed(1)
    assert decoder.inputs() == [1]


def test_ranged_tokens_wait_for_a_note() -> None:
    decoder = SeedGrammar(VOCABULARY).decoder(chart("C"), np.random.default_rng(0))
    mask = decoder.mask()
    assert mask is not None
    assert [VOCABULARY[i] for i in np.flatnonzero(mask)] == ["C,0.250", "R,0.250", "S,0.333"]
    assert decoder.feed(4) is None
    assert decoder.mask() is not None
    assert decoder.feed(1) is not None
    assert decoder.mask() is None


def test_a_vocabulary_without_a_free_token_plays_all_the_same() -> None:
    grammar = SeedGrammar(["C,0.250,<m3,m-3>"])
    decoder = grammar.decoder(chart("C"), np.random.default_rng(0))
    assert decoder.mask() is None
    assert decoder.feed(0) is not None


def test_notes_stand_at_their_own_onset_one_after_the_other() -> None:
    tick = 0
    for text, note in play(chart("Dm7", "G7"), 200):
        if note is not None:
            assert note.onset_tick == tick
            assert note.duration_tick == length_tick(parse_token(text))
        tick += length_tick(parse_token(text))


@pytest.mark.parametrize(
    ("length", "tick"),
    [
        ("0.333", 160),
        ("0.667", 320),
        ("0.250", 120),
        ("0.500", 240),
        ("0.750", 360),
        ("1.000", 480),
        ("0.083", 40),
        ("0.167", 80),
        ("0.125", 60),
        ("0.000", 120),
    ],
)
def test_lengths_are_whole_ticks(length: str, tick: int) -> None:
    assert length_tick(parse_token(f"C,{length}")) == tick


def test_time_does_not_drift() -> None:
    """Three thirds and a beat of quarters come back to the beat, hour after hour."""
    decoder = SeedGrammar(VOCABULARY).decoder(chart("C"), np.random.default_rng(0))
    for beat in range(10_000):
        assert decoder.tick == beat * 480
        for _ in range(3):
            decoder.feed(5)


def test_kinds_follow_the_chord_that_sounds() -> None:
    symbols = chart("Dm7", "G7alt", "Cmaj7", "Ebm6")
    for text, note in play(symbols, 500):
        if note is None:
            assert text[0] == "R"
            continue
        sounding = symbols.chord_at(note.onset_tick)
        assert sounding is not None
        pc = note.pitch % 12
        if text[0] == "C":
            assert pc in sounding.tone_pcs
        elif text[0] == "S":
            assert pc in sounding.scale_pcs
        else:
            assert pc not in sounding.tone_pcs


def test_only_a_range_around_zero_repeats_a_note() -> None:
    previous = None
    for text, note in play(chart("C7"), 500):
        if note is None:
            continue
        assert note.pitch != previous or text == "S,0.250,<m3,m-3>"
        previous = note.pitch


def test_notes_keep_within_their_limits() -> None:
    for _, note in play(chart("F7", "Bb7"), 300):
        assert note is None or LOW_PITCH <= note.pitch <= HIGH_PITCH


def test_where_no_chord_is_written_the_last_one_rings_on() -> None:
    symbols = chart("C", None)
    for text, note in play(symbols, 300):
        if note is not None and text[0] == "C":
            assert note.pitch % 12 in {0, 4, 7}
    assert any(note is not None for _, note in play(chart(None), 20))


def test_the_same_seed_plays_the_same() -> None:
    assert play(chart("C7"), 100, seed=5) == play(chart("C7"), 100, seed=5)
    assert play(chart("C7"), 100, seed=5) != play(chart("C7"), 100, seed=6)


@pytest.mark.parametrize("vocabulary", [[], ["C,0.250", "L,0.250"], ["NOTE 60"]])
def test_a_foreign_vocabulary_is_refused(vocabulary: list[str]) -> None:
    with pytest.raises(ModelError, match="Cannot"):
        SeedGrammar(vocabulary)


def test_a_chord_as_played_has_a_scale_of_its_own() -> None:
    """The first mode on its root that holds it: major, mixolydian, dorian."""
    for pitches, scale in (
        (("C3", "E3", "G3", "B3"), {0, 2, 4, 5, 7, 9, 11}),
        (("C3", "E3", "G3", "B-3"), {0, 2, 4, 5, 7, 9, 10}),
        (("D3", "F3", "A3", "C4"), {2, 4, 5, 7, 9, 11, 0}),
        (("B3", "D4", "F4", "A4"), {11, 0, 2, 4, 5, 7, 9}),
    ):
        assert Harmony.of_seed_chord(chord(*pitches)).scale == scale


def test_kinds_have_a_strict_sense_first() -> None:
    harmony = Harmony.of_chord(parse_chord("Cmaj7"))
    assert harmony.choices("S")[0] == harmony.scale - harmony.tones
    assert harmony.choices("A")[0] == {1, 3, 6, 8, 10}
    assert place(parse_token("X,0.25,<m3,m-3>"), ANY_HARMONY, 60, first) == 60


@given(
    st.sampled_from(VOCABULARY).filter(lambda text: text[0] != "R"),
    st.none() | st.integers(20, 110),
    st.sampled_from(["C", "Dm7", "G7alt", "F#dim7", "Bbsus", "Ab7#11"]),
    st.integers(0, 5),
)
def test_any_token_finds_a_pitch_within_the_limits(
    text: str, previous: int | None, symbol: str, seed: int
) -> None:
    pitch = place(
        parse_token(text),
        Harmony.of_chord(parse_chord(symbol)),
        previous,
        dice(np.random.default_rng(seed)),
    )
    assert LOW_PITCH <= pitch <= HIGH_PITCH
