"""What is kept of a session lies in a file that does not grow for ever, and outlives who writes it."""

from __future__ import annotations

from improv.page import kept as module
from improv.page.kept import Kept

TUNE = {"type": "tune", "title": "Blues", "start_tick": 0}


def note(number):
    return [number, 100.0 * number, 100.0 * number + 90, 48 * number, 48 * number + 43, 60, 90]


def test_of_a_session_that_lasts_days_the_last_hours_are_kept(tmp_path, monkeypatch):
    monkeypatch.setattr(module, "_MOST_BYTES", 20_000)
    kept = Kept(tmp_path / "kept")
    kept.take({"type": "welcome", "musicians": [{"name": "solo"}]})
    kept.take(TUNE)
    kept.take({"type": "tempo", "map": [[0, 0.0, 60.0]]})
    for number in range(2_000):
        kept.take({"type": "notes", "notes": [note(number)]})
        if number % 3 == 0:
            kept.take({"type": "withdraw", "ids": [number]})
        kept.take({"type": "values", "controls": {}})  # nothing that is taken home
    assert (tmp_path / "kept").stat().st_size < 20_000
    heard = Kept(tmp_path / "kept").until(1e9)
    assert heard.musicians == [{"name": "solo"}]
    (played,) = heard.stretches
    numbers = [row[0] for row in played.notes]
    assert played.tune == TUNE and played.tempos == {0: 60.0}
    assert numbers == [n for n in range(numbers[0], 2_000) if n % 3] and len(numbers) > 50
