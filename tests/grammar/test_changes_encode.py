"""Solos to tokens and back: onsets and pitches exact, and training shows what playing shows."""

from __future__ import annotations

from itertools import accumulate, pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from improv.corpus.midi import read_solo
from improv.grammar.changes import ChangesGrammar
from improv.grammar.encode import nearest_step, onto_grid
from improv.grammar.tokens import FLOOR, parse_token
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter
from improv.music.note import Note
from improv.music.solo import Solo

FOUR_BARS = Path(__file__).parents[1] / "fixtures" / "four_bars.mid"
WHOLE = ChangesGrammar.whole()
FOUR_BARS_TOKENS = """
    r:6 1v:6 b3^:4 5^:4 b7^:4 9^:6 1v:6 b7v:6 5v:6
    3^:6 5^:6 b7^:6 b9^:6 1v:6 13v:6 b7^:6 b13v:6
    3^:6 9v:6 1v:6 7v:6 5v:12 r:18
    3^:6 5^:6 b7^:6 b9^:6 b7v:6 b13v:6 5v:6
""".split()


def solo_of(*notes: tuple[int, int, int], chords: str = "C", bars: int = 4) -> Solo:
    """Notes as (onset, duration, pitch) in steps of 40 ticks; one chord a bar, the last one held."""
    changes = tuple((i * 1920, parse_chord(c)) for i, c in enumerate(chords.split()))
    chart = Chart("Test", Meter(4), 120.0, changes, bars * 1920)
    return Solo("Test", tuple(Note(o * 40, d * 40, p, 80) for o, d, p in notes), chart)


def said(solo: Solo, grammar: ChangesGrammar = WHOLE) -> list[str]:
    return [grammar.vocabulary[token] for token in grammar.encode(solo).tokens]


def replayed(solo: Solo, grammar: ChangesGrammar, encoded) -> list[Note]:
    """Feed an encoded solo to a live decoder, comparing the inputs it shows at every step."""
    decoder = grammar.decoder(
        solo.chart, low_pitch=0, high_pitch=127, start_tick=encoded.start_tick
    )
    notes = []
    for token, inputs in zip(encoded.tokens, encoded.inputs, strict=True):
        assert decoder.inputs() == inputs
        note = decoder.feed(token)
        notes += [note] if note else []
    return notes


def test_the_four_bars_are_these_tokens():
    solo = read_solo(FOUR_BARS)
    encoded = WHOLE.encode(solo)
    assert said(solo) == FOUR_BARS_TOKENS
    assert (encoded.kept, encoded.dropped, encoded.folded, encoded.shortened) == (28, 0, 0, 0)


def test_the_four_bars_come_back_tick_for_tick():
    solo = read_solo(FOUR_BARS)
    grammar = ChangesGrammar.from_solos([solo])
    notes = replayed(solo, grammar, grammar.encode(solo))
    assert [(n.onset_tick, n.duration_tick, n.pitch) for n in notes] == [
        (n.onset_tick, n.duration_tick, n.pitch) for n in solo.notes
    ]


def test_a_transposed_solo_is_the_same_tokens():
    solo = read_solo(FOUR_BARS)
    notes = tuple(Note(n.onset_tick, n.duration_tick, n.pitch + 3, 80) for n in solo.notes)
    moved = said(Solo("Up", notes, solo.chart.transposed(3)))
    assert moved[2:] == FOUR_BARS_TOKENS[2:]


def test_short_gaps_are_articulation_and_an_eighth_is_a_rest():
    assert said(solo_of((0, 1, 72), (6, 6, 71), bars=1))[:2] == ["1^:6", "7v:6"]
    assert said(solo_of((0, 7, 72), (12, 6, 71), bars=1))[:2] == ["1^:12", "7v:6"]
    assert said(solo_of((0, 6, 72), (12, 6, 71), bars=1))[:3] == ["1^:6", "r:6", "7v:6"]
    assert said(solo_of((0, 5, 72), (48, 6, 71), bars=2))[:3] == ["1^:6", "r:6", "r:36"]


def test_times_that_no_length_says_are_split_so_that_onsets_stay():
    assert said(solo_of((0, 13, 72), (13, 11, 71), bars=1))[:3] == ["1^:12", "r:1", "7v:12"]
    assert said(solo_of((5, 3, 72), (40, 8, 71), bars=1)) == [
        *("r:5", "1^:3", "r:4", "r:24", "r:4", "7v:8")
    ]


def test_of_two_notes_on_one_step_the_longer_is_kept_and_counted():
    notes = (
        Note(0, 15, 71, 80),
        Note(16, 400, 72, 80),
        Note(480, 240, 74, 80),
        Note(490, 20, 75, 80),
    )
    solo = Solo("Grace", notes, solo_of().chart)
    grid, dropped = onto_grid(solo.notes)
    assert ([(n.onset_step, n.pitch) for n in grid], dropped) == ([(0, 72), (12, 74)], 2)
    assert (WHOLE.encode(solo).kept, WHOLE.encode(solo).dropped) == (2, 2)


def test_onsets_go_to_the_nearest_step_half_way_up():
    assert [nearest_step(tick) for tick in (0, 19, 20, 59, 60)] == [0, 0, 1, 1, 2]


