"""Some bars of a session with another seed, the rest note for note as it was."""

from __future__ import annotations

from io import BytesIO
from itertools import pairwise

import mido
import pytest
from session_stage import BAR, changed

from improv import smf
from improv.session.restore import take_of
from improv.session.retake import NotAsLoggedError, Span, retake


def keys(notes):
    return [(n.onset_tick, n.end_tick, n.pitch, n.velocity, n.player) for n in notes]


def by_onset(session, tune=0, player=None):
    notes = session.parts[tune].notes
    return sorted(
        (n for n in notes if player in (None, n.player)), key=lambda n: (n.onset_tick, n.pitch)
    )


@pytest.mark.parametrize(
    ("text", "bars"),
    [("17-20", (16, 20)), ("2.5-2.8", (16, 20)), ("1.1", (0, 1)), ("12-14", (11, 14))],
)
def test_only_those_bars_are_played_with_another_seed(steered, models, text, bars):
    done = retake(steered.session, Span.parse(text), 99, models)
    start, end = ((1 + bar) * BAR for bar in bars)
    before, now = steered.session, done.session

    def outside(session):
        return [
            n
            for n in by_onset(session)
            if not (n.player == "solo" and start <= n.written.onset_tick < end)
        ]

    kept, was = outside(now), outside(before)
    assert [(n.onset_tick, n.pitch, n.velocity) for n in kept] == [
        (n.onset_tick, n.pitch, n.velocity) for n in was
    ]
    changed_ends = [(a, b) for a, b in zip(keys(kept), keys(was), strict=True) if a != b]
    assert len(changed_ends) <= 1, "only the note before the border may end sooner"
    inside = [n for n in by_onset(now, player="solo") if start <= n.written.onset_tick < end]
    assert keys(inside) != keys(
        n for n in by_onset(before, player="solo") if start <= n.written.onset_tick < end
    )
    assert (done.before, done.now) == (
        len(by_onset(before, player="solo")) - len(by_onset(now, player="solo")) + len(inside),
        len(inside),
    )
    assert now.parts[1].notes == before.parts[1].notes


@pytest.mark.parametrize("seed", range(6))
@pytest.mark.parametrize("text", ["3-4", "17-20"])
def test_nothing_overlaps_or_is_doubled_at_the_borders(steered, models, seed, text):
    done = retake(steered.session, Span.parse(text), seed, models, band_too=bool(seed % 2))
    solo = by_onset(done.session, player="solo")
    assert all(a.end_tick <= b.onset_tick for a, b in pairwise(solo))
    take = take_of(done.session)
    for track, row in zip(
        mido.MidiFile(file=BytesIO(smf.midi_bytes(take))).tracks[1:], take.tracks, strict=True
    ):
        sounding: set[int] = set()
        for event in track:
            if event.type == "note_on":
                assert event.note not in sounding, row.name
                sounding.add(event.note)
            elif event.type == "note_off":
                sounding.remove(event.note)
        assert not sounding, row.name


def test_the_new_line_begins_where_the_old_one_would_have(steered, models):
    """The state is that of the logged line up to the border, wait included."""
    start = (1 + 16) * BAR
    firsts = set()
    for seed in range(4):
        solo = by_onset(
            retake(steered.session, Span.parse("17-20"), seed, models).session, player="solo"
        )
        firsts.add(next(n.written.onset_tick for n in solo if n.written.onset_tick >= start))
    old = by_onset(steered.session, player="solo")
    assert firsts == {next(n.written.onset_tick for n in old if n.written.onset_tick >= start)}


def test_the_same_seed_takes_the_same_bars_and_another_others(steered, models):
    takes = [
        keys(by_onset(retake(steered.session, Span.parse("5-8"), seed, models).session))
        for seed in (1, 1, 2)
    ]
    assert takes[0] == takes[1] != takes[2]


def test_the_band_plays_anew_only_where_it_is_asked_to(steered, models):
    alone, too = (
        retake(steered.session, Span.parse("17-20"), 9, models, band_too=band)
        for band in (False, True)
    )
    for player in ("piano", "bass", "drums"):
        was = keys(by_onset(steered.session, player=player))
        assert keys(by_onset(alone.session, player=player)) == was
        now = keys(by_onset(too.session, player=player))
        assert now != was
        start, end = 17 * BAR, 21 * BAR
        assert [row for row in now if row[0] < start] == [row for row in was if row[0] < start]
        assert [row for row in now if row[0] >= end] == [row for row in was if row[0] >= end]


def test_bars_of_the_second_tune(steered, models):
    done = retake(steered.session, Span.parse("2.1-2.2"), 4, models, tune=1)
    assert (done.first_bar, done.last_bar) == ("2.1", "2.2")
    assert done.session.parts[0].notes == steered.session.parts[0].notes
    assert keys(by_onset(done.session, 1)) != keys(by_onset(steered.session, 1))


@pytest.mark.parametrize(
    "text", ["", "x", "4-2", "0-3", "0.1-0.2", "1-2.5", "1.5-", "2.5-1.2", "1..2"]
)
def test_bars_that_are_none_are_said(text):
    with pytest.raises(ValueError, match=r"^[A-Z].*'17-20'.*\.$"):
        Span.parse(text)


@pytest.mark.parametrize(
    ("text", "tune"), [("99-100", 0), ("3.1", 0), ("1.13", 0), ("1-2", 2), ("2.9", 1)]
)
def test_bars_that_were_not_played_are_said(steered, models, text, tune):
    with pytest.raises(ValueError, match=r"\.$"):
        retake(steered.session, Span.parse(text), 1, models, tune=tune)


def test_bars_of_the_tag_are_counted_through(steered, models):
    done = retake(steered.session, Span.parse("25-28"), 3, models)
    assert done.now and done.before


def test_a_log_that_is_not_what_was_played_cannot_be_taken_again(steered, models, tmp_path):
    session = changed(steered, tmp_path, lambda lines: lines[0].update(seed=6))
    with pytest.raises(NotAsLoggedError, match="differs"):
        retake(session, Span.parse("17-20"), 1, models)


def test_spans_read_as_they_are_shown():
    assert Span.parse("2.5-8") == Span.parse("2.5-2.8") == Span.parse("5-8", 2) == Span(2, 5, 2, 8)
    assert Span.parse(" 17 - 20 ") == Span(0, 17, 0, 20)
    assert Span.parse("7") == Span(0, 7, 0, 7)


def test_a_take_is_a_midi_file_like_any_other(steered, models, tmp_path):
    done = retake(steered.session, Span.parse("17-20"), 3, models)
    take = take_of(done.session)
    smf.write_midi(tmp_path / "take.mid", take)
    again, was = mido.MidiFile(tmp_path / "take.mid"), mido.MidiFile(steered.folder / "a.mid")
    assert again.length == pytest.approx(was.length, abs=1e-6)
    assert again.tracks[0] == was.tracks[0]
