"""Tokens to notes: exact pitches, a mask that never traps, and a place for every token."""

from __future__ import annotations

import copy
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.grammar.changes import ChangesGrammar
from improv.grammar.decode import MAX_SILENCE_STEPS, sounding_ticks, velocity_of
from improv.grammar.tokens import FLOOR, LENGTHS, learned_vocabulary, parse_token
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter

WHOLE = ChangesGrammar.whole()
FLOOR_ONLY = ChangesGrammar(learned_vocabulary(FLOOR))


def chart_of(*symbols: str, meter: Meter | None = None) -> Chart:
    """One chord a bar; "NC" is none."""
    meter = meter or Meter(4)
    changes = tuple(
        (bar * meter.ticks_per_bar, None if symbol == "NC" else parse_chord(symbol))
        for bar, symbol in enumerate(symbols)
    )
    return Chart("Test", meter, 120.0, changes, len(symbols) * meter.ticks_per_bar)


def decoder_of(chart: Chart, **pitches: int):
    return WHOLE.decoder(chart, np.random.default_rng(0), **pitches)


def feed(decoder, names: str):
    return [decoder.feed(WHOLE.vocabulary.index(name)) for name in names.split()]


def test_tokens_are_pitches_above_the_chord_sounding_then():
    decoder = decoder_of(chart_of("Dm7", "G7"))
    notes = feed(decoder, "1v:12 b3^:12 5^:12 b7^:12 3v:6 b9^:6")
    assert [note.pitch for note in notes] == [62, 65, 69, 72, 71, 80]
    assert [note.onset_tick for note in notes] == [0, 480, 960, 1440, 1920, 2160]
    assert decoder.tick == 2400


def test_rests_move_on_and_sound_nothing():
    decoder = decoder_of(chart_of("C"))
    assert feed(decoder, "r:6 r:48") == [None, None]
    assert decoder.tick == 54 * 40


def test_without_a_chord_degrees_count_from_the_last_real_chord_or_from_c():
    assert feed(decoder_of(chart_of("F7", "NC")), "r:48 1^:6")[1].pitch == 77
    assert feed(decoder_of(chart_of("NC", "G7")), "1v:6")[0].pitch == 55
    assert feed(decoder_of(chart_of("NC")), "1v:6")[0].pitch == 60


def test_the_chart_repeats_for_ever():
    chart = chart_of("Dm7", "G7")
    decoder = decoder_of(chart)
    feed(decoder, "r:48 " * 1000)
    assert decoder.tick == 500 * chart.length_tick
    assert decoder.root_pc == 2
    assert feed(decoder, "1^:6")[0].pitch == 74


def test_notes_never_overlap_the_next_token():
    for length in LENGTHS:
        assert 0 < sounding_ticks(length) <= length * 40
    assert (sounding_ticks(6), sounding_ticks(12)) == (228, 480)


def test_the_same_tokens_give_the_same_velocities_within_bounds():
    def loud(pitch, step=0, interval=1, before=1, peak=90):
        return velocity_of(
            pitch, step=step, interval=interval, previous_interval=before, phrase_peak=peak
        )

    assert loud(80) > loud(60)
    assert loud(70, step=6) > loud(70, step=0)
    assert loud(70, peak=69) > loud(70, peak=70)
    assert loud(60, interval=-7, before=-1) < loud(60, interval=-1)
    assert loud(70, interval=5, before=-2) > loud(70, interval=5, before=2)
    extremes = [loud(p, s, i, b, k) for p in (0, 127) for s in (0, 6) for i in (-24, 24)
                for b in (-1, 1) for k in (None, 0, 127)]  # fmt: skip
    assert 50 <= min(extremes) and max(extremes) <= 110


def test_a_copy_is_a_place_to_come_back_to():
    decoder = decoder_of(chart_of("Dm7", "G7"))
    feed(decoder, "1^:6 b3^:6")
    place = copy.copy(decoder)
    first = feed(decoder, "5^:6 b7^:12 1^:4")
    assert feed(place, "5^:6 b7^:12 1^:4") == first
    assert place.inputs() == decoder.inputs()


def test_the_mask_keeps_notes_in_range_and_unisons_true():
    decoder = decoder_of(chart_of("C"), low_pitch=60, high_pitch=72)
    feed(decoder, "5v:6")
    names = {name for name, ok in zip(WHOLE.vocabulary, decoder.mask(), strict=True) if ok}
    pitches = {name.split(":")[0] for name in names if not name.startswith("r")}
    assert {"5=", "13^", "1^", "11v", "1v"} <= pitches
    assert {p for p in pitches if p.endswith("=")} == {"5="}
    assert not any(p.endswith(("^^", "vv")) for p in pitches)
    assert "9^" not in pitches and "7v" not in pitches