def test_waiting_for_the_first_note_is_skipped_by_four_bars_and_the_end_is_a_rest():
    encoded = WHOLE.encode(solo_of((5 * 48 + 6, 12, 72), bars=8))
    assert encoded.start_tick == 4 * 1920
    assert [WHOLE.vocabulary[t] for t in encoded.tokens] == [
        "r:48",
        "r:6",
        "1^:12",
        "r:6",
        "r:48",
        "r:36",
        "r:6",
    ]
    assert said(solo_of((0, 48, 72), bars=40))[1:] == ["r:48", "r:48"]


def test_a_leap_beyond_two_octaves_is_folded_counted_and_recovered_from():
    solo = solo_of((0, 6, 50), (6, 6, 90), (12, 6, 88), (18, 6, 91), bars=1)
    encoded = WHOLE.encode(solo)
    assert encoded.folded == 1
    assert [n.pitch for n in replayed(solo, WHOLE, encoded)] == [50, 66, 88, 91]


def test_a_solo_without_notes_is_no_tokens():
    assert WHOLE.encode(solo_of()).tokens == []


def test_a_vocabulary_is_what_was_said_and_the_floor():
    grammar = ChangesGrammar.from_solos([read_solo(FOUR_BARS)])
    assert set(grammar.vocabulary) == {*FOUR_BARS_TOKENS, *FLOOR}
    assert ChangesGrammar.from_solos([]).vocabulary == ChangesGrammar(FLOOR_SORTED).vocabulary


FLOOR_SORTED = tuple(sorted(FLOOR, key=lambda name: parse_token(name).table_id))


def test_what_a_vocabulary_lacks_is_said_as_nearly_as_it_can():
    grammar = ChangesGrammar(FLOOR_SORTED)
    solo = solo_of((0, 12, 72), (12, 12, 72), (24, 3, 71), (27, 9, 90), (36, 12, 71), bars=1)
    encoded = grammar.encode(solo)
    names = [grammar.vocabulary[token] for token in encoded.tokens]
    assert names[:3] == ["1^:6", "r:6", "r:12"]  # the unison was never learned: left out
    assert (encoded.kept, encoded.dropped) == (3, 2)
    assert (encoded.shortened, encoded.folded) == (3, 1)
    notes = replayed(solo, grammar, encoded)
    assert [n.onset_tick for n in notes] == [0, 27 * 40, 36 * 40]


CHORDS = ("C", "Dm7", "G7", "Bbmaj7", "F#m7b5", "B7alt", "Ebdim7", "Asus", "C+", "NC")


@st.composite
def solos(draw) -> Solo:
    meter = draw(st.sampled_from([Meter(4), Meter(3), Meter(6, 8), Meter(5), Meter(7, 8)]))
    symbols = draw(st.lists(st.sampled_from(CHORDS), min_size=1, max_size=8))
    slot = meter.ticks_per_bar // draw(st.sampled_from([1, 1, 3]))
    changes = tuple(
        (i * slot, None if c == "NC" else parse_chord(c)) for i, c in enumerate(symbols)
    )
    chart = Chart("Any", meter, 120.0, changes, len(symbols) * slot)
    gaps = draw(st.lists(st.integers(1, 900), min_size=1, max_size=40))
    onsets = [tick - gaps[0] for tick in accumulate(gaps)]
    pitches = accumulate(
        draw(st.lists(st.integers(-24, 24), min_size=len(gaps), max_size=len(gaps))),
        lambda pitch, leap: pitch + leap if 30 <= pitch + leap <= 100 else pitch - leap,
        initial=67,
    )
    durations = draw(st.lists(st.integers(1, 900), min_size=len(gaps), max_size=len(gaps)))
    next(pitches)
    notes = tuple(Note(o, d, p, 80) for o, d, p in zip(onsets, durations, pitches, strict=True))
    return Solo("Any", notes, chart)


@given(solos())
def test_any_solo_comes_back_with_its_quantised_onsets_and_pitches(solo):
    """And the inputs a cell is trained on are the ones it is shown live, step by step."""
    encoded = WHOLE.encode(solo)
    grid, dropped = onto_grid(solo.notes)
    notes = replayed(solo, WHOLE, encoded)
    if not dropped:  # a note left out may widen a leap beyond what is exact
        assert [(n.onset_tick // 40, n.pitch) for n in notes] == [
            (n.onset_step, n.pitch) for n in grid
        ]
        assert encoded.folded == 0
    assert [n.onset_tick for n in notes] == [n.onset_step * 40 for n in grid]
    assert encoded.kept + encoded.dropped == len(solo.notes)
    assert all(a.end_tick <= b.onset_tick for a, b in pairwise(notes))


@given(solos(), solos())
def test_any_solo_can_be_said_in_any_vocabulary(learned, solo):
    grammar = ChangesGrammar.from_solos([learned])
    encoded = grammar.encode(solo)
    grid, _ = onto_grid(solo.notes)
    steps = {note.onset_step * 40 for note in grid}
    notes = replayed(solo, grammar, encoded)
    assert len(notes) == encoded.kept == len(solo.notes) - encoded.dropped
    assert {note.onset_tick for note in notes} <= steps
    again = grammar.encode(learned)
    assert (again.shortened, again.dropped) == (0, len(learned.notes) - again.kept)


@pytest.mark.parametrize("vocabulary", [(), ("1^:6",), (*FLOOR_SORTED, "r:1"), FLOOR_SORTED[::-1]])
def test_a_vocabulary_out_of_order_or_without_the_floor_is_refused(vocabulary):
    with pytest.raises(ValueError, match="table order"):
        ChangesGrammar(vocabulary)
