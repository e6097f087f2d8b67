"""The lines of a log."""

from __future__ import annotations

import json
from dataclasses import replace

from improv.midi.events import Report
from improv.originality.quote import Quote
from improv.performance.played import PlayedNote
from improv.session.writer import SessionLog

NOTE = PlayedNote(7, 480, 720, 62, 90, 0, "solo", "1^:6")
QUOTE = Quote("Clifford Brown", "Joy Spring", 9, "chorus 2, bar 5")


def logged(tmp_path, *heard) -> list[dict]:
    log = SessionLog(tmp_path / "log.jsonl")
    for report, note in heard:
        log.heard(report, note, 480)
    log.close()
    return [json.loads(line) for line in (tmp_path / "log.jsonl").read_text().splitlines()]


def test_a_quote_has_a_line_before_the_note_that_goes_on_with_it(tmp_path):
    note = replace(NOTE, quote=QUOTE)
    on, off = (Report(7, 0, 0, bytes((status, 62, 90))) for status in (0x90, 0x80))
    quote, *messages = logged(tmp_path, (on, note), (off, note))
    assert quote == {
        "quote": "quoting Clifford Brown, Joy Spring, 9 notes",
        "performer": "Clifford Brown",
        "title": "Joy Spring",
        "notes": 9,
        "place": "chorus 2, bar 5",
        "tick": 480,
        "note": 7,
    }
    assert [line["bytes"] for line in messages] == ["90 3e 5a", "80 3e 5a"]


def test_a_note_that_was_dropped_quotes_nobody(tmp_path):
    report = Report(7, 0, 0, bytes((0x90, 62, 90)), dropped=True)
    (line,) = logged(tmp_path, (report, replace(NOTE, quote=QUOTE)))
    assert line["dropped"]
    assert "quote" not in line


def test_a_note_that_quotes_nobody_has_its_own_line_only(tmp_path):
    (line,) = logged(tmp_path, (Report(7, 0, 0, bytes((0x90, 62, 90))), NOTE))
    assert set(line) == {"planned_ns", "sent_ns", "bytes", "tick", "player", "token", "note"}