def test_after_eight_beats_of_rest_only_notes_are_allowed():
    decoder = decoder_of(chart_of("C"))
    feed(decoder, "r:48")
    assert decoder.mask()[WHOLE.vocabulary.index("r:48")]
    feed(decoder, "r:36")
    allowed = {name for name, ok in zip(WHOLE.vocabulary, decoder.mask(), strict=True) if ok}
    assert "r:12" in allowed and "r:15" not in allowed
    feed(decoder, "r:12")
    allowed = [name for name, ok in zip(WHOLE.vocabulary, decoder.mask(), strict=True) if ok]
    assert allowed and not any(name.startswith("r") for name in allowed)


def test_a_range_of_one_pitch_never_traps():
    decoder = FLOOR_ONLY.decoder(chart_of("C"), low_pitch=66, high_pitch=66)
    for _ in range(40):
        choices = np.flatnonzero(decoder.mask())
        assert choices.size
        note = decoder.feed(int(choices[-1]))
        assert note is None or note.pitch == 66


def test_an_impossible_range_is_refused():
    with pytest.raises(ValueError, match="low <= high"):
        decoder_of(chart_of("C"), low_pitch=70, high_pitch=60)


@given(
    st.lists(st.integers(0, len(WHOLE.vocabulary) - 1), max_size=60),
    st.tuples(st.integers(0, 127), st.integers(0, 127)).map(sorted),
    st.sampled_from([Meter(4), Meter(3), Meter(7, 8), Meter(12, 8), Meter(5, 16)]),
)
def test_any_token_in_any_place_is_a_note_in_range_or_a_rest(tokens, pitches, meter):
    """Decoding is total: whatever is sampled, also what the mask forbids."""
    low, high = pitches
    chart = chart_of("Dm7b5", "NC", "Db7/F", "Cmaj7", meter=meter)
    decoder = WHOLE.decoder(chart, low_pitch=low, high_pitch=high)
    notes = []
    for token in tokens:
        tick = decoder.tick
        inputs = decoder.inputs()
        assert len(set(inputs)) == len(inputs) and 0 <= min(inputs) <= max(inputs) < WHOLE.n_inputs
        assert decoder.mask().any()
        note = decoder.feed(token)
        assert decoder.tick - tick == parse_token(WHOLE.vocabulary[token]).length * 40
        if note is not None:
            assert low <= note.pitch <= high and 50 <= note.velocity <= 110
            notes.append(note)
    assert all(a.end_tick <= b.onset_tick for a, b in pairwise(notes))


@given(st.integers(0, 2**32 - 1), st.booleans())
def test_what_the_mask_allows_stays_in_range_by_itself_and_never_falls_silent(seed, floor):
    grammar = FLOOR_ONLY if floor else WHOLE
    rng = np.random.default_rng(seed)
    decoder = grammar.decoder(chart_of("Dm7", "G7", "Cmaj7", "A7"), low_pitch=55, high_pitch=70)
    silence = 0
    for _ in range(200):
        token = int(rng.choice(np.flatnonzero(decoder.mask())))
        said = parse_token(grammar.vocabulary[token])
        silence = silence + said.length if said.is_rest else 0
        assert silence <= MAX_SILENCE_STEPS
        before, root = decoder.pitch, decoder.root_pc
        note = decoder.feed(token)
        if note is not None:
            assert 55 <= note.pitch <= 70
            assert note.pitch % 12 == (root + said.degree) % 12
            assert (note.pitch == before) == (said.motion == 0)


def lengths_allowed(decoder):
    mask = decoder.mask()
    return {parse_token(WHOLE.vocabulary[i]).length for i in np.flatnonzero(mask)}


def test_a_player_begins_with_a_note():
    decoder = decoder_of(chart_of("Dm7"))
    allowed = [name for name, ok in zip(WHOLE.vocabulary, decoder.mask(), strict=True) if ok]
    assert not any(name.startswith("r") for name in allowed)


@pytest.mark.parametrize(
    ("first", "landings"),
    [("1^:4", {0, 4, 8}), ("1^:8", {0, 4, 8}), ("1^:6", {0, 3, 6, 9}), ("1^:3", {0, 3, 6, 9})],
)
def test_a_beat_is_divided_one_way_at_a_time(first, landings):
    """After one note of a triplet only the triplet's own places can be landed on."""
    decoder = decoder_of(chart_of("Dm7"))
    feed(decoder, first)
    step = parse_token(first).length
    assert {(step + length) % 12 for length in lengths_allowed(decoder)} == landings


def test_on_the_beat_every_division_is_open_and_off_every_grid_nothing_is_forbidden():
    decoder = decoder_of(chart_of("Dm7"))
    assert {4, 6, 3, 8, 12} <= lengths_allowed(decoder)
    feed(decoder, "1^:1")
    assert {1, 2, 5, 7} <= lengths_allowed(decoder)


def test_a_line_lands_on_a_tone_of_the_chord():
    """At the end of a performance; everywhere else any degree may come."""
    decoder = decoder_of(chart_of("Dm7", "G7"))
    landing = decoder.mask(landing=True)
    tokens = [parse_token(name) for name in np.array(WHOLE.vocabulary)[landing]]
    assert {token.degree for token in tokens} == {0, 3, 7, 10}
    assert landing.sum() < decoder.mask().sum()
    assert decoder_of(chart_of("NC")).mask(landing=True).all() == decoder.mask().all()
