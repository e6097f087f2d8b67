"""The meter against a matcher that compares notes, and what it holds worth saying."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from originality_tools import BruteForce, line_of, random_line, transcription, transposed

from improv.originality.index import arrays, build_index
from improv.originality.quotes import WORTH_SAYING, QuoteMeter, Runs, is_figure
from improv.originality.windows import RUN, move, moves_of


def corpus(seed=1, solos=6, notes=80):
    rng = np.random.default_rng(seed)
    return [
        transcription(random_line(rng, notes), f"Player {k}", f"Tune {k}") for k in range(solos)
    ]


SOLOS = corpus()
INDEX = build_index(SOLOS, exact=True)


def said(line, index=INDEX, meter=None):
    meter = meter or QuoteMeter(index)
    return [meter.heard(onset, pitch) for onset, pitch in line]


@given(
    st.integers(0, len(SOLOS) - 1),
    st.integers(0, 60),
    st.integers(WORTH_SAYING, 20),
    st.integers(-12, 12),
    st.integers(-100, 10_000),
)
def test_a_lick_is_found_in_any_key_and_at_any_time_with_player_tune_and_length(
    which, at, notes, semitones, steps
):
    lick = line_of(SOLOS[which])[at : at + notes]
    quotes = said(transposed(lick, semitones, steps))
    assert quotes[: WORTH_SAYING - 1] == [None] * (WORTH_SAYING - 1)
    for count, quote in enumerate(quotes[WORTH_SAYING - 1 :], WORTH_SAYING):
        if quote is None:  # it went up or down a scale
            assert is_figure(moves_of(*arrays(SOLOS[which].notes[at : at + count])).tolist())
            continue
        assert str(quote) == f"quoting Player {which}, Tune {which}, {count} notes"
        assert quote.place == INDEX.solos[which].place(at)


@settings(max_examples=30)
@given(st.integers(0, 2**32), st.sampled_from([1, 2, 4]))
def test_every_run_has_the_length_that_comparing_notes_gives(seed, step):
    """In lines with few intervals and one rhythm, where runs begin, part and come together all the time."""
    rng = np.random.default_rng(seed)
    solos = [transcription(random_line(rng, 150, (6,), step), title=str(k)) for k in range(3)]
    exact, shipped = (Runs(build_index(solos, exact=exact)) for exact in (True, False))
    brute = BruteForce(solos)
    line = random_line(rng, 200, (6,), step)
    for (onset, pitch), runs in zip(line, brute.follow(line), strict=True):
        expected = runs[runs >= RUN].tolist()
        assert sorted(exact.heard(onset, pitch).values()) == sorted(expected)
        # What ships never overlooks a run; it may take a note too many for one.
        found = shipped.heard(onset, pitch)
        assert all(found.get(number, 0) >= notes for number, notes in exact.lengths.items())


def test_a_quote_ends_with_the_first_note_that_differs_in_pitch_or_time():
    lick = line_of(SOLOS[0])[10:22]
    (onset, pitch) = lick[-1]
    assert said(lick)[-1].notes == 12
    assert said([*lick[:-1], (onset, pitch + 1)])[-1] is None
    assert said([*lick[:-1], (onset + 1, pitch)])[-1] is None


def test_no_run_goes_from_one_solo_into_the_next():
    first, second = line_of(SOLOS[0]), line_of(SOLOS[1])
    joined = first[-10:] + transposed(second[:10], 0, first[-1][0] + 6)
    assert max(quote.notes for quote in said(joined) if quote) == 10


def test_who_is_named_is_named_on_when_two_play_the_same():
    same = line_of(SOLOS[2])[:30]
    other = random_line(np.random.default_rng(9), 20)
    late = other + transposed(same, 3, other[-1][0] + 6)
    index = build_index(
        [transcription(late, "Second", "B"), transcription(same, "First", "A"), *SOLOS[:2]]
    )
    names = {quote.performer for quote in said(same, index) if quote}
    assert names == {"Second"}
    # What goes on from before is longer than what begins here.
    names = {quote.performer for quote in said(late, index)[-10:] if quote}
    assert names == {"Second"}


def test_what_stands_in_three_tunes_belongs_to_everybody():
    lick = line_of(SOLOS[3])[:12]
    two = [transcription(lick, "P", title) for title in ("A", "B", "a ")]
    assert said(lick, build_index(two))[-1].notes == 12
    three = [*two, transcription(lick, "P", "C")]
    assert said(lick, build_index(three)) == [None] * 12
    # Where one of them goes on alone it is a quote again.
    longer = transcription(line_of(SOLOS[3])[:14], "Q", "D")
    quotes = said(line_of(SOLOS[3])[:14], build_index([*three, longer]))
    assert [quote.notes if quote else 0 for quote in quotes][-3:] == [0, 13, 14]


def test_repeated_notes_shakes_and_scales_are_figures_and_not_named():
    for intervals in ([0] * 9, [2, -2] * 5, [-1, -2, -2, -1, -2, -2, -2, -1], [1] * 11):
        pitches = np.cumsum([60, *intervals]).tolist()
        line = [(6 * k, pitch) for k, pitch in enumerate(pitches)]
        assert is_figure([move(interval, 6) for interval in intervals])
        assert said(line, build_index([transcription(line)])) == [None] * len(line)
    phrase = [2, 2, 1, 2, 2, 2, 1, -1]
    assert not is_figure([move(interval, 6) for interval in phrase])


def test_an_onset_that_does_not_come_later_begins_anew():
    lick = line_of(SOLOS[0])[:16]
    meter = QuoteMeter(INDEX)
    said(lick[:8], meter=meter)
    again = said(transposed(lick[8:], 0, -lick[8][0]), meter=meter)
    assert [quote.notes if quote else 0 for quote in again] == [0] * 7 + [8]
    assert meter.longest.notes == 8
    meter.reset()
    assert said(lick[:8], meter=meter)[-1].notes == 8


def test_the_longest_quote_is_kept():
    meter = QuoteMeter(INDEX)
    line = line_of(SOLOS[0])[:20]
    tail = transposed(line_of(SOLOS[1])[:10], 0, line[-1][0] + 5)
    said(line + tail, meter=meter)
    assert str(meter.longest) == "quoting Player 0, Tune 0, 20 notes"


def test_a_quote_may_be_longer_than_what_is_remembered():
    solo = transcription(random_line(np.random.default_rng(5), 300), "Long", "Player")
    assert said(line_of(solo), build_index([solo]))[-1].notes == 300


def test_nameless_solos_are_said_to_be_so():
    solo = transcription(line_of(SOLOS[0]), "", "")
    assert (
        str(said(line_of(solo)[:9], build_index([solo]))[-1]) == "quoting a nameless solo, 9 notes"
    )
