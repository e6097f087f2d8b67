"""Whole corpora through the grammar and back."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pytest

from improv.corpus.midi import read_solo
from improv.grammar.changes import ChangesGrammar
from improv.grammar.encode import onto_grid
from improv.music.chart import Chart
from improv.music.chord import parse_chord
from improv.music.meter import Meter
from improv.music.note import Note
from improv.music.solo import Solo

ROOT = Path(__file__).parents[2]


def came_back(grammar: ChangesGrammar, solo: Solo) -> list[tuple[int, int]]:
    """Onset and pitch of each note a decoder makes of the encoded solo."""
    encoded = grammar.encode(solo)
    decoder = grammar.decoder(
        solo.chart, low_pitch=0, high_pitch=127, start_tick=encoded.start_tick
    )
    notes = (decoder.feed(token) for token in encoded.tokens)
    return [(note.onset_tick, note.pitch) for note in notes if note is not None]


def test_every_built_in_solo_comes_back_exactly():
    solos = [read_solo(path) for path in sorted((ROOT / "data").glob("*.mid"))]
    assert len(solos) > 20
    grammar = ChangesGrammar.from_solos(solos)
    assert len(grammar.vocabulary) < 600
    for solo in solos:
        assert came_back(grammar, solo) == [(n.onset_tick, n.pitch) for n in solo.notes]


def test_the_documented_four_bars_are_the_files():
    text = (ROOT / "docs" / "grammar-changes.md").read_text(encoding="utf-8")
    block = text.split("## The four bars")[1].split("The enclosure")[0]
    solo = read_solo(ROOT / "tests" / "fixtures" / "four_bars.mid")
    grammar = ChangesGrammar.from_solos([solo])
    said = [grammar.vocabulary[token] for token in grammar.encode(solo).tokens]
    assert re.findall(r"\S+:\d+", block) == said


@pytest.mark.shared
def test_human_solos_come_back_but_for_leaps_of_more_than_two_octaves(shared_dir):
    path = shared_dir / "eval" / "valid.jsonl.gz"
    if not path.exists():
        pytest.skip(f"no human solos at {path}")
    whole = ChangesGrammar.whole()
    notes = folded = 0
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            solo = _human(json.loads(line))
            grid, dropped = onto_grid(solo.notes)
            assert dropped == 0
            back = came_back(whole, solo)
            assert [onset for onset, _ in back] == [note.onset_step * 40 for note in grid]
            pairs = zip(back, grid, strict=True)
            folded += sum(pitch != note.pitch for (_, pitch), note in pairs)
            notes += len(grid)
    assert notes > 20_000
    assert folded / notes < 0.001


def _human(solo: dict) -> Solo:
    """A line of the file: 12 ticks a beat, chords by tick."""
    changes = {0: None}
    for tick, symbol in solo["chords"]:
        changes[max(0, tick) * 40] = None if symbol == "NC" else parse_chord(symbol)
    notes = tuple(Note(o * 40, max(1, d * 40), p, 80) for o, d, p, _ in solo["notes"] if o >= 0)
    length_tick = (max(*changes, notes[-1].end_tick) // 1920 + 1) * 1920
    chart = Chart(solo["title"], Meter(4), 120.0, tuple(sorted(changes.items())), length_tick)
    return Solo(solo["title"], notes, chart)
