"""Leanings: the situations of a line, what is added in them, and the file they lie in."""

from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from leanings_maker import followed, table
from pair_maker import LABELS, pair_cell

from improv.charts.text import parse_chart
from improv.controls.table import Controls
from improv.errors import ModelError
from improv.soloist.leaning import LEANINGS_NAME, STREAMS, UNIT_NATS, Leanings, load_leanings
from improv.soloist.line_voice import LineVoice, Sampling
from improv.soloist.situation import interval_index

CELL = pair_cell(3)
CHART = parse_chart("| Dm7 G7 | Cmaj7 | Em7b5 A7b9 | Dm7 NC |")


def test_the_longest_context_that_is_known_speaks():
    """And contexts of several streams add up."""
    part, _ = STREAMS["rhythm"]
    rows = {(): {6: 10, 4: 4}, (1, 0): {6: 20}, (1, 0, 12): {6: 40}}
    leanings = Leanings({"rhythm": table(part, rows), "bar": table(part, {(): {4: 8}})})
    after = [followed([(60, wait, 6)]).situation(0, sounding=True) for wait in (12, 11)]
    elsewhere = followed([(60, 12, 6)]).situation(3, sounding=True)
    for situation, added in ((after[0], [40, 8]), (after[1], [20, 8]), (elsewhere, [10, 12])):
        found = leanings.of_wait(situation)[[6, 4]] / UNIT_NATS
        assert found.tolist() == pytest.approx(added)


def test_an_interval_is_leant_to_from_any_pitch():
    """Up and down to the ends of the keyboard; the widest counts for all that are wider."""
    part, _ = STREAMS["intervals"]
    leanings = Leanings({"intervals": table(part, {(): {interval_index(-30): 40, 25 + 7: 20}})})
    for last in (0, 64, 127):
        found = leanings.of_pitch(followed([(last, 6, 6)]).situation(0, sounding=False), last)
        assert found.shape == (128,)
        assert set(found.nonzero()[0]) == {
            pitch for pitch in range(128) if pitch - last == 7 or pitch - last <= -25
        }


def line(leanings: Leanings | None, leaning: float, tokens: int = 200) -> list:
    voice = LineVoice(
        CELL,
        CHART,
        np.random.default_rng(1),
        label=LABELS.vector({}),
        tempo_bpm=160.0,
        sampling=Sampling(leaning=leaning),
        leanings=leanings,
    )
    return [voice.step(Controls()) for _ in range(tokens)]


def test_a_voice_leans_as_far_as_its_dial_says():
    """Not at all at 0, note for note."""
    rhythm, lengths = STREAMS["rhythm"][0], STREAMS["lengths"][0]
    leanings = Leanings(
        {"rhythm": table(rhythm, {(): {6: 110}}), "lengths": table(lengths, {(): {2: 110}})}
    )
    assert line(leanings, 0.0) == line(None, 0.0)
    shares = []
    for leaning in (0.0, 0.5, 1.0):
        tokens = [step.token for step in line(leanings, leaning)[1:]]
        shares.append(
            [np.mean([t.wait == 6 for t in tokens]), np.mean([t.length == 2 for t in tokens])]
        )
    assert (np.diff(shares, axis=0) > 0.05).all()


def test_a_voice_that_leans_goes_back_to_where_it_was():
    """With what its follower knew."""
    part, _ = STREAMS["phrase"]
    rows = {(phrase,): {3 + phrase: 110} for phrase in range(9)}
    made = [
        LineVoice(
            CELL,
            CHART,
            np.random.default_rng(1),
            label=LABELS.vector({}),
            tempo_bpm=160.0,
            sampling=Sampling(leaning=1.0),
            leanings=Leanings({"phrase": table(part, rows)}),
        )
        for _ in range(2)
    ]
    for one in made:
        for _ in range(31):
            one.step(Controls())
    saved = made[0].save()
    for _ in range(40):
        made[0].step(Controls(density=0.7))
    made[0].restore(saved)
    again, straight = ([one.step(Controls()) for _ in range(60)] for one in made)
    assert again == straight


def test_a_file_of_leanings_is_read_or_refused(tmp_path: Path):
    """In one sentence; nothing is unpacked that is too large."""
    assert load_leanings(tmp_path) is None
    arrays = {}
    for name, (part, _) in STREAMS.items():
        keys, nats = table(part, {(): {1: 40}})
        arrays |= {f"{name}, keys": keys, f"{name}, nats": nats}
    path = tmp_path / LEANINGS_NAME
    np.savez_compressed(path, **arrays)
    found = load_leanings(tmp_path)
    assert found is not None
    found_nats = found.of_wait(followed([]).situation(0, sounding=True))[1]
    assert found_nats == pytest.approx(5 * 40 * UNIT_NATS), "five streams"
    whole = path.read_bytes()
    huge = io.BytesIO()
    np.savez_compressed(huge, **{**arrays, "more": np.zeros(8 << 20, np.int8)})
    wide = io.BytesIO()
    np.savez_compressed(wide, **{**arrays, "bar, nats": np.zeros((1, 7), np.int8)})
    for content in (b"", whole[: len(whole) // 2], huge.getvalue(), wide.getvalue()):
        path.write_bytes(content)
        with pytest.raises(ModelError, match="Cannot read"):
            load_leanings(tmp_path)
