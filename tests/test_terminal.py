"""What a terminal user sees go by."""

from __future__ import annotations

from improv.charts.text import parse_chart
from improv.live.out import Report
from improv.live.performer import PlannedNote
from improv.terminal import TerminalView

CHART = parse_chart("| Dm7 G7 | Cmaj7 |")


def shown(*events) -> list[str]:
    """The lines written for bars (int) and notes ((tick, pitch) or (tick, pitch, "late"))."""
    text: list[str] = []
    view = TerminalView(CHART, text.append)
    for event in events:
        if isinstance(event, int):
            view.bar(event)
            continue
        tick, pitch, *late = event
        note = PlannedNote(1, tick, tick + 240, pitch, 90, "1^:6")
        view.heard(Report(1, 0, 0, bytes((0x90, pitch, 90)), dropped=bool(late)), note)
        view.heard(Report(1, 0, 0, bytes((0x80, pitch, 64))), note)
    view.close()
    return [line.rstrip() for line in "".join(text).splitlines()]


def test_a_line_has_chorus_and_bar_and_the_notes_under_their_chords():
    assert shown(0, (0, 62), (480, 65), (960, 71), 1, (1920, 72)) == [
        "   1.1  Dm7     D4  F4  | G7      B4",
        "   1.2  Cmaj7   C5",
    ]


def test_a_bar_of_rest_shows_all_its_chords():
    assert shown(0, 1) == ["   1.1  Dm7     | G7", "   1.2  Cmaj7"]


def test_the_second_chorus_counts_its_bars_anew():
    assert shown(2, (3840, 62)) == ["   2.1  Dm7     D4  | G7"]


def test_a_note_that_came_too_late_is_in_brackets():
    assert shown(1, (1920, 72, "late")) == ["   1.2  Cmaj7   (C5)"]


def test_notes_are_spelled_as_they_are_read_over_their_chord():
    """F sharp is the third of D7, E flat the blue note of C7."""
    assert pitches_over("D7", 66) == "F#4"
    assert pitches_over("A7", 61) == "C#4"
    assert pitches_over("F#m7", 66) == "F#4"
    assert pitches_over("C7", 63) == "Eb4"
    assert pitches_over("D7b9", 70) == "Bb4"
    assert pitches_over("Gm7", 70) == "Bb4"


def pitches_over(symbol: str, pitch: int) -> str:
    text: list[str] = []
    view = TerminalView(parse_chart(f"| {symbol} |"), text.append)
    view.bar(0)
    view.heard(Report(1, 0, 0, bytes((0x90, pitch, 90))), PlannedNote(1, 0, 240, pitch, 90, "1^:6"))
    return "".join(text).split()[-1]
